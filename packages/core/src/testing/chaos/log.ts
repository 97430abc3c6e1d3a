/**
 * The log of chaos: which calls met with what, and what became of late changes.
 *
 * It names operations, keys and kinds of mishaps, never content, and holds no times, so that two runs with the same
 * seed have the same log. Its lines are meant for people; `replay` makes a script of it that strikes the same calls.
 */
import type { StorageOperation } from "../../errors/StorageError.ts"
import { displayKey, type SessionKey } from "../../model/SessionKey.ts"
import { type Mishap, showMishap } from "./mishaps.ts"
import type { Rule } from "./rules.ts"

interface Logged {
  readonly operation: StorageOperation
  /** The how-manyth call of its operation it was, counted from 1. */
  readonly nth: number
  readonly keys: ReadonlyArray<SessionKey>
}

/** A call met with a mishap. */
export interface Injected extends Logged {
  readonly _tag: "Injected"
  readonly by: "script" | "seed" | "outage"
  readonly mishap: Mishap
}

/** A late change came to its end: it was applied, refused for this reason, or dropped because its adapter was closed. */
export interface Landed extends Logged {
  readonly _tag: "Landed"
  readonly as: string
}

export type ChaosEvent = Injected | Landed

/** An event on one line, for example `commit 3 "a/x": loses its answer (seed)`. */
export const show = (event: ChaosEvent): string => {
  const subject = [event.operation, event.nth, ...event.keys.map(displayKey)].join(" ")
  return event._tag === "Injected"
    ? `${subject}: ${showMishap(event.mishap)} (${event.by})`
    : `${subject}: lands late, ${event.as}`
}

/**
 * The script of what was injected: over an adapter that is called in the same way, the same calls meet with the same
 * mishaps, and single lines can be left out to find the one that matters. An outage becomes the failures that it caused.
 */
export const replay = (events: ReadonlyArray<ChaosEvent>): ReadonlyArray<Rule> =>
  events.flatMap((event) =>
    event._tag === "Injected" ? [{ operation: event.operation, nth: event.nth, mishap: event.mishap }] : []
  )
