/** A database of format 1, made by the statements that made it then: it opens as one of the newest format. */
import { assert, describe, it } from "@effect/vitest"
import type { StoreRecord } from "@holdfast/core"
import { append, put } from "@holdfast/core/testing"
import { Effect, Option, Stream } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { openElsewhere } from "./conformance/elsewhere.ts"
import { entryCount, key, makeFormer, versionOf } from "./former.ts"
import { open } from "./stores.ts"
import { answerOf, changeOf, filesIn, idsOf, inProcess, place, refusalOf, stateOf, visit } from "./verbs.ts"

const formatOf = (filename: string) => {
  const database = new DatabaseSync(filename)
  const { user_version: format } = database.prepare("PRAGMA user_version").get()!
  database.close()
  return format
}

const record: StoreRecord = { switchId: "switch", epoch: 1, state: "retired", successor: "files" }

describe("a database of format 1", () => {
  for (const journal of ["wal", "delete"] as const) {
    it.live(`opens with all that it has, and with journal ${journal} has the newest format then`, () =>
      Effect.gen(function*() {
        const { filename } = yield* place
        makeFormer(filename, journal)
        yield* visit({ filename }, (adapter) =>
          Effect.gen(function*() {
            const { head, writes } = Option.getOrThrow(yield* adapter.load(key))
            assert.deepStrictEqual([head.version, head.incarnation, head.createdAt, head.updatedAt], [
              versionOf(19),
              "life",
              500,
              519
            ])
            assert.deepStrictEqual(writes.map(({ id }) => id), Array.from({ length: 16 }, (_, n) => `write ${n + 4}`))
            const rows = yield* Stream.runCollect(adapter.entries(key, {}))
            assert.deepStrictEqual(
              rows.map((row) => row._tag === "StoredEntry" && [row.entry, row.writeId, row.at]),
              Array.from({ length: entryCount }, (_, n) => [JSON.stringify(`entry ${n}`), `write ${n}`, 500 + n])
            )
            assert.deepStrictEqual(yield* adapter.role.read, Option.none())
            assert.deepStrictEqual(yield* Stream.runCollect(adapter.recover("inspect")), [])
          }))
        assert.strictEqual(formatOf(filename), 3)
      }))
  }

  it.live("knows its oldest write when it is sent again, takes writes, and can be retired", () =>
    Effect.gen(function*() {
      const { filename } = yield* place
      makeFormer(filename, "wal")
      const adapter = yield* open({ filename })
      const again = yield* adapter.commit({ writeId: "write 0", operations: [append(key, ["entry 0"])], attempt: 2 })
      assert.strictEqual(again.keys[0]?.version, versionOf(0))
      yield* adapter.commit(changeOf(put(key, "next"), append(key, ["next"])))
      assert.deepStrictEqual(yield* stateOf(adapter, "old"), Option.some("next"))
      assert.isTrue(yield* adapter.role.compareAndSet(Option.none(), record))
      assert.strictEqual(yield* answerOf(adapter.commit(changeOf(put(key, "late")))), "Unavailable")
      assert.lengthOf(yield* Stream.runCollect(adapter.entries(key, {})), entryCount + 1)
    }))

  it.live("is brought up to date by one of several processes that open it at once", () =>
    Effect.gen(function*() {
      const { filename } = yield* place
      makeFormer(filename, "wal")
      const [here, { adapter: there }, { adapter: elsewhere }] = yield* Effect.all([
        open({ filename }),
        openElsewhere({ filename }),
        openElsewhere({ filename })
      ], { concurrency: "unbounded" })
      for (const adapter of [here, there, elsewhere]) assert.deepStrictEqual(yield* idsOf(adapter), ["old"])
      assert.isTrue(yield* there.role.compareAndSet(Option.none(), record))
      assert.strictEqual(yield* answerOf(here.commit(changeOf(put(key, "late")))), "Unavailable")
    }))

  it.live("is as it was when somebody died while it was brought up to date, and opens", () =>
    Effect.gen(function*() {
      const { filename } = yield* place
      makeFormer(filename, "delete")
      inProcess(
        filename,
        `db.exec("PRAGMA cache_size = 2; BEGIN EXCLUSIVE; CREATE TABLE role (one INTEGER PRIMARY KEY); PRAGMA user_version = 2");
        for (let i = 0; i < 500; i++) db.exec("INSERT INTO role VALUES (" + i + ")"); db.exec("CREATE TABLE more AS SELECT hex(zeroblob(9000)) FROM role"); die()`
      )
      const adapter = yield* open({ filename })
      assert.deepStrictEqual(yield* idsOf(adapter), ["old"])
      assert.deepStrictEqual(yield* adapter.role.read, Option.none())
    }))

  it.live("that somebody keeps locked is Busy, and is as it was", () =>
    Effect.gen(function*() {
      const { filename, folder } = yield* place
      makeFormer(filename, "delete")
      const before = filesIn(folder)["sessions.db"]
      const holder = new DatabaseSync(filename)
      holder.exec("BEGIN IMMEDIATE")
      assert.deepStrictEqual(yield* refusalOf(Effect.scoped(open({ filename, busyTimeout: "50 millis" }))), [
        "Busy",
        "notApplied"
      ])
      holder.close()
      assert.strictEqual(filesIn(folder)["sessions.db"], before)
    }))

  it.live("gives an entry whose write id is no text as one that cannot be read", () =>
    Effect.gen(function*() {
      const { filename } = yield* place
      makeFormer(filename, "wal")
      inProcess(filename, `db.exec("UPDATE entries SET write_id = 'x' WHERE \\"index\\" = 3")`)
      const adapter = yield* open({ filename })
      const rows = yield* Stream.runCollect(adapter.entries(key, {}))
      assert.deepStrictEqual(rows.filter(({ _tag }) => _tag === "UnreadableEntry").map(({ index }) => index), [3])
    }))

  it.live("that is damaged where it would be read to be brought up to date is recovered, without a record", () =>
    Effect.gen(function*() {
      const { filename } = yield* place
      makeFormer(filename, "delete")
      const bytes = readFileSync(filename)
      const at = bytes.indexOf(JSON.stringify("entry 19"))
      bytes.fill(0x2a, at - at % 4096, at - at % 4096 + 16)
      writeFileSync(filename, bytes)
      const adapter = yield* open({ filename })
      assert.strictEqual(yield* answerOf(adapter.load(key)), "Corrupt")
      const findings = yield* Stream.runCollect(adapter.recover("apply"))
      assert.deepStrictEqual(findings.map(({ kind }) => kind), ["damaged", "lostEntries"])
      assert.deepStrictEqual(yield* adapter.role.read, Option.none())
      assert.deepStrictEqual(yield* stateOf(adapter, "old"), Option.some({ old: true }))
      yield* adapter.commit(changeOf(put(key, "next")))
      assert.deepStrictEqual(yield* Stream.runCollect(adapter.recover("apply")), [])
    }))
})
