/** Where a store is made, when it is refused, and what a running one says whose folder is gone. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { readOnlyRoot } from "../src/testing/FaultyFileSystem.ts"
import {
  append,
  commit,
  contentOf,
  entriesOf,
  failureOf,
  faulty,
  findings,
  isLockDatabase,
  list,
  listed,
  open,
  put,
  quickFolder,
  recorded,
  remove,
  tempFolder,
  treeOf,
  visit
} from "./kit.ts"

const key = { namespace: ["acct", "org"], id: "local_1" }
const other = { namespace: ["elsewhere"], id: "local_2" }

const modeOf = (file: string) => (fs.statSync(file).mode & 0o777).toString(8)

/** Every call on a store, and whether it is one that writes. */
const calls = (adapter: Parameters<typeof list>[0]) => ({
  load: adapter.load(key),
  head: adapter.head(other),
  entries: entriesOf(adapter, key),
  list: list(adapter),
  listBelow: list(adapter, { namespace: ["acct"] }),
  save: commit(adapter, put(key, 2)),
  append: commit(adapter, append(key, ["x"])),
  create: commit(adapter, put(other, 1, { expect: "absent" })),
  remove: commit(adapter, remove(key)),
  recover: findings(adapter, "apply")
})

const refusesAll = Effect.fnUntraced(function*(adapter: Parameters<typeof list>[0]) {
  for (const [name, call] of Object.entries(calls(adapter))) {
    assert.deepStrictEqual(yield* failureOf(call), ["DirectoryUnreadable", "notApplied"], name)
  }
})

describe("opening a store", () => {
  it.live("makes its folder with the folders above it, and is empty", () =>
    Effect.gen(function*() {
      const folder = path.join(yield* tempFolder, "a", "b", "sessions")
      assert.deepStrictEqual(yield* visit(folder, (adapter) => listed(adapter)), [])
      assert.deepStrictEqual(Object.keys(treeOf(folder)), [".holdfast/", ".holdfast/store.json"])
    }))

  it.live("makes files and folders for their owner only", () =>
    Effect.gen(function*() {
      const folder = path.join(yield* tempFolder, "sessions")
      for (const protocol of ["rename", "slots"] as const) {
        yield* visit(folder, (adapter) =>
          Effect.gen(function*() {
            const session = { namespace: ["acct", "org"], id: protocol }
            yield* commit(adapter, put(session, 1), append(session, ["a"]))
            yield* commit(adapter, put(session, 2))
          }), { commit: protocol })
      }
      fs.writeFileSync(path.join(folder, "acct/org/torn.json.0123456789abcdef0123.tmp"), "torn")
      yield* visit(folder, () => Effect.void)
      assert.strictEqual(modeOf(folder), "700")
      for (const name of Object.keys(treeOf(folder))) {
        assert.strictEqual(modeOf(path.join(folder, name)), name.endsWith("/") ? "700" : "600", name)
      }
    }))

  it.live("leaves no probe behind and keeps the marker that is there", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visit(folder, () => Effect.void)
      const before = treeOf(folder)
      yield* visit(folder, () => Effect.void)
      assert.deepStrictEqual(treeOf(folder), before)
    }))

  for (
    const [what, content] of [["is missing", undefined], ["is cut off", ""], [
      "is cut off after a few bytes",
      "{\"hold"
    ]] as const
  ) {
    it.live(`makes a marker where the store's own folder is there and its marker ${what}`, () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        fs.mkdirSync(path.join(folder, ".holdfast"))
        const marker = path.join(folder, ".holdfast", "store.json")
        if (content !== undefined) fs.writeFileSync(marker, content)
        const adapter = yield* open(folder)
        assert.match(fs.readFileSync(marker, "utf8"), /^\{"holdfast":1,"storeId":"[0-9a-f]{20}"\}\n$/)
        fs.rmSync(marker)
        assert.deepStrictEqual(yield* failureOf(list(adapter)), ["DirectoryUnreadable", "notApplied"])
      }))
  }

  it.live("is one store by whichever path it is reached", () =>
    Effect.gen(function*() {
      const parent = yield* quickFolder
      const folder = path.join(parent, "sessions")
      const direct = yield* open(folder)
      fs.symlinkSync(folder, path.join(parent, "link"))
      const linked = yield* open(path.join(parent, "link"))
      yield* commit(direct, put(key, 0))
      const appends = Array.from({ length: 20 }, (_, index) =>
        commit(index % 2 === 0 ? direct : linked, append(key, [index])))
      yield* Effect.all(appends, { concurrency: "unbounded" })
      assert.strictEqual((yield* entriesOf(direct, key)).length, 20)
      assert.deepStrictEqual(yield* entriesOf(linked, key), yield* entriesOf(direct, key))
    }))

  it.live("never opens a lock database by path, which would drop this process's locks", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const { calls, fileSystem } = recorded()
      const adapter = yield* open(folder, { fileSystem })
      yield* commit(adapter, put(key, 1))
      yield* list(adapter)
      yield* findings(adapter, "apply")
      yield* adapter.probe
      assert.isTrue(fs.readdirSync(path.join(folder, ".holdfast")).some(isLockDatabase))
      assert.deepStrictEqual(calls.filter((call) => isLockDatabase(call.path)), [])
    }))

  it.live("is refused when the folder must exist and does not, and makes nothing", () =>
    Effect.gen(function*() {
      const parent = yield* quickFolder
      const failure = yield* failureOf(visit(path.join(parent, "sessions"), () => Effect.void, { mustExist: true }))
      assert.deepStrictEqual(failure, ["DirectoryUnreadable", "notApplied"])
      assert.deepStrictEqual(treeOf(parent), {})
    }))

  it.live("goes through when the folder must exist and does", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visit(folder, (adapter) => commit(adapter, put(key, 1)))
      const content = yield* visit(folder, (adapter) => contentOf(adapter, key), { mustExist: true })
      assert.deepStrictEqual(content, Option.some({ state: 1, entries: [] }))
    }))

  for (const below of ["", "/sub", "/sub/deeper"]) {
    for (const mustExist of [true, false]) {
      it.live(`is refused when ${below === "" ? "the folder" : "a folder above"} is a file, which stays as it is: file${below}, mustExist ${mustExist}`, () =>
        Effect.gen(function*() {
          const parent = yield* quickFolder
          fs.writeFileSync(path.join(parent, "file"), "mine")
          const failure = yield* failureOf(
            visit(`${path.join(parent, "file")}${below}`, () => Effect.void, { mustExist })
          )
          assert.deepStrictEqual(failure, ["DirectoryUnreadable", "notApplied"])
          assert.deepStrictEqual(treeOf(parent), { file: "mine" })
        }))
    }
  }

  it.live("goes through where nothing can be written: what is there is read, and a save says why it fails", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visit(folder, (adapter) => commit(adapter, put(key, 1)))
      const before = treeOf(folder)
      yield* visit(folder, (adapter) =>
        Effect.gen(function*() {
          assert.deepStrictEqual(yield* listed(adapter), ["local_1"])
          assert.deepStrictEqual(yield* contentOf(adapter, key), Option.some({ state: 1, entries: [] }))
          for (const operations of [[put(key, 2)], [append(key, ["a"])], [remove(key)], [put(other, 1)]]) {
            assert.deepStrictEqual(yield* failureOf(commit(adapter, ...operations)), ["ReadOnly", "notApplied"])
          }
        }), { fileSystem: faulty(readOnlyRoot) })
      assert.deepStrictEqual(treeOf(folder), before)
    }))
})

