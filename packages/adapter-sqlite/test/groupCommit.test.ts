import { assert, describe, it } from "@effect/vitest"
import { makeKey } from "@holdfast/core"
import { append, put } from "@holdfast/core/testing"
import { Effect, Exit, Fiber, Logger, Option, Result, Stream } from "effect"
import { DatabaseSync } from "node:sqlite"
import { after, atOnce, commit, commitAll, failingFor, failure, group, numbered, said } from "./groups.ts"
import { changeOf, save, stateOf } from "./verbs.ts"

describe("a group of changes", () => {
  it.live("takes few transactions for many saves at once", () =>
    Effect.gen(function*() {
      let count = 0
      const { adapter, group: { commit: _, ...rest }, group: made } = yield* group(({ statements }) => ({
        begin: after(statements.begin, () => count++)
      }))
      assert.deepStrictEqual(rest, {})
      assert.deepStrictEqual(yield* commitAll(made, numbered(100)), Array.from({ length: 100 }, () => "done"))
      assert.isAtMost(count, 3)
      assert.deepStrictEqual(yield* stateOf(adapter, "99"), Option.some("99"))
    }))

  it.live("is cut where it would hold up everybody else, and all of it is answered", () =>
    Effect.gen(function*() {
      let count = 0
      const { group: made } = yield* group(({ statements }) => ({ begin: after(statements.begin, () => count++) }))
      const large = "x".repeat(3 * 1024 * 1024)
      const answers = yield* Effect.forEach(
        numbered(4),
        (id) => Effect.map(commit(made, put(makeKey(id), large)), said),
        atOnce
      )
      assert.deepStrictEqual(answers, ["done", "done", "done", "done"])
      assert.strictEqual(count, 4)
      count = 0
      assert.strictEqual((yield* commitAll(made, numbered(600))).filter((answer) => answer === "done").length, 600)
      assert.strictEqual(count, 3)
    }))

  it.live("is applied in the order in which it came, also over several transactions", () =>
    Effect.gen(function*() {
      const { adapter } = yield* group(() => ({}))
      const receipts = yield* Effect.forEach(numbered(600), (state) => save(adapter, "one", state), atOnce)
      const versions = receipts.map(({ keys }) => keys[0]!.version)
      assert.deepStrictEqual(versions, versions.toSorted((self, that) => self - that))
      assert.strictEqual(new Set(versions).size, 600)
      assert.deepStrictEqual(yield* stateOf(adapter, "one"), Option.some("599"))
    }))

  it.live("answers nobody before COMMIT, those whose change was refused included", () =>
    Effect.gen(function*() {
      let answeredCount = 0
      const answeredAtCommit: Array<number> = []
      const { group: made } = yield* group(({ statements }) => ({
        commit: after(statements.commit, () => answeredAtCommit.push(answeredCount))
      }))
      yield* commit(made, put(makeKey("there"), 0))
      const answers = yield* Effect.forEach(
        ["a", "there", "b", "there"],
        (id) =>
          Effect.tap(
            Effect.map(commit(made, put(makeKey(id), id, { expect: "absent" })), said),
            () => Effect.sync(() => answeredCount++)
          ),
        atOnce
      )
      assert.deepStrictEqual(answers, ["done", "Conflict", "done", "Conflict"])
      assert.deepStrictEqual(answeredAtCommit, [0, 0])
    }))

  it.live("is unknown to all of its members, refused ones included, when COMMIT met an I/O error", () =>
    Effect.gen(function*() {
      let isFailing = true
      const { adapter, group: made } = yield* group(({ statements }) => ({
        commit: after(statements.commit, () => {
          if (!isFailing) return
          isFailing = false
          throw failure(1034)
        })
      }))
      yield* save(adapter, "there", 0)
      const answers = yield* Effect.forEach(
        ["a", "there"],
        (id) => Effect.map(commit(made, put(makeKey(id), id, { expect: "absent" })), said),
        atOnce
      )
      assert.deepStrictEqual(answers, ["OutcomeUnknown", "OutcomeUnknown"])
      assert.deepStrictEqual(yield* commitAll(made, ["a"]), ["done"])
      assert.deepStrictEqual(yield* stateOf(adapter, "a"), Option.some("a"))
      assert.deepStrictEqual(yield* stateOf(adapter, "there"), Option.some(0))
    }))

  it.live("is known not to be applied when COMMIT found the disk full, and nothing of it is there", () =>
    Effect.gen(function*() {
      let failureCount = 0
      const { adapter, group: made } = yield* group(({ database, statements }) => ({
        commit: after(statements.commit, () => {
          if (++failureCount > 3) return
          database.exec("ROLLBACK")
          throw failure(13)
        })
      }))
      // Once for both, then once for each of them.
      assert.deepStrictEqual(yield* commitAll(made, ["a", "b"]), ["NoSpace", "NoSpace"])
      assert.deepStrictEqual(yield* stateOf(adapter, "a"), Option.none())
      assert.deepStrictEqual(yield* commitAll(made, ["a", "b"]), ["done", "done"])
    }))

  for (const transaction of ["stands", "is given up"] as const) {
    it.live(`is told one by one when one of it fails and the transaction ${transaction}: the others are saved`, () =>
      Effect.gen(function*() {
        const { adapter, group: made } = yield* group(failingFor("bad", 13, transaction))
        const ids = ["1", "2", "bad", "3"]
        assert.deepStrictEqual(yield* commitAll(made, ids), ["done", "done", "NoSpace", "done"])
        const states = yield* Effect.forEach(ids, (id) => stateOf(adapter, id))
        assert.deepStrictEqual(states.map(Option.getOrNull), ["1", "2", null, "3"])
        // No transaction is left open that would swallow the next change.
        yield* save(adapter, "4", "4")
        assert.deepStrictEqual(yield* commitAll(made, ["5"]), ["done"])
      }))
  }

  it.live("answers every member when telling the watchers breaks", () =>
    Effect.gen(function*() {
      const { adapter, group: made } = yield* group(() => ({}), { committed: Effect.die("broken") })
      const answers = yield* Effect.timeoutOption(commitAll(made, numbered(300)), "10 seconds")
      // It was committed, but nobody can say so any more.
      assert.deepStrictEqual(Option.map(answers, (all) => new Set(all)), Option.some(new Set(["OutcomeUnknown"])))
      assert.deepStrictEqual(yield* stateOf(adapter, "299"), Option.some("299"))
    }).pipe(Effect.provide(Logger.layer([]))))

  it.live("answers every member when a statement throws what is no error of SQLite", () =>
    Effect.gen(function*() {
      const { adapter, group: made } = yield* group(({ statements }) => ({
        insert: {
          ...statements.insert,
          get: () => {
            throw new TypeError("injected")
          }
        }
      }))
      assert.deepStrictEqual(yield* commitAll(made, ["a", "b"]), ["Unclassified", "Unclassified"])
      assert.deepStrictEqual(yield* stateOf(adapter, "a"), Option.none())
    }))
})

