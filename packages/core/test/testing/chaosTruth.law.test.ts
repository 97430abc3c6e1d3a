/** Whatever befalls a call, what its caller is told of the outcome is true of what is stored. */
import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import {
  DurabilityNotMet,
  Io,
  keyText,
  type Listed,
  type Operation,
  OutcomeUnknown,
  type StorageAdapter,
  type StorageError,
  Version
} from "@holdfast/core"
import { Arbitrary, Effect, Option, Result, Schema, Stream } from "effect"
import * as Chaos from "../../src/testing/chaos/Chaos.ts"
import { type Contents, withChange } from "../../src/testing/contents.ts"
import { append, put, remove } from "../../src/testing/operations.ts"
import { change, key, other } from "./chaosMemory.ts"

type Adapter = StorageAdapter["Service"]

const keys = [key, other]

const notMet = new DurabilityNotMet({
  outcome: "applied",
  required: "flushed",
  receipt: {
    adapter: "memory",
    location: "memory",
    durability: "volatile",
    protocol: "memory",
    attempts: 1,
    failures: [],
    degraded: Option.none(),
    key,
    version: Version(1)
  }
})

const mishaps = {
  refused: Chaos.fail(new Io({ outcome: "notApplied", path: "/data", code: "EIO" })),
  cutOff: Chaos.fail(new OutcomeUnknown({ outcome: "unknown", why: "cut off" })),
  lowered: Chaos.fail(notMet),
  lostAnswer: Chaos.loseAnswer,
  overtaken: Chaos.applyLate({ others: "overtake" }),
  busy: Chaos.applyLate({ others: "fail" }),
  hidden: Chaos.hide((_, index) => index % 2 === 0),
  torn: Chaos.tear(1)
} satisfies Record<string, Chaos.Mishap>

type Kind = keyof typeof mishaps | "none"

const kinds: ReadonlyArray<Kind> = [
  "none",
  "refused",
  "cutOff",
  "lowered",
  "lostAnswer",
  "overtaken",
  "busy",
  "hidden",
  "torn"
]

const Step = Schema.Struct({
  call: Schema.Literals(["put", "append", "both", "two", "remove", "load", "entries", "list", "settle"]),
  of: Schema.Literals([0, 1]),
  expect: Schema.Literals(["any", "absent", "present"]),
  kind: Schema.Literals(kinds)
})

type Step = typeof Step.Type

const operationsOf = ({ call, expect, of }: Step, text: string): ReadonlyArray<Operation> => {
  const at = keys[of]!
  switch (call) {
    case "put":
      return [put(at, text, { expect })]
    case "append":
      return [append(at, [text], { expect })]
    case "both":
      return [put(at, text, { expect }), append(at, [text])]
    case "two":
      return [put(key, text, { expect }), put(other, text)]
    case "remove":
      return [remove(at, { expect })]
    default:
      return []
  }
}

/** What is stored below the chaos. */
const contentsOf = Effect.fnUntraced(function*(memory: Adapter) {
  const found: Record<string, Contents[string]> = {}
  for (const at of keys) {
    const session = yield* memory.load(at)
    const rows = yield* Stream.runCollect(memory.entries(at, {}))
    const entries = rows.flatMap((row) => row._tag === "StoredEntry" ? [row.entry] : [])
    if (Option.isSome(session)) found[keyText(at)] = { body: session.value.body, entries }
  }
  return found satisfies Contents
})

const readOf = ({ call, of }: Step, adapter: Adapter): Effect.Effect<unknown, StorageError> => {
  switch (call) {
    case "load":
      return adapter.load(keys[of]!)
    case "entries":
      return Stream.runCollect(adapter.entries(keys[of]!, {}))
    default:
      return Stream.runCollect(adapter.list({ namespace: [], order: "id" }))
  }
}

/** Rows that are shown and rows that are named as unreadable are all the sessions that there are. */
const isWhole = (rows: ReadonlyArray<Listed>, contents: Contents) => {
  const listed = rows.map((row) => keyText(row._tag === "StoredHead" ? row.key : Option.getOrThrow(row.key)))
  assert.deepStrictEqual(listed.toSorted(), Object.keys(contents).toSorted())
}

const opened = Effect.gen(function*() {
  const memory = yield* MemoryAdapter.make()
  const strikes = { kind: "none" as Kind }
  const rules = Object.entries(mishaps).map(([kind, mishap]): Chaos.Rule => ({
    operation: "any",
    while: () => strikes.kind === kind,
    mishap
  }))
  return { memory, strikes, ...(yield* Chaos.make(memory, { rules })) }
})

/** What may be stored after the answer to a commit, before anything late lands. */
const allowedAfter = (kind: Kind, outcome: string, { before, made }: Record<"before" | "made", Contents>) => {
  switch (outcome) {
    case "success":
    case "applied":
      return [made]
    case "notApplied":
      return [before]
    default:
      return kind === "lostAnswer" ? [before, made] : [before]
  }
}

describe("what a caller is told", () => {
  it.effect.prop("is true of what is stored", {
    steps: Arbitrary.array(Arbitrary.schema(Step), { maxLength: 20 })
  }, ({ steps }) =>
    Effect.gen(function*() {
      const { adapter, control, memory, strikes } = yield* opened
      const denied: Array<string> = []
      let lateCount = 0
      let before: Contents = {}
      for (const [index, step] of steps.entries()) {
        strikes.kind = step.kind
        const operations = operationsOf(step, `step ${index}`)
        if (step.call === "settle") {
          yield* control.settle
          lateCount = 0
          before = yield* contentsOf(memory)
        } else if (operations.length > 0) {
          const answer = yield* Effect.result(adapter.commit(change(`w${index}`, ...operations)))
          const outcome = Result.isSuccess(answer) ? "success" : answer.failure.outcome
          const made = withChange(before, operations)
          const allowed = allowedAfter(step.kind, outcome, { before, made })
          before = yield* contentsOf(memory)
          assert.deepInclude(allowed, before)
          if (outcome === "notApplied") denied.push(JSON.stringify(`step ${index}`))
          if (outcome === "unknown" && (step.kind === "busy" || step.kind === "overtaken")) lateCount++
          assert.strictEqual(yield* control.late, lateCount)
        } else {
          const answer = yield* Effect.result(readOf(step, adapter))
          if (Result.isFailure(answer)) assert.strictEqual(answer.failure.outcome, "notApplied")
          else if (step.call === "list") isWhole(answer.success as ReadonlyArray<Listed>, before)
          assert.deepStrictEqual(yield* contentsOf(memory), before)
        }
      }
      yield* control.settle
      const stored = Object.values(yield* contentsOf(memory)).flatMap(({ body, entries }) => [body, ...entries])
      assert.deepStrictEqual(stored.filter((text) => denied.includes(text)), [])
      assert.strictEqual(yield* control.late, 0)
    }), { arbitrary: { runs: 120, size: 1000 } })
})