describe("a running store", () => {
  const opened = Effect.gen(function*() {
    const parent = yield* quickFolder
    const folder = path.join(parent, "sessions")
    const adapter = yield* open(folder)
    yield* commit(adapter, put(key, 1), append(key, ["a"]))
    return { parent, folder, adapter }
  })

  it.live("says that its folder cannot be read when it has vanished, and makes nothing again", () =>
    Effect.gen(function*() {
      const { adapter, folder, parent } = yield* opened
      fs.renameSync(folder, path.join(parent, "away"))
      yield* refusesAll(adapter)
      assert.deepStrictEqual(fs.readdirSync(parent), ["away"])
      fs.renameSync(path.join(parent, "away"), folder)
      assert.deepStrictEqual(yield* contentOf(adapter, key), Option.some({ state: 1, entries: ["a"] }))
      yield* commit(adapter, put(key, 2))
    }))

  it.live("says that its folder cannot be read when an empty one is in its place, as after an unmount", () =>
    Effect.gen(function*() {
      const { adapter, folder, parent } = yield* opened
      fs.renameSync(folder, path.join(parent, "away"))
      fs.mkdirSync(folder)
      yield* refusesAll(adapter)
      assert.deepStrictEqual(treeOf(folder), {})
    }))

  it.live("says that its folder cannot be read when its marker is gone", () =>
    Effect.gen(function*() {
      const { adapter, folder } = yield* opened
      fs.rmSync(path.join(folder, ".holdfast/store.json"))
      const before = treeOf(folder)
      assert.deepStrictEqual(yield* failureOf(list(adapter)), ["DirectoryUnreadable", "notApplied"])
      assert.deepStrictEqual(yield* failureOf(adapter.load(other)), ["DirectoryUnreadable", "notApplied"])
      assert.deepStrictEqual(yield* failureOf(commit(adapter, put(other, 1))), ["DirectoryUnreadable", "notApplied"])
      assert.deepStrictEqual(treeOf(folder), before)
    }))

  it.live("says that its folder cannot be read when another store is in its place", () =>
    Effect.gen(function*() {
      const { adapter, folder, parent } = yield* opened
      const another = path.join(parent, "another")
      yield* visit(another, (made) => commit(made, put(other, "another's")))
      fs.renameSync(folder, path.join(parent, "away"))
      fs.renameSync(another, folder)
      const before = treeOf(folder)
      for (
        const [name, call] of Object.entries(calls(adapter)).filter(([name]) => name !== "head" && name !== "create")
      ) {
        assert.deepStrictEqual(yield* failureOf(call), ["DirectoryUnreadable", "notApplied"], name)
      }
      assert.deepStrictEqual(treeOf(folder), before)
    }))

  it.live("makes a namespace's folder again that somebody removed, as long as its own folder stands", () =>
    Effect.gen(function*() {
      const { adapter, folder } = yield* opened
      fs.rmSync(path.join(folder, "acct"), { recursive: true })
      assert.deepStrictEqual(yield* listed(adapter), [])
      // The first save learns that the folder is gone.
      yield* Effect.exit(commit(adapter, put(key, 2)))
      yield* commit(adapter, put(key, 3))
      assert.deepStrictEqual(yield* contentOf(adapter, key), Option.some({ state: 3, entries: [] }))
    }))
})
