/**
 * Commands: what a random sequence is made of, and how sequences are drawn.
 *
 * A command says what to do relative to what is there when it runs (the current version, the write before
 * last), so that a sequence stays meaningful while it is shrunk. A command that joins runs at the same
 * time as the one before it.
 */
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import type { ListOrder } from "../model/ListQuery.ts"
import { makeKey, type SessionKey } from "../model/SessionKey.ts"
import type { EntryRange } from "../model/StoredRecord.ts"

/** The keys of a sequence: few, so that commands meet, and near each other. */
export const sequenceKeys: ReadonlyArray<SessionKey> = [
  makeKey("x", ["a"]),
  makeKey("y", ["a"]),
  makeKey("x", ["a", "b"]),
  makeKey("x", ["ab"]),
  makeKey("a"),
  makeKey("X", ["a"])
]

type Shape = "put" | "append" | "both" | "remove" | "two"
type Expected = "any" | "absent" | "present" | "current" | "stale"

/** A write before the versions that it expects are known. */
export interface Write {
  readonly _tag: "Write"
  readonly shape: Shape
  readonly key: SessionKey
  /** The second key of a change of two. */
  readonly other: SessionKey
  readonly expect: Expected
  readonly kind: "note" | "draft"
  readonly schemaVersion: number
  readonly entryCount: number
}

/** A step that may run at the same time as others. */
export type Step =
  | Write
  | { readonly _tag: "Load"; readonly key: SessionKey }
  /** Sends an earlier write again: 0 is the last one. */
  | { readonly _tag: "Repeat"; readonly back: number }

/** A step that runs alone. */
export type Check =
  | { readonly _tag: "Entries"; readonly key: SessionKey; readonly range: EntryRange }
  | {
    readonly _tag: "List"
    readonly namespace: ReadonlyArray<string>
    readonly order: ListOrder
    readonly kind: string | undefined
    readonly pageSize: number
  }
  | { readonly _tag: "Reopen" }

export interface Command {
  readonly step: Step | Check
  /** Which of the two instances runs it. */
  readonly on: 0 | 1
  readonly joins: boolean
}

/** Values by weight: the first one is what shrinking ends at. */
const weighted = <A>(...choices: ReadonlyArray<readonly [value: A, weight: number]>): ReadonlyArray<A> =>
  choices.flatMap(([value, weight]) => Array.from({ length: weight }, () => value))

type StepTag = (Step | Check)["_tag"]

const tags = weighted<StepTag>(["Write", 60], ["Load", 8], ["Repeat", 12], ["Entries", 6], ["List", 10], ["Reopen", 4])
const shapes = weighted<Shape>(["put", 8], ["append", 7], ["both", 5], ["remove", 4], ["two", 2])
const expectations = weighted<Expected>(["any", 8], ["current", 5], ["present", 2], ["absent", 4], ["stale", 2])
const kinds = weighted<Write["kind"]>(["note", 15], ["draft", 1])
const schemaVersions = weighted<number>([1, 12], [2, 2])
const orders: ReadonlyArray<ListOrder> = ["id", "updatedAt", "createdAt"]
const namespaces: ReadonlyArray<ReadonlyArray<string>> = [[], ["a"], ["a", "b"], ["ab"], ["missing"]]
const ranges: ReadonlyArray<EntryRange> = [{}, { from: 1 }, { to: 2 }, { from: 1, to: 3 }, { last: 2 }, {
  to: 3,
  last: 1
}]

const among = (count: number) => Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: count - 1 })))

/** The numbers that one command is made from; each indexes a table. */
const Draw = Schema.Struct({
  tag: among(tags.length),
  shape: among(shapes.length),
  key: among(sequenceKeys.length),
  other: among(sequenceKeys.length),
  expect: among(expectations.length),
  kind: among(kinds.length),
  schemaVersion: among(schemaVersions.length),
  count: among(4),
  back: among(10),
  place: among(30),
  on: among(2),
  joins: among(10)
})

const stepOf = (draw: typeof Draw.Type): Step | Check => {
  const key = sequenceKeys[draw.key]!
  const tag = tags[draw.tag]!
  switch (tag) {
    case "Write":
      return {
        _tag: tag,
        shape: shapes[draw.shape]!,
        key,
        other: sequenceKeys[draw.other]!,
        expect: expectations[draw.expect]!,
        kind: kinds[draw.kind]!,
        schemaVersion: schemaVersions[draw.schemaVersion]!,
        entryCount: draw.count + 1
      }
    case "Load":
      return { _tag: tag, key }
    case "Repeat":
      return { _tag: tag, back: draw.back }
    case "Entries":
      return { _tag: tag, key, range: ranges[draw.place % ranges.length]! }
    case "List":
      return {
        _tag: tag,
        namespace: namespaces[draw.place % namespaces.length]!,
        order: orders[draw.place % orders.length]!,
        kind: draw.kind === 0 ? "note" : undefined,
        pageSize: draw.count + 1
      }
    case "Reopen":
      return { _tag: tag }
  }
}

// Three in ten join the command before them.
const joinsBelow = 7

const commandOf = (draw: typeof Draw.Type): Command => ({
  step: stepOf(draw),
  on: draw.on === 0 ? 0 : 1,
  joins: draw.joins >= joinsBelow
})

/** Sequences of up to so many commands. */
export const sequencesOf = (lengthMax: number): Arbitrary.Arbitrary<ReadonlyArray<Command>> =>
  Arbitrary.array(Arbitrary.map(Arbitrary.schema(Draw), commandOf), { maxLength: lengthMax })

/** Whether a step may run at the same time as others. */
export const isStep = (step: Step | Check): step is Step =>
  step._tag === "Write" || step._tag === "Load" || step._tag === "Repeat"
