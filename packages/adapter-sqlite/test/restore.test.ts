/** Restores: a record and its entries replace what a key holds in one step, as they were held elsewhere. */
import { assert, describe, it } from "@effect/vitest"
import { makeKey } from "@holdfast/core"
import { append, put, remove } from "@holdfast/core/testing"
import { Effect, Option, Stream } from "effect"
import { acquireDatabase } from "../src/Database.ts"
import { openElsewhere } from "./conformance/elsewhere.ts"
import { above, key, lived, opened, restoreOf, wholeOf } from "./restores.ts"
import { answerOf, changeOf, idsOf, refusalOf, save, stateOf } from "./verbs.ts"

describe("a restore", () => {
  it.live("gives the record and the entries as they were held elsewhere, also to whoever opens the store later", () =>
    Effect.gen(function*() {
      const { adapter, filename } = yield* opened
      const whole = yield* lived
      assert.lengthOf(whole.record.writes, 16)
      assert.strictEqual(whole.entries[1]?.writeId, "first \u0000 \ud800")
      const { keys: [row] } = yield* adapter.commit(changeOf(restoreOf(whole)))
      const { createdAt, entryCount, updatedAt, version } = whole.record.head
      assert.deepStrictEqual(row, { key, version, createdAt, updatedAt, entryCount })
      assert.deepStrictEqual(yield* wholeOf(adapter, key), whole)
      assert.deepStrictEqual(
        yield* wholeOf(yield* openElsewhere({ filename }).pipe(Effect.map((other) => other.adapter)), key),
        whole
      )
    }))

  it.live("under another key gives the same session there", () =>
    Effect.gen(function*() {
      const { adapter } = yield* opened
      const whole = yield* lived
      const other = makeKey("other")
      yield* adapter.commit(changeOf(restoreOf(whole, { key: other })))
      const head = { ...whole.record.head, key: other }
      assert.deepStrictEqual(yield* wholeOf(adapter, other), { ...whole, record: { ...whole.record, head } })
      assert.deepStrictEqual(yield* adapter.load(key), Option.none())
    }))

  it.live("replaces another kind of session with all of its entries", () =>
    Effect.gen(function*() {
      const { adapter } = yield* opened
      const whole = above(yield* lived, 3)
      yield* adapter.commit(
        changeOf(put(key, "old", { kind: "draft" }), append(key, ["1", "2", "3", "4", "5"], { kind: "draft" }))
      )
      yield* adapter.commit(changeOf(restoreOf(whole)))
      assert.deepStrictEqual(yield* wholeOf(adapter, key), whole)
    }))

  it.live("is refused when its version is not above the one that is there, or the one that was removed", () =>
    Effect.gen(function*() {
      const { adapter } = yield* opened
      const whole = yield* lived
      yield* adapter.commit(changeOf(put(key, "newer", { floor: whole.record.head.version })))
      assert.deepStrictEqual(yield* refusalOf(adapter.commit(changeOf(restoreOf(whole)))), ["Conflict", "notApplied"])
      yield* adapter.commit(changeOf(remove(key)))
      assert.deepStrictEqual(yield* refusalOf(adapter.commit(changeOf(restoreOf(whole)))), ["Conflict", "notApplied"])
      assert.deepStrictEqual(yield* adapter.load(key), Option.none())
    }))

  it.live("lets a write that was applied elsewhere be repeated without doubling its entry, however long ago it was", () =>
    Effect.gen(function*() {
      const { adapter } = yield* opened
      const whole = yield* lived
      yield* adapter.commit(changeOf(restoreOf(whole)))
      for (const writeId of ["append 1", "append 20", "first \u0000 \ud800"]) {
        yield* adapter.commit({ writeId, operations: [append(key, ["again"], { schemaVersion: 2 })], attempt: 2 })
      }
      assert.deepStrictEqual(yield* wholeOf(adapter, key), whole)
    }))

  it.live("keeps entries of one write that a backend with a shorter memory has applied twice", () =>
    Effect.gen(function*() {
      const { adapter } = yield* opened
      const { entries, record } = above(yield* lived, 4)
      const twice = { record, entries: entries.map((entry) => ({ ...entry, writeId: "the same" })) }
      yield* adapter.commit(changeOf(restoreOf(twice)))
      assert.deepStrictEqual(yield* wholeOf(adapter, key), twice)
      const repeated = yield* adapter.commit({ writeId: "the same", operations: [append(key, ["again"])], attempt: 2 })
      assert.strictEqual(repeated.keys[0]?.entryCount, 4)
    }))

  it.live("beside changes of other keys is one step with them", () =>
    Effect.gen(function*() {
      const { adapter } = yield* opened
      const whole = yield* lived
      yield* save(adapter, "there", 1)
      const refused = changeOf(restoreOf(whole), put(makeKey("there"), 2, { expect: "absent" }))
      assert.deepStrictEqual(yield* refusalOf(adapter.commit(refused)), ["Conflict", "notApplied"])
      assert.deepStrictEqual(yield* adapter.load(key), Option.none())
      yield* adapter.commit(changeOf(restoreOf(whole), put(makeKey("there"), 2)))
      assert.deepStrictEqual(yield* wholeOf(adapter, key), whole)
      assert.deepStrictEqual(yield* stateOf(adapter, "there"), Option.some(2))
    }))
})

describe("a session that a damaged database has lost", () => {
  it.live("is not restored over until its loss is accepted", () =>
    Effect.gen(function*() {
      const { adapter, filename } = yield* opened
      const mode = { journal: "wal", locking: "normal", sharedBy: "host" } as const
      const database = yield* acquireDatabase({ path: filename, mode, mustExist: true })
      yield* save(adapter, "a", 1)
      yield* database.read(({ database: live }) => live.exec("UPDATE sessions SET body = 'x'"))
      yield* Stream.runDrain(adapter.recover("apply"))
      const whole = above(yield* lived, 2)
      const restoring = () => adapter.commit(changeOf(restoreOf(whole, { key: makeKey("a") })))
      assert.strictEqual(yield* answerOf(restoring()), "Corrupt")
      yield* adapter.commit(changeOf(remove(makeKey("a"))))
      assert.strictEqual(yield* answerOf(restoring()), "done")
      assert.deepStrictEqual(yield* idsOf(adapter), ["a"])
    }))
})
