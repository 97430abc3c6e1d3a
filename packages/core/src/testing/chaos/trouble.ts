/**
 * Trouble: what decides about every call, and remembers what it decided.
 *
 * It belongs to a storage rather than to an instance: adapters that are opened over the same one, or opened again,
 * share its counts, its outage, its late changes and its log.
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { StorageOperation } from "../../errors/StorageError.ts"
import { type LateChanges, makeLateChanges } from "./lateChanges.ts"
import type { ChaosEvent, Injected } from "./log.ts"
import { type Call, canBefall, errorOf, fail, type Mishap, type Place, type Why } from "./mishaps.ts"
import { makeScript, type Rule } from "./rules.ts"
import { drawMishaps, type Seed } from "./seeds.ts"

/** What goes wrong: by script, by seed, or both. A call that a rule strikes is not drawn for. */
export interface TroubleOptions {
  readonly rules?: ReadonlyArray<Rule> | undefined
  readonly seed?: Seed | undefined
}

/** A call and what befalls it: a delay, which may be none, and then perhaps another mishap. */
export interface Verdict {
  readonly call: Call
  readonly nth: number
  readonly delayMillis: number
  readonly mishap: Exclude<Mishap, { readonly _tag: "Latency" }> | undefined
}

export type CallCounts = Readonly<Record<StorageOperation, number>>

export interface Trouble {
  /** Counts a call and decides what befalls it. */
  readonly judge: (call: Call, place: Pick<Place, "name">) => Effect.Effect<Verdict>
  readonly late: LateChanges
  /** Comes to its end with the next release. */
  readonly hang: Effect.Effect<void>
  /** Comes to its end with the next outage, and says why; at once while there is one. */
  readonly outage: Effect.Effect<Why>
  readonly note: (event: ChaosEvent) => void

  readonly down: (why: Why) => Effect.Effect<void>
  readonly up: Effect.Effect<void>
  readonly release: Effect.Effect<void>
  readonly current: () => Why | undefined
  readonly counts: () => CallCounts
  readonly hanging: () => number
  readonly events: () => ReadonlyArray<ChaosEvent>
}

const noCalls: CallCounts = {
  open: 0,
  head: 0,
  load: 0,
  commit: 0,
  entries: 0,
  list: 0,
  changes: 0,
  recover: 0,
  backup: 0,
  role: 0
}

/** A failure is settled when it is decided, so that the log tells what the caller was told. */
const settled = (mishap: Mishap, call: Call, place: Pick<Place, "name">): Mishap =>
  mishap._tag === "Failure" ? fail(errorOf(mishap.why, call, place)) : mishap

const verdictOf = (call: Call, nth: number, mishaps: ReadonlyArray<Mishap>): Verdict => ({
  call,
  nth,
  delayMillis: mishaps.reduce((sum, each) => each._tag === "Latency" ? sum + Duration.toMillis(each.duration) : sum, 0),
  mishap: mishaps.find((each) => each._tag !== "Latency")
})

/** What befalls a call that nothing befalls. */
export const untroubled = (call: Call): Verdict => verdictOf(call, 0, [])

/** Starts untroubled. */
export const makeTrouble = ({ rules = [], seed }: TroubleOptions): Trouble => {
  const script = makeScript(rules)
  const events: Array<ChaosEvent> = []
  const hanging = new Set<Deferred.Deferred<void>>()
  let counts = noCalls
  let why: Why | undefined
  let fallen = Deferred.makeUnsafe<Why>()

  const decide = (call: Call, nth: number): Effect.Effect<readonly [Injected["by"], ReadonlyArray<Mishap>]> => {
    if (why !== undefined && canBefall(fail(why), call)) return Effect.succeed(["outage", [fail(why)]])
    const scripted = script(call)
    return scripted.length > 0 || seed === undefined
      ? Effect.succeed(["script", scripted])
      : Effect.map(drawMishaps(seed, call, nth), (mishaps) => ["seed", mishaps] as const)
  }

  return {
    late: makeLateChanges(),
    judge: (call, place) =>
      Effect.suspend(() => {
        const nth = counts[call.operation] + 1
        counts = { ...counts, [call.operation]: nth }
        return Effect.map(decide(call, nth), ([by, decided]) => {
          const mishaps = decided.map((mishap) => settled(mishap, call, place))
          for (const mishap of mishaps) {
            events.push({ _tag: "Injected", operation: call.operation, nth, keys: call.keys, by, mishap })
          }
          return verdictOf(call, nth, mishaps)
        })
      }),
    hang: Effect.suspend(() => {
      const released = Deferred.makeUnsafe<void>()
      hanging.add(released)
      return Effect.ensuring(Deferred.await(released), Effect.sync(() => hanging.delete(released)))
    }),
    outage: Effect.suspend(() => why === undefined ? Deferred.await(fallen) : Effect.succeed(why)),
    note: (event) => void events.push(event),
    down: (reason) =>
      Effect.suspend(() => {
        why = reason
        return Effect.asVoid(Deferred.succeed(fallen, reason))
      }),
    up: Effect.sync(() => {
      if (why === undefined) return
      why = undefined
      fallen = Deferred.makeUnsafe()
    }),
    release: Effect.suspend(() =>
      Effect.forEach([...hanging], (released) => Deferred.succeed(released, undefined), { discard: true })
    ),
    current: () => why,
    counts: () => counts,
    hanging: () => hanging.size,
    events: () => [...events]
  }
}
