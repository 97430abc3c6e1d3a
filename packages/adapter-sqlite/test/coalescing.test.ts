/** Saves of one session that share a transaction: its row is written once, and each save is answered for itself. */
import { assert, describe, it } from "@effect/vitest"
import { makeKey, type PlannedOperation } from "@holdfast/core"
import { append, put } from "@holdfast/core/testing"
import { Effect, Option, Result, Stream } from "effect"
import type { GroupCommit } from "../src/groupCommit.ts"
import type { Statement, Statements } from "../src/statements.ts"
import { atOnce, commit, failure, group, numbered, said, type Tap } from "./groups.ts"
import { save, stateOf } from "./verbs.ts"

const one = makeKey("one")

/** Counts the rows that are written. */
const counting = () => {
  const written: Array<string> = []
  const counted = <Row>(name: string, statement: Statement<Row>): Statement<Row> => ({
    ...statement,
    get: (...values) => {
      written.push(name)
      return statement.get(...values)
    },
    run: (...values) => {
      written.push(name)
      statement.run(...values)
    }
  })
  const tap: Tap = ({ statements: { insert, put, replace, touch } }): Partial<Statements> => ({
    insert: counted("insert", insert),
    put: counted("put", put),
    replace: counted("replace", replace),
    touch: counted("touch", touch)
  })
  return { tap, written }
}

const together = (made: GroupCommit, changes: ReadonlyArray<ReadonlyArray<PlannedOperation>>) =>
  Effect.forEach(changes, (operations) => commit(made, ...operations), atOnce)

describe("saves of one session at once", () => {
  for (const before of ["is there", "is not there"] as const) {
    it.live(`write its row once where it ${before}, and have a version each`, () =>
      Effect.gen(function*() {
        const { tap, written } = counting()
        const { adapter, group: made } = yield* group(tap)
        if (before === "is there") yield* save(adapter, "one", "before")
        const answers = yield* together(made, numbered(100).map((state) => [put(one, state)]))
        const versions = answers.map((answer) => Result.getOrThrow(answer).keys[0]!.version)
        assert.deepStrictEqual(versions, Array.from({ length: 100 }, (_, index) => versions[0]! + index))
        assert.deepStrictEqual(written, [before === "is there" ? "put" : "insert"])
        const { body, head, writes } = Option.getOrThrow(yield* adapter.load(one))
        assert.strictEqual(body, JSON.stringify("99"))
        assert.strictEqual(head.version, versions[99])
        assert.deepStrictEqual(writes.map(({ version }) => version), versions.slice(-16))
        assert.lengthOf(yield* Stream.runCollect(adapter.recover("inspect")), 0)
      }))
  }

  it.live("are told apart from what is no plain save, which sees what came before it", () =>
    Effect.gen(function*() {
      const { tap, written } = counting()
      const { adapter, group: made } = yield* group(tap)
      const answers = yield* together(made, [
        [put(one, 1)],
        [put(one, 2)],
        [put(one, 3, { expect: "absent" })],
        [append(one, ["entry"])],
        [put(one, 4)],
        [put(makeKey("other"), 5)],
        [put(one, 6), append(one, ["more"])],
        [put(one, 7, { expect: "present" })]
      ])
      assert.deepStrictEqual(answers.map(said), ["done", "done", "Conflict", "done", "done", "done", "done", "done"])
      assert.deepStrictEqual(written, ["insert", "touch", "put", "insert", "put", "put"])
      assert.deepStrictEqual(yield* stateOf(adapter, "one"), Option.some(7))
      assert.lengthOf(yield* Stream.runCollect(adapter.entries(one, {})), 2)
    }))

  it.live("are refused one by one, and those beside a refused one are saved", () =>
    Effect.gen(function*() {
      const { adapter, group: made } = yield* group(() => ({}))
      const answers = yield* together(made, [
        [put(one, 1, { schemaVersion: 2 })],
        [put(one, 2, { schemaVersion: 1 })],
        [put(one, 3, { kind: "another" })],
        [put(one, 4, { schemaVersion: 2 })],
        [put(one, 5, { schemaVersion: 1 })]
      ])
      assert.deepStrictEqual(answers.map(said), ["done", "Conflict", "Conflict", "done", "Conflict"])
      assert.deepStrictEqual(yield* stateOf(adapter, "one"), Option.some(4))
    }))

  it.live("that are one save sent twice change nothing the second time", () =>
    Effect.gen(function*() {
      const { adapter, group: made } = yield* group(() => ({}))
      const send = (writeId: string, state: number) =>
        made.commit({ change: { writeId, operations: [put(one, state)] }, now: 1_000, path: "/place" })
      const answers = yield* Effect.all([send("a", 1), send("b", 2), send("a", 1)], atOnce)
      const [first, second, again] = answers.map((answer) => Result.getOrThrow(answer).keys[0]!)
      assert.deepStrictEqual(again, first)
      assert.strictEqual(second!.version, first!.version + 1)
      assert.deepStrictEqual(yield* stateOf(adapter, "one"), Option.some(2))
    }))

  it.live("that were answered by an entry long ago are so again", () =>
    Effect.gen(function*() {
      const { adapter, group: made } = yield* group(() => ({}))
      const send = (writeId: string, ...operations: ReadonlyArray<PlannedOperation>) =>
        made.commit({ change: { writeId, operations }, now: 1_000, path: "/place" })
      const first = Result.getOrThrow(yield* send("old", put(one, 0), append(one, ["entry"])))
      for (const state of numbered(20)) yield* commit(made, put(one, state))
      const [, again] = yield* Effect.all([commit(made, put(one, "last")), send("old", put(one, 0))], atOnce)
      assert.strictEqual(Result.getOrThrow(again).keys[0]!.version, first.keys[0]!.version)
      assert.deepStrictEqual(yield* stateOf(adapter, "one"), Option.some("last"))
    }))

  it.live("are made one by one when the last of them cannot be written: the others are saved", () =>
    Effect.gen(function*() {
      const { adapter, group: made } = yield* group(({ statements }) => ({
        put: {
          ...statements.put,
          run: (...values) => {
            if (values.includes(JSON.stringify("bad"))) throw failure(13)
            statements.put.run(...values)
          }
        }
      }))
      yield* save(adapter, "one", "before")
      const answers = yield* together(made, ["a", "b", "bad"].map((state) => [put(one, state)]))
      assert.deepStrictEqual(answers.map(said), ["done", "done", "NoSpace"])
      assert.deepStrictEqual(yield* stateOf(adapter, "one"), Option.some("b"))
    }))
})