/** Keeps everybody else from writing while an effect runs. */
const whileLocked = <A, E, R>(filename: string, effect: Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const holder = new DatabaseSync(filename)
      holder.exec("BEGIN IMMEDIATE")
      return holder
    }),
    () => effect,
    (holder) => Effect.sync(() => holder.close())
  )

describe("a caller who is interrupted", () => {
  it.live("while its change waits for a transaction of others does not have it applied", () =>
    Effect.gen(function*() {
      let tryCount = 0
      const { adapter, filename, group: made } = yield* group(({ statements }) => ({
        begin: after(statements.begin, () => tryCount++)
      }))
      const first = yield* whileLocked(
        filename,
        Effect.gen(function*() {
          const first = yield* Effect.forkChild(commit(made, put(makeKey("first"), 1)))
          yield* Effect.repeat(Effect.sleep("1 millis"), { until: () => tryCount > 0 })
          const second = yield* Effect.forkChild(commit(made, put(makeKey("second"), 1)), { startImmediately: true })
          yield* Fiber.interrupt(second)
          return first
        })
      )
      assert.isTrue(Exit.isSuccess(yield* Fiber.await(first)))
      assert.deepStrictEqual(yield* commitAll(made, ["third"]), ["done"])
      assert.deepStrictEqual(yield* stateOf(adapter, "second"), Option.none())
      assert.deepStrictEqual(yield* stateOf(adapter, "first"), Option.some(1))
    }))

  it.live("while somebody else keeps the database locked does not have its change applied later", () =>
    Effect.gen(function*() {
      let tryCount = 0
      const { adapter, filename, group: made } = yield* group(({ statements }) => ({
        begin: after(statements.begin, () => tryCount++)
      }))
      yield* whileLocked(
        filename,
        Effect.gen(function*() {
          const saving = yield* Effect.forkChild(commit(made, put(makeKey("given up"), 1)))
          yield* Effect.repeat(Effect.sleep("1 millis"), { until: () => tryCount > 0 })
          yield* Fiber.interrupt(saving)
        })
      )
      assert.deepStrictEqual(yield* commitAll(made, ["next"]), ["done"])
      assert.deepStrictEqual(yield* stateOf(adapter, "given up"), Option.none())
    }))
})

