import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Result } from "effect"
import { chmodSync, readdirSync, statSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { acquireDatabase, type Database } from "../src/Database.ts"
import type { Mode } from "../src/environment.ts"
import { underFacts } from "./modes.ts"
import { open } from "./stores.ts"
import { answerOf, idsOf, inProcess, place, save, stateOf, visit } from "./verbs.ts"

const shared: Mode = { journal: "wal", locking: "normal", sharedBy: "host" }
const remote: Mode = { journal: "delete", locking: "normal", sharedBy: "process" }
const alone: Mode = { journal: "wal", locking: "exclusive", sharedBy: "process" }

/** A pragma of the connection that commits are made through. */
const pragma = (database: Database, name: string) =>
  database.read(({ database: live }) => Object.values(live.prepare(`PRAGMA ${name}`).get()!)[0])

const settings = Effect.fnUntraced(function*(path: string, mode: Mode) {
  const database = yield* acquireDatabase({ path, mode, mustExist: false })
  return yield* Effect.all({
    journal: pragma(database, "journal_mode"),
    synchronous: pragma(database, "synchronous"),
    locking: pragma(database, "locking_mode"),
    foreignKeys: pragma(database, "foreign_keys")
  })
})

const modes = [
  ["a local disk", shared, { journal: "wal", synchronous: 2, locking: "normal", foreignKeys: 1 }],
  ["a remote one", remote, { journal: "delete", synchronous: 3, locking: "normal", foreignKeys: 1 }],
  ["a SQLite that loses commits", alone, { journal: "wal", synchronous: 2, locking: "exclusive", foreignKeys: 1 }]
] as const

describe("the connection that commits are made through", () => {
  for (const [where, mode, expected] of modes) {
    it.live(`is flushed at every commit with ${where}, and says so when it is asked`, () =>
      Effect.gen(function*() {
        const { filename } = yield* place
        assert.deepStrictEqual(yield* settings(filename, mode), expected)
      }))

    it.live(`has the same settings after it was dropped, with ${where}`, () =>
      Effect.gen(function*() {
        const { filename } = yield* place
        const database = yield* acquireDatabase({ path: filename, mode, mustExist: false })
        yield* database.connection
        yield* database.drop
        assert.deepStrictEqual(yield* settings(filename, mode), expected)
      }))

    for (const [before, earlier] of modes) {
      if (earlier === mode) continue
      it.live(`takes over with ${where} what was made with ${before}, and its sessions`, () =>
        Effect.gen(function*() {
          const { filename } = yield* place
          yield* visit({ filename }, (adapter) => save(adapter, "a", 1))
          yield* Effect.scoped(settings(filename, earlier))
          assert.deepStrictEqual(yield* settings(filename, mode), expected)
          assert.deepStrictEqual(yield* stateOf(yield* open({ filename }), "a"), Option.some(1))
        }))
    }
  }

  it.live("is told by its receipts and its capability", () =>
    Effect.gen(function*() {
      const { filename } = yield* place
      const other = yield* place
      const local = yield* open({ filename })
      const far = yield* underFacts({ fileSystemType: 0x6969 })(open({ filename: other.filename }))
      const receipts = yield* Effect.all([save(local, "a", 1), save(far, "a", 1)])
      assert.deepStrictEqual(receipts.map(({ durability, protocol }) => [protocol, durability]), [
        ["wal", "flushed"],
        ["journal", "flushed"]
      ])
      const promised = [local, far].map(({ capability: { compareAndSet, durability, sharedBy, watch } }) => [
        durability,
        compareAndSet,
        sharedBy,
        watch
      ])
      assert.deepStrictEqual(promised, [
        ["flushed", "host", "host", "host"],
        ["flushed", "process", "process", "process"]
      ])
    }))

  it.live("makes files that are the user's alone", () =>
    Effect.gen(function*() {
      const { filename, folder } = yield* place
      chmodSync(folder, 0o755)
      const adapter = yield* open({ filename })
      yield* save(adapter, "a", 1)
      const names = readdirSync(folder)
      assert.includeMembers(names, ["sessions.db", "sessions.db-lock", "sessions.db-wal"])
      const modesOf = names.map((name) => [name, statSync(`${folder}/${name}`).mode & 0o777])
      assert.deepStrictEqual(modesOf, names.map((name) => [name, 0o600]))
    }))
})

describe("a connection that was dropped", () => {
  it.live("has its log written into the database before the next one is used", () =>
    Effect.gen(function*() {
      const { filename } = yield* place
      const adapter = yield* open({ filename })
      const database = yield* acquireDatabase({ path: filename, mode: shared, mustExist: true })
      const other = yield* Effect.acquireRelease(
        Effect.sync(() => new DatabaseSync(filename)),
        (opened) => Effect.sync(() => opened.close())
      )
      // With another connection the log outlives the drop.
      other.exec("SELECT count(*) FROM sessions")
      yield* save(adapter, "a", "x".repeat(10_000))
      const before = statSync(`${filename}-wal`).size
      assert.isAbove(before, 10_000)
      yield* database.drop
      assert.strictEqual(statSync(`${filename}-wal`).size, before)
      assert.deepStrictEqual(yield* idsOf(adapter), ["a"])
      assert.strictEqual(statSync(`${filename}-wal`).size, 0)
      yield* save(adapter, "b", 1)
    }))

  it.live("is not used again while a reader keeps its log from being written, and then is", () =>
    Effect.gen(function*() {
      const { filename } = yield* place
      const adapter = yield* open({ filename, busyTimeout: "100 millis" })
      const database = yield* acquireDatabase({ path: filename, mode: shared, mustExist: true })
      yield* save(adapter, "a", 1)
      const reader = yield* Effect.acquireRelease(
        Effect.sync(() => new DatabaseSync(filename)),
        (opened) => Effect.sync(() => opened.isOpen ? opened.close() : undefined)
      )
      reader.exec("BEGIN; SELECT count(*) FROM sessions")
      yield* save(adapter, "b", 1)
      yield* database.drop
      assert.strictEqual(yield* answerOf(save(adapter, "c", 1)), "Busy")
      assert.strictEqual(yield* answerOf(adapter.load({ namespace: [], id: "a" })), "Busy")
      reader.close()
      yield* save(adapter, "d", 1)
      assert.deepStrictEqual(yield* idsOf(adapter), ["a", "b", "d"])
    }))
})

describe("with a SQLite that may lose commits", () => {
  const bugged = underFacts({ sqliteVersion: "3.50.4" })

  it.live("one process has the store, and says so to a second one", () =>
    Effect.gen(function*() {
      const { filename } = yield* place
      const adapter = yield* bugged(open({ filename }))
      assert.strictEqual(adapter.capability.sharedBy, "process")
      yield* save(adapter, "a", 1)
      // Not even an ordinary SQLite can look into it.
      inProcess(
        filename,
        `let met; try { db.prepare("SELECT count(*) FROM sessions").get() } catch (error) { met = error.errcode & 0xff }
        if (met !== 5) throw new Error("expected SQLITE_BUSY, met " + met)`
      )
      yield* save(adapter, "b", 1)
      assert.deepStrictEqual(yield* idsOf(adapter), ["a", "b"])
    }))

  it.live("instances of one process share the connection, and the last one gives the store back", () =>
    Effect.gen(function*() {
      const { filename } = yield* place
      yield* Effect.scoped(Effect.gen(function*() {
        const [one, two] = yield* bugged(Effect.all([open({ filename }), open({ filename })]))
        yield* save(one, "a", 1)
        yield* save(two, "b", 1)
        assert.deepStrictEqual(yield* idsOf(one), ["a", "b"])
      }))
      inProcess(filename, "db.exec('BEGIN EXCLUSIVE; ROLLBACK')")
      assert.deepStrictEqual(yield* idsOf(yield* bugged(open({ filename }))), ["a", "b"])
    }))

  it.live("a store that somebody else has open is Busy at opening, and opens when they are gone", () =>
    Effect.gen(function*() {
      const { filename } = yield* place
      yield* visit({ filename }, (adapter) => save(adapter, "a", 1))
      const other = new DatabaseSync(filename)
      other.exec("SELECT count(*) FROM sessions")
      const refused = yield* Effect.result(Effect.scoped(bugged(open({ filename, busyTimeout: "100 millis" }))))
      assert.isTrue(Result.isFailure(refused) && refused.failure.reason._tag === "Busy")
      other.close()
      assert.deepStrictEqual(yield* idsOf(yield* bugged(open({ filename }))), ["a"])
    }))
})
