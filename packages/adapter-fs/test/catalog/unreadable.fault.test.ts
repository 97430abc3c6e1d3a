/** What a catalog knows is listed while the folders cannot be read, and every such listing says that it is not complete. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { type FaultRule, msix, readOnlyRoot, unreadableDirectories } from "../../src/testing/FaultyFileSystem.ts"
import { openElsewhere } from "../conformance/elsewhere.ts"
import {
  append,
  change,
  commit,
  failureOf,
  faulty,
  list,
  listed,
  load,
  open,
  put,
  quickFolder,
  remove,
  visit
} from "../kit.ts"
import { catalogOf, openAged, shown, visitAged } from "./aged.ts"

const inRoot = { namespace: [], id: "in_root" }
const inAccount = { namespace: ["acct"], id: "in_account" }
const inOrg = { namespace: ["acct", "org"], id: "in_org" }
const escaped = { namespace: ["Acct"], id: "In Account" }
const keys = [inRoot, inAccount, inOrg, escaped]
const ids = ["In Account", "in_account", "in_org", "in_root"]

const blind = faulty(unreadableDirectories)

/** A store with a session at each depth, written by a process that has ended. */
const filled = Effect.gen(function*() {
  const folder = yield* quickFolder
  yield* visit(folder, (adapter) => Effect.forEach(keys, (key) => commit(adapter, put(key, key.id))))
  return folder
})

/** What is shown of the sessions, beside the folders that cannot be read. */
const sessionsIn = (rows: ReadonlyArray<string>): ReadonlyArray<string> =>
  rows.filter((row) => !row.startsWith("DirectoryUnreadable "))

const listedBlind = (folder: string, namespace: ReadonlyArray<string> = []) =>
  visit(folder, (adapter) => listed(adapter, { namespace }), { fileSystem: blind })

describe("a store whose folders cannot be read", () => {
  it.live("lists every session after a restart, with a row for each folder", () =>
    Effect.gen(function*() {
      const folder = yield* filled
      for (const restart of [1, 2]) {
        const rows = yield* listedBlind(folder)
        assert.deepStrictEqual(sessionsIn(rows), ids, `restart ${restart}`)
        assert.strictEqual(rows.length - ids.length, 4)
      }
    }))

  it.live("opens no session that has rested, and loads each by its key", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visitAged(folder, (adapter) => Effect.forEach(keys, (key) => commit(adapter, put(key, key.id))))
      const { fileSystem, opened } = shown(blind)
      const adapter = yield* openAged(folder, { fileSystem })
      assert.deepStrictEqual(sessionsIn(yield* listed(adapter)), ids)
      assert.deepStrictEqual(opened, [])
      for (const key of keys) assert.strictEqual((yield* load(adapter, key)).body, JSON.stringify(key.id))
    }))

  it.live("lists a namespace and what is below it", () =>
    Effect.gen(function*() {
      const folder = yield* filled
      assert.deepStrictEqual(sessionsIn(yield* listedBlind(folder, ["acct"])), ["in_account", "in_org"])
      assert.deepStrictEqual(sessionsIn(yield* listedBlind(folder, ["acct", "org"])), ["in_org"])
      assert.deepStrictEqual(yield* failureOf(listedBlind(folder, ["nobody"])), ["DirectoryUnreadable", "notApplied"])
    }))

  it.live("lists what was saved in slots where renames are refused, too", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const options = { fileSystem: faulty([...msix]) }
      yield* visit(folder, (adapter) => Effect.forEach(keys, (key) => commit(adapter, put(key, key.id))), options)
      const both = { fileSystem: faulty([...msix, ...unreadableDirectories]) }
      assert.deepStrictEqual(sessionsIn(yield* visit(folder, listed, both)), ids)
    }))

  it.live("shows sessions as they are, not as the catalog has them", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visitAged(folder, (adapter) => Effect.forEach(keys, (key) => commit(adapter, put(key, key.id))))
      const before = fs.readFileSync(catalogOf(folder, "acct"))
      yield* visitAged(folder, (adapter) => commit(adapter, append(inAccount, ["later"])))
      fs.writeFileSync(catalogOf(folder, "acct"), before)
      const rows = yield* visitAged(folder, (adapter) => list(adapter, { namespace: ["acct"] }), { fileSystem: blind })
      const counts = rows.flatMap((row) => row._tag === "StoredHead" ? [row.entryCount] : [])
      assert.deepStrictEqual(counts, [1, 0])
    }))

  it.live("does not list a session that was removed, and not one whose files are gone", () =>
    Effect.gen(function*() {
      const folder = yield* filled
      const before = fs.readFileSync(catalogOf(folder, "acct"))
      yield* visit(folder, (adapter) => commit(adapter, remove(inAccount)))
      fs.writeFileSync(catalogOf(folder, "acct"), before)
      fs.rmSync(path.join(folder, "in_root.json"))
      fs.rmSync(path.join(folder, "acct", "org"), { recursive: true })
      assert.deepStrictEqual(sessionsIn(yield* listedBlind(folder)), ["In Account"])
    }))

  it.live("lists what this process has saved since, before it is written down", () =>
    Effect.gen(function*() {
      const folder = yield* filled
      const adapter = yield* open(folder, { fileSystem: blind })
      yield* commit(adapter, put({ namespace: ["acct"], id: "later" }, 1))
      assert.include(yield* listed(adapter), "later")
    }))

  it.live("lists what another process has written down meanwhile", () =>
    Effect.gen(function*() {
      const folder = yield* filled
      const adapter = yield* open(folder, { fileSystem: blind })
      yield* listed(adapter)
      yield* Effect.scoped(Effect.flatMap(
        openElsewhere({ directory: folder }),
        (other) => other.adapter.commit(change(put({ namespace: ["acct"], id: "theirs" }, 1)))
      ))
      while (!fs.readFileSync(catalogOf(folder, "acct"), "utf8").includes("theirs")) yield* Effect.sleep("20 millis")
      assert.include(yield* listed(adapter), "theirs")
    }))

  it.live("fails where the catalog is lost", () =>
    Effect.gen(function*() {
      const folder = yield* filled
      fs.rmSync(path.join(folder, ".holdfast", "catalog"), { recursive: true })
      assert.deepStrictEqual(yield* failureOf(listedBlind(folder)), ["DirectoryUnreadable", "notApplied"])
    }))

  it.live("fails, and lists nothing, when it is gone or another store's", () =>
    Effect.gen(function*() {
      const folder = yield* filled
      const other = yield* filled
      const adapter = yield* open(folder, { fileSystem: blind })
      assert.deepStrictEqual(sessionsIn(yield* listed(adapter)), ids)
      const marker = path.join(folder, ".holdfast", "store.json")
      fs.copyFileSync(path.join(other, ".holdfast", "store.json"), marker)
      assert.deepStrictEqual(yield* failureOf(listed(adapter)), ["DirectoryUnreadable", "notApplied"])
      fs.renameSync(folder, `${folder}-away`)
      assert.deepStrictEqual(yield* failureOf(listed(adapter)), ["DirectoryUnreadable", "notApplied"])
      fs.renameSync(`${folder}-away`, folder)
    }))
})