describe("a change of several keys", () => {
  it.live("is applied whole, in one transaction with what came beside it", () =>
    Effect.gen(function*() {
      const { adapter } = yield* group(() => ({}))
      const [a, b] = [makeKey("a"), makeKey("b", ["account"])]
      yield* Effect.all([
        adapter.commit(changeOf(put(a, 1), put(b, 1), append(b, ["entry"]))),
        save(adapter, "c", 1)
      ], atOnce)
      assert.isTrue(Option.isSome(yield* adapter.load(b)))
      assert.strictEqual((yield* Stream.runCollect(adapter.entries(b, {}))).length, 1)
      assert.deepStrictEqual(yield* stateOf(adapter, "a"), Option.some(1))
    }))

  it.live("changes nothing at all when one of them is refused, and does not take others with it", () =>
    Effect.gen(function*() {
      const { adapter } = yield* group(() => ({}))
      yield* save(adapter, "there", 1)
      const refused = adapter.commit(
        changeOf(
          put(makeKey("a"), 2),
          append(makeKey("a"), ["entry"]),
          put(makeKey("there"), 2),
          put(makeKey("b"), 2, { expect: "present" })
        )
      )
      const [answer] = yield* Effect.all([Effect.result(refused), save(adapter, "c", 1)], atOnce)
      if (Result.isSuccess(answer)) assert.fail("a change was applied against its precondition")
      assert.strictEqual(answer.failure.reason._tag, "Conflict")
      const states = yield* Effect.forEach(["a", "b", "there", "c"], (id) => stateOf(adapter, id))
      assert.deepStrictEqual(states.map(Option.getOrNull), [null, null, 1, 1])
      assert.strictEqual((yield* Stream.runCollect(adapter.entries(makeKey("a"), {}))).length, 0)
    }))

  it.live("changes nothing at all when a row of it cannot be written", () =>
    Effect.gen(function*() {
      const { adapter, group: made } = yield* group(failingFor("bad", 10, "stands"))
      const both = [put(makeKey("good"), "good"), put(makeKey("bad"), "bad")]
      const answers = yield* Effect.all([commit(made, ...both), commit(made, put(makeKey("c"), "c"))], atOnce)
      assert.deepStrictEqual(answers.map(said), ["Io", "done"])
      assert.deepStrictEqual(yield* stateOf(adapter, "good"), Option.none())
    }))
})
