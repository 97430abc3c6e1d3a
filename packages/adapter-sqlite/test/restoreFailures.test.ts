/** Restores that do not come to their end, or that somebody looks at: the session is the old one whole or the restored one whole. */
import { assert, describe, it } from "@effect/vitest"
import { makeKey, StorageError, Unavailable } from "@holdfast/core"
import { append, json, put } from "@holdfast/core/testing"
import { Effect, Fiber, Latch, Option, Result, Stream } from "effect"
import { statSync } from "node:fs"
import { acquireDatabase } from "../src/Database.ts"
import { openElsewhere } from "./conformance/elsewhere.ts"
import { atOnce, commit, failingFor, failure, group, said } from "./groups.ts"
import { above, key, lived, opened, restoreOf, wholeOf } from "./restores.ts"
import { open } from "./stores.ts"
import { answerOf, changeOf, place, refusalOf, save, stateOf, visit } from "./verbs.ts"

describe("the source of a restore", () => {
  it.live("that hangs keeps nobody else from writing, the same session included", () =>
    Effect.gen(function*() {
      const { adapter } = yield* opened
      const whole = yield* lived
      yield* Effect.forkChild(adapter.commit(changeOf(restoreOf(whole, { entries: Stream.never }))), {
        startImmediately: true
      })
      yield* adapter.commit(changeOf(put(key, "mine")))
      yield* save(adapter, "other", 1)
      assert.strictEqual(Option.getOrThrow(yield* adapter.load(key)).body, json("mine"))
    }))

  it.live("that fails half-way leaves what was there", () =>
    Effect.gen(function*() {
      const { adapter } = yield* opened
      const whole = above(yield* lived, 10)
      yield* adapter.commit(changeOf(put(key, "old"), append(key, ["a"])))
      const before = yield* wholeOf(adapter, key)
      const reason = new Unavailable({ outcome: "notApplied", what: "the source" })
      const broken = Stream.concat(
        Stream.fromIterable(whole.entries.slice(0, 5)),
        Stream.fail(new StorageError({ adapter: "elsewhere", operation: "entries", reason }))
      )
      const refused = adapter.commit(changeOf(restoreOf(whole, { entries: broken })))
      assert.deepStrictEqual(yield* refusalOf(refused), ["Unavailable", "notApplied"])
      assert.deepStrictEqual(yield* wholeOf(adapter, key), before)
    }))
})

describe("a restore that fails", () => {
  it.live("for want of space leaves the old session with its entries, and works when there is space", () =>
    Effect.gen(function*() {
      const { adapter, filename } = yield* opened
      const mode = { journal: "wal", locking: "normal", sharedBy: "host" } as const
      const database = yield* acquireDatabase({ path: filename, mode, mustExist: true })
      const sizeOf = (sql: string) => database.read(({ database: live }) => Object.values(live.prepare(sql).get()!)[0])
      yield* adapter.commit(changeOf(put(key, "old"), append(key, ["a", "b"])))
      const before = yield* wholeOf(adapter, key)
      const whole = above(yield* lived, 5_000)
      const pages = Number(yield* sizeOf("PRAGMA page_count"))
      for (const more of [0, 1, 10, 40]) {
        yield* sizeOf(`PRAGMA max_page_count = ${pages + more}`)
        assert.deepStrictEqual(yield* refusalOf(adapter.commit(changeOf(restoreOf(whole)))), ["NoSpace", "notApplied"])
        assert.deepStrictEqual(yield* wholeOf(adapter, key), before)
      }
      yield* sizeOf("PRAGMA max_page_count = 1000000")
      yield* adapter.commit(changeOf(restoreOf(whole)))
      assert.deepStrictEqual(yield* wholeOf(adapter, key), whole)
    }))

  for (const transaction of ["stands", "is given up"] as const) {
    it.live(`in the middle of its entries, when the transaction ${transaction}, takes no change beside it with it`, () =>
      Effect.gen(function*() {
        let left = 7
        const { adapter, group: made } = yield* group(({ database, statements }) => ({
          addEntry: {
            ...statements.addEntry,
            run: (...values) => {
              if (left-- === 0) {
                left = 7
                if (transaction === "is given up") database.exec("ROLLBACK")
                throw failure(10)
              }
              statements.addEntry.run(...values)
            }
          }
        }))
        yield* adapter.commit(changeOf(put(key, "old"), append(key, ["a"])))
        const before = yield* wholeOf(adapter, key)
        const { entries, record } = above(yield* lived, 20)
        const answers = yield* Effect.all([
          commit(made, put(makeKey("beside"), 1)),
          commit(made, { _tag: "Restore", key, expect: "any", record, entries })
        ], atOnce)
        assert.deepStrictEqual(answers.map(said), ["done", "Io"])
        assert.deepStrictEqual(yield* wholeOf(adapter, key), before)
        assert.deepStrictEqual(yield* stateOf(adapter, "beside"), Option.some(1))
      }))
  }

  it.live("beside a change that fails is applied all the same", () =>
    Effect.gen(function*() {
      const { adapter, group: made } = yield* group(failingFor("bad", 13, "stands"))
      const whole = yield* lived
      const { entries, record } = whole
      const answers = yield* Effect.all([
        commit(made, { _tag: "Restore", key, expect: "any", record, entries }),
        commit(made, put(makeKey("bad"), "bad"))
      ], atOnce)
      assert.deepStrictEqual(answers.map(said), ["done", "NoSpace"])
      assert.deepStrictEqual(yield* wholeOf(adapter, key), whole)
    }))
})

