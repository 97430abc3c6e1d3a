/** What is no store of ours is refused with the reason, and every byte beside it stays as it is. */
import { assert, describe, it } from "@effect/vitest"
import { type Reason, StorageError } from "@holdfast/core"
import { Effect, Option } from "effect"
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { open } from "./stores.ts"
import { aStore, cases } from "./strangers.ts"
import { filesIn, inProcess, place, refusalOf, save, stateOf, visit } from "./verbs.ts"

/** Which names there are, also of what is no file. */
const stateOfFolder = (folder: string) => ({ names: readdirSync(folder).toSorted(), files: filesIn(folder) })

const refused = (filename: string, mustExist?: "mustExist") =>
  Effect.flip(Effect.scoped(open({ filename, mustExist: mustExist !== undefined, busyTimeout: "100 millis" })))

describe("a file that is no store to open", () => {
  for (const { make, name, tag, words = "" } of cases) {
    it.live(`is refused as ${tag}, and is as it was: ${name}`, () =>
      Effect.gen(function*() {
        const { filename, folder } = yield* place
        yield* make(filename) ?? Effect.void
        const before = stateOfFolder(folder)
        for (const mustExist of [undefined, "mustExist"] as const) {
          const error = yield* refused(filename, mustExist)
          assert.instanceOf(error, StorageError)
          const isGone = mustExist !== undefined && /emptied|is gone/.test(name)
          assert.deepStrictEqual(
            [error.reason._tag, error.operation, error.outcome],
            [isGone ? "DirectoryUnreadable" : tag, "open", "notApplied"]
          )
          if (!isGone) assert.include(error.message, words)
          assert.deepStrictEqual(stateOfFolder(folder), before)
        }
      }))
  }

  it.live("of another program with all of it in a log that has lost its index keeps its content", () =>
    Effect.gen(function*() {
      const { filename } = yield* place
      inProcess(
        filename,
        `db.exec("PRAGMA journal_mode = wal; CREATE TABLE other(a); INSERT INTO other VALUES(7)"); die()`
      )
      rmSync(`${filename}-shm`)
      assert.strictEqual((yield* refused(filename)).reason._tag, "Corrupt")
      const other = new DatabaseSync(filename)
      const tables = other.prepare("SELECT name FROM sqlite_schema").all().map((row) => row["name"])
      assert.deepStrictEqual([tables, other.prepare("SELECT a FROM other").get()?.["a"]], [["other"], 7])
      other.close()
    }))
})

const missing: ReadonlyArray<readonly [name: string, path: ReadonlyArray<string>]> = [
  ["a file that is not there", ["sessions.db"]],
  ["a folder that is not there", ["no", "such", "folder", "sessions.db"]]
]

describe("a store that has to exist", () => {
  it.live.each(missing)("is not made: %s", ([, names]) =>
    Effect.gen(function*() {
      const { folder } = yield* place
      const error = yield* refused(join(folder, ...names), "mustExist")
      assert.deepStrictEqual([error.reason._tag, error.outcome], ["DirectoryUnreadable", "notApplied"])
      assert.deepStrictEqual(readdirSync(folder), [])
    }))

  it.live("is not made of an empty file", () =>
    Effect.gen(function*() {
      const { filename, folder } = yield* place
      writeFileSync(filename, "")
      assert.strictEqual((yield* refused(filename, "mustExist")).reason._tag, "DirectoryUnreadable")
      assert.deepStrictEqual(readdirSync(folder), ["sessions.db"])
    }))

  it.live("opens when it does", () =>
    Effect.gen(function*() {
      const { filename } = yield* place
      yield* aStore(filename)
      const adapter = yield* open({ filename, mustExist: true })
      assert.isTrue(Option.isSome(yield* stateOf(adapter, "a")))
    }))
})

describe("a place where no store can be", () => {
  it.live("is refused by its own reason, and soon", () =>
    Effect.gen(function*() {
      const { folder } = yield* place
      const file = join(folder, "file")
      writeFileSync(file, "")
      const places: ReadonlyArray<readonly [filename: string, tag: Reason["_tag"]]> = [
        [join(file, "sessions.db"), "DirectoryUnreadable"],
        [join(file, "below", "sessions.db"), "DirectoryUnreadable"],
        [join(folder, "x".repeat(300)), "NameTooLong"],
        [join(folder, "x".repeat(300), "sessions.db"), "NameTooLong"],
        ["", "Unsupported"],
        [":memory:", "Unsupported"]
      ]
      for (const [filename, tag] of places) {
        const answer = yield* Effect.timeout(refusalOf(Effect.scoped(open({ filename }))), "5 seconds")
        assert.deepStrictEqual(answer, [tag, "notApplied"], filename)
      }
      assert.deepStrictEqual(readdirSync(folder), ["file"])
    }))

  it.live("may be found with whole folders to make, each for the user alone", () =>
    Effect.gen(function*() {
      const { folder } = yield* place
      const filename = join(folder, "a", "b", "c", "sessions.db")
      yield* visit({ filename }, (adapter) => save(adapter, "a", 1))
      assert.deepStrictEqual(readdirSync(dirname(filename)).toSorted(), ["sessions.db", "sessions.db-lock"])
    }))

  it.live("is begun anew where the lock of a lost store was removed with it", () =>
    Effect.gen(function*() {
      const { filename, folder } = yield* place
      yield* aStore(filename)
      for (const name of readdirSync(folder)) rmSync(join(folder, name))
      yield* visit({ filename }, (adapter) => save(adapter, "a", 1))
    }))

  it.live("is begun anew where an earlier beginning was cut off: an empty lock, an empty database", () =>
    Effect.gen(function*() {
      const { filename } = yield* place
      writeFileSync(`${filename}-lock`, "")
      writeFileSync(filename, "")
      yield* visit({ filename }, (adapter) => save(adapter, "a", 1))
    }))
})

describe("a store whose writer was killed", () => {
  // https://sqlite.org/fileformat2.html#walformat: a header of 32 bytes, then frames of 24 and a page.
  it.live("opens at once, however much of its log was written", () =>
    Effect.gen(function*() {
      const { filename } = yield* place
      yield* aStore(filename)
      inProcess(filename, `db.exec("UPDATE sessions SET seq = seq"); die()`)
      const log = readFileSync(`${filename}-wal`)
      for (const length of [0, 1, 31, 32, 33, 56, 57, 32 + 24 + 4096, log.length - 1, log.length]) {
        for (const index of [Buffer.alloc(32768), Buffer.alloc(3), Buffer.alloc(0), undefined]) {
          writeFileSync(`${filename}-wal`, log.subarray(0, length))
          if (index === undefined) rmSync(`${filename}-shm`, { force: true })
          else writeFileSync(`${filename}-shm`, index)
          const states = yield* visit({ filename, busyTimeout: 0 }, (adapter) =>
            Effect.forEach(["a", "b", "c"], (id) => stateOf(adapter, id))).pipe(Effect.timeout("2 seconds"))
          assert.deepStrictEqual(
            states,
            Array.from({ length: 3 }, () =>
              Option.some("x".repeat(3000)))
          )
        }
      }
    }))
})
