/**
 * The fifty sessions of the scenario, each with a script of its own: what is done to it in each of three rounds.
 *
 * Most scripts are about a session that is there from the start, written by a process that is gone. Together they are
 * all short sequences of saves, appends, changes of both and removals, within one process and across two: most faults
 * of a store show in two or three operations. Every session has a folder of its own, so that what fails for one says
 * nothing of another.
 */
import type { Operation, SessionKey } from "@holdfast/core"
import { Option } from "effect"
import type { Content, Effects } from "../commit/oracle.ts"
import { append, put, remove } from "../kit.ts"

/** What is done to a session: a state, entries, both, or its end. */
type Verb = "save" | "append" | "both" | "remove"

/** One operation of a script, and what it makes of the session. */
export interface Step {
  readonly key: SessionKey
  readonly operations: ReadonlyArray<Operation>
  readonly effects: Effects
}

/** A session with its script. */
export interface Actor {
  readonly number: number
  readonly name: string
  readonly key: SessionKey
  readonly isThere: boolean
  readonly script: Script
  readonly seed: Option.Option<Step>
  readonly rounds: ReadonlyArray<Option.Option<Step>>
  /** A change of both, after everything. */
  readonly encore: Step
}

const entriesIn = (content: Content): ReadonlyArray<unknown> =>
  Option.match(content, { onNone: () => [], onSome: ({ entries }) => entries })

const step = (key: SessionKey, verb: Verb, label: string): Step => {
  // A state of some pages is written in one call, as a small one is, and is cut off in its middle.
  const state = { label, text: "x".repeat(label.length % 3 === 0 ? 3000 : 10) }
  const entries = verb === "both" ? [`${label} one`] : [`${label} one`, `${label} two`]
  const body = JSON.stringify(state)
  const texts = entries.map((entry) => JSON.stringify(entry))
  switch (verb) {
    case "save":
      return {
        key,
        operations: [put(key, state)],
        effects: (content) => Option.some({ state: body, entries: entriesIn(content) })
      }
    case "append":
      return {
        key,
        operations: [append(key, entries)],
        effects: (content) =>
          Option.isNone(content)
            ? "refused"
            : Option.map(content, (found) => ({ ...found, entries: [...found.entries, ...texts] }))
      }
    case "both":
      return {
        key,
        operations: [put(key, state), append(key, entries)],
        effects: (content) => Option.some({ state: body, entries: [...entriesIn(content), ...texts] })
      }
    case "remove":
      return { key, operations: [remove(key)], effects: () => Option.none() }
  }
}

const verbs: ReadonlyArray<Verb> = ["save", "append", "both", "remove"]

/** What is done in each round; in some nothing is. */
export type Script = ReadonlyArray<Verb | "rest">

const pairs = (firsts: ReadonlyArray<Verb>): ReadonlyArray<readonly [Verb, Verb]> =>
  firsts.flatMap((first) => verbs.map((second) => [first, second] as const))

/** Every way to make a session and change it, then two changes of each by the process that comes after. */
const ofMade: ReadonlyArray<Script> = pairs(["save", "both"]).flatMap((pair, index) =>
  [0, 2].map((turn) => [...pair, verbs[(index + turn) % verbs.length]!])
)

/** Every two changes of a session that is there, by one process and by two. */
const ofThere: ReadonlyArray<Script> = pairs(verbs).map(([first, second], index) =>
  (index + Math.floor(index / 4)) % 2 === 0 ? [first, second, "rest"] : [first, "rest", second]
)

const scripts: ReadonlyArray<readonly [isThere: boolean, script: Script]> = [
  ...ofMade.map((script) => [false, script] as const),
  // Twice: under names that stay as they are, and under names that are written another way.
  ...[...ofThere, ...ofThere].map((script) => [true, script] as const),
  [true, ["append", "append", "append"]],
  [true, ["both", "remove", "append"]]
]

const actorOf = (number: number, isThere: boolean, script: Script): Actor => {
  const folder = `s${String(number).padStart(2, "0")}`
  const key: SessionKey = {
    namespace: isThere ? [folder] : ["acct", folder],
    id: number < 24 ? `Local ${number}` : `local_${number}`
  }
  return {
    number,
    key,
    isThere,
    script,
    name: `${folder} ${isThere ? "there" : "made"}: ${script.join(", ")}`,
    seed: isThere ? Option.some(step(key, "both", "seed")) : Option.none(),
    rounds: script.map((verb, round) =>
      verb === "rest" ? Option.none() : Option.some(step(key, verb, `round ${round} ${verb}`))
    ),
    encore: step(key, "both", "encore")
  }
}

/** The fifty. */
export const cast: ReadonlyArray<Actor> = scripts.map(([isThere, script], number) => actorOf(number, isThere, script))

/** How many rounds a script has; the store is closed and opened again before the last one. */
export const roundCount = 3

/** The number of the session that a path belongs to; none for the store's own. */
export const numberAt = (path: string): number | undefined => {
  const found = /[/~]s(\d\d)(?:[/~]|$)/.exec(path)
  return found === null ? undefined : Number(found[1])
}