describe("a process that is killed while it restores", () => {
  // More text than SQLite keeps in memory, so that a part of the restore is in the log before its end.
  const text = "restored ".repeat(500)

  it.live("leaves the old session whole or the restored one whole, and the same restore ends it", () =>
    Effect.gen(function*() {
      const { entries, record } = above(yield* lived, 1_200)
      const restored = { record, entries: entries.map((entry) => ({ ...entry, entry: json([entry.index, text]) })) }
      for (const logBytes of [100_000, 3_000_000]) {
        const { filename } = yield* place
        const before = yield* visit({ filename }, (adapter) =>
          Effect.andThen(
            adapter.commit(changeOf(put(key, "old"), append(key, ["a", "b", "c"]))),
            wholeOf(adapter, key)
          ))
        const answer = yield* Effect.scoped(Effect.gen(function*() {
          const other = yield* openElsewhere({ filename })
          const restoring = yield* Effect.forkChild(answerOf(other.adapter.commit(changeOf(restoreOf(restored)))))
          yield* Effect.repeat(Effect.sleep("1 millis"), { until: () => statSync(`${filename}-wal`).size > logBytes })
          yield* other.kill
          return yield* Fiber.join(restoring)
        }))
        const adapter = yield* open({ filename })
        const found = yield* wholeOf(adapter, key)
        const isOld = found.entries.length === before.entries.length
        assert.deepStrictEqual(found, isOld ? before : restored)
        assert.isFalse(isOld && answer === "done", "what was acknowledged is there")
        yield* adapter.commit(changeOf(restoreOf(restored)))
        assert.deepStrictEqual(yield* wholeOf(adapter, key), restored)
        assert.deepStrictEqual(yield* Stream.runCollect(adapter.recover("inspect")), [])
      }
    }))
})

describe("reading while another process restores", () => {
  it.live("sees the old session whole or the restored one whole, never some entries of each", () =>
    Effect.gen(function*() {
      const { adapter, filename } = yield* opened
      yield* adapter.commit(changeOf(put(key, "old"), append(key, ["a", "b", "c"])))
      const before = yield* wholeOf(adapter, key)
      const restored = above(yield* lived, 400)
      const other = yield* openElsewhere({ filename })
      const done = yield* Latch.make(false)
      const seen = new Set<string>()
      const look = Effect.gen(function*() {
        const found = yield* Effect.result(wholeOf(adapter, key))
        yield* Effect.sleep("1 millis")
        // A life that ended while its entries were read is told, not mixed.
        if (Result.isFailure(found)) return
        const { entries, record: { head } } = found.success
        if (entries.length !== head.entryCount) return
        const isOld = head.version === before.record.head.version
        assert.deepStrictEqual(found.success, isOld ? before : restored)
        seen.add(isOld ? "old" : "restored")
      })
      yield* Effect.all([
        Effect.raceFirst(Effect.forever(look), done.await),
        Effect.gen(function*() {
          yield* Effect.repeat(Effect.sleep("1 millis"), { until: () => seen.has("old") })
          yield* other.adapter.commit(changeOf(restoreOf(restored)))
          yield* Effect.repeat(Effect.sleep("1 millis"), { until: () => seen.has("restored") })
          yield* done.open
        })
      ], atOnce)
      assert.deepStrictEqual([...seen], ["old", "restored"])
    }))
})
