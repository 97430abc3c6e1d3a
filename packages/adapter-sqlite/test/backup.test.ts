/** Copies of stores that are in use: whole, checked, and never half of one under the name of a whole one. */
import { assert, describe, it } from "@effect/vitest"
import { SqliteAdapter } from "@holdfast/adapter-sqlite"
import { makeKey } from "@holdfast/core"
import { append, put } from "@holdfast/core/testing"
import { Effect, Fiber, Option, Stream } from "effect"
import { readdirSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { openElsewhere } from "./conformance/elsewhere.ts"
import { underFacts } from "./modes.ts"
import { open } from "./stores.ts"
import { answerOf, changeOf, filesIn, idsOf, inProcess, place, refusalOf, save, stateOf, visit } from "./verbs.ts"

const ids = (count: number) => Array.from({ length: count }, (_, index) => String(index).padStart(4, "0"))

describe("a backup", () => {
  const places = {
    "a local disk": {},
    "a remote disk": { fileSystemType: 0x6969 },
    "a SQLite with a bug": { sqliteVersion: "3.50.0" }
  }
  for (const [where, facts] of Object.entries(places)) {
    it.live(`of a store on ${where} has all that was acknowledged, in one file, and opens as a store`, () =>
      underFacts(facts)(Effect.gen(function*() {
        const { filename, folder } = yield* place
        const adapter = yield* open({ filename })
        yield* Effect.forEach(ids(50), (id) => save(adapter, id, id))
        yield* adapter.commit(changeOf(append(makeKey("0007"), ["a", "b"])))
        const target = join(folder, "copies", "copy.db")
        const made = yield* SqliteAdapter.backup({ filename, target })
        assert.deepStrictEqual(made, { location: target, bytes: statSync(target).size, sessionCount: 50 })
        assert.deepStrictEqual(readdirSync(join(folder, "copies")), ["copy.db"])
        if (process.platform !== "win32") assert.strictEqual(statSync(target).mode & 0o777, 0o600)
        yield* save(adapter, "later", 1)
        yield* visit({ filename: target, mustExist: true }, (copy) =>
          Effect.gen(function*() {
            assert.deepStrictEqual(yield* idsOf(copy), ids(50))
            assert.lengthOf(yield* Stream.runCollect(copy.entries(makeKey("0007"), {})), 2)
            assert.lengthOf(yield* Stream.runCollect(copy.recover("inspect")), 0)
            yield* save(copy, "of its own", 1)
          }))
        assert.strictEqual((yield* idsOf(adapter)).length, 51)
      })))
  }

  it.live("is of one moment while sessions are saved here and in another process, and holds nobody up", () =>
    Effect.gen(function*() {
      const { filename, folder } = yield* place
      const adapter = yield* open({ filename })
      const { adapter: there } = yield* openElsewhere({ filename })
      const large = "x".repeat(20_000)
      yield* Effect.forEach(ids(500), (id) => save(adapter, id, large), { concurrency: 32 })
      let count = 0
      // One change puts both: a copy with one of them would not be of one moment.
      const both = Effect.suspend(() => {
        const state = { count: ++count, large }
        return adapter.commit(changeOf(put(makeKey("left"), state), put(makeKey("right"), state)))
      })
      yield* both
      const here = yield* Effect.forkChild(Effect.forever(both))
      const elsewhere = yield* Effect.forkChild(Effect.forever(save(there, "there", large)))
      for (const round of ids(3)) {
        const before = count
        const target = join(folder, `copy ${round}.db`)
        yield* SqliteAdapter.backup({ filename, target })
        assert.isAbove(count, before)
        yield* visit({ filename: target }, (copy) =>
          Effect.gen(function*() {
            const [left, right] = yield* Effect.all([stateOf(copy, "left"), stateOf(copy, "right")])
            assert.deepStrictEqual(left, right)
            assert.isAtLeast((Option.getOrThrow(left) as { readonly count: number }).count, before - 1)
          }))
      }
      yield* Fiber.interrupt(here)
      yield* Fiber.interrupt(elsewhere)
    }))

  it.live("to a file that is there is refused, and the file is as it was", () =>
    Effect.gen(function*() {
      const { filename, folder } = yield* place
      yield* visit({ filename }, (adapter) => save(adapter, "a", 1))
      const target = join(folder, "copy.db")
      writeFileSync(target, "mine")
      const before = filesIn(folder)
      for (const taken of [target, filename]) {
        assert.deepStrictEqual(yield* refusalOf(SqliteAdapter.backup({ filename, target: taken })), [
          "Unsupported",
          "notApplied"
        ])
      }
      assert.deepStrictEqual(filesIn(folder), before)
    }))

  it.live("of a store that is not there fails, and makes none", () =>
    Effect.gen(function*() {
      const { filename, folder } = yield* place
      assert.strictEqual(
        yield* answerOf(SqliteAdapter.backup({ filename, target: join(folder, "copy.db") })),
        "DirectoryUnreadable"
      )
      assert.deepStrictEqual(Object.keys(filesIn(folder)), [])
    }))

  it.live("of a store with a row that does not match its checksum fails, and leaves no copy", () =>
    Effect.gen(function*() {
      const { filename, folder } = yield* place
      yield* visit({ filename }, (adapter) => save(adapter, "a", "content"))
      inProcess(filename, `db.exec("UPDATE sessions SET body = '1'"); db.close()`)
      assert.strictEqual(
        yield* answerOf(SqliteAdapter.backup({ filename, target: join(folder, "copy.db") })),
        "Corrupt"
      )
      assert.deepStrictEqual(readdirSync(folder).filter((name) => name.startsWith("copy")), [])
    }))

  it.live("takes the place of what a backup that died has left", () =>
    Effect.gen(function*() {
      const { filename, folder } = yield* place
      const adapter = yield* open({ filename })
      yield* save(adapter, "a", 1)
      const target = join(folder, "copy.db")
      writeFileSync(`${target}-partial`, "half of a copy")
      writeFileSync(`${target}-partial-journal`, "its journal")
      assert.strictEqual((yield* SqliteAdapter.backup({ filename, target })).sessionCount, 1)
      assert.deepStrictEqual(readdirSync(folder).filter((name) => name.startsWith("copy")), ["copy.db"])
      const copy = new DatabaseSync(target, { readOnly: true })
      assert.strictEqual(copy.prepare("PRAGMA integrity_check").get()?.["integrity_check"], "ok")
      copy.close()
    }))
})