describe("a folder of a store that cannot be read", () => {
  for (
    const [code, tag] of [["UNKNOWN", "DirectoryUnreadable"], ["EIO", "DirectoryUnreadable"], [
      "EMFILE",
      "TooManyOpenFiles"
    ]]
  ) {
    it.live(`is a row beside its sessions: ${code}`, () =>
      Effect.gen(function*() {
        const folder = yield* filled
        const rules: ReadonlyArray<FaultRule> = [{ operation: "readDirectory", path: /acct$/, code: code! }]
        const rows = yield* visit(folder, (adapter) => listed(adapter), { fileSystem: faulty(rules) })
        assert.deepStrictEqual(rows, [`${tag} acct`, ...ids])
      }))
  }

  it.live("is a row with the key of each session that cannot be read either", () =>
    Effect.gen(function*() {
      const folder = yield* filled
      const rules: ReadonlyArray<FaultRule> = [
        ...unreadableDirectories,
        { operation: "open", path: /in_org\.json/, code: "EACCES" }
      ]
      const rows = yield* visit(folder, (adapter) => list(adapter), { fileSystem: faulty(rules) })
      const known = rows.flatMap((row) => row._tag === "Unreadable" ? Option.toArray(row.key) : [])
      assert.deepStrictEqual(known, [inOrg])
    }))
})

describe("a store that cannot be written", () => {
  it.live("is listed, and nothing of its catalog is touched", () =>
    Effect.gen(function*() {
      const folder = yield* filled
      const before = fs.readFileSync(catalogOf(folder, "acct"))
      for (const rules of [readOnlyRoot, [...readOnlyRoot, ...unreadableDirectories]]) {
        const rows = yield* visit(folder, (adapter) => listed(adapter), { fileSystem: faulty(rules) })
        assert.deepStrictEqual(sessionsIn(rows), ids)
      }
      assert.deepStrictEqual(fs.readFileSync(catalogOf(folder, "acct")), before)
      fs.rmSync(path.join(folder, ".holdfast", "catalog"), { recursive: true })
      assert.deepStrictEqual(yield* visit(folder, listed, { fileSystem: faulty(readOnlyRoot) }), ids)
      assert.isFalse(fs.existsSync(path.join(folder, ".holdfast", "catalog")))
    }))
})
