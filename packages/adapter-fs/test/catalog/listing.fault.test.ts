/** A listing names every session, or says what could not be read. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type FileSystem, Option } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { type FaultRule, unreadableDirectories } from "../../src/testing/FaultyFileSystem.ts"
import {
  commit,
  failureOf,
  faulty,
  list,
  listed,
  open,
  place,
  put,
  quickFolder,
  realFileSystem,
  recorded,
  remove,
  visit
} from "../kit.ts"

const inRoot = { namespace: [], id: "in_root" }
const inAccount = { namespace: ["acct"], id: "in_account" }
const inOrg = { namespace: ["acct", "org"], id: "in_org" }
const ids = ["in_account", "in_org", "in_root"]

/** A store with a session at each depth, and without a catalog. */
const filled = Effect.gen(function*() {
  const folder = yield* quickFolder
  yield* visit(
    folder,
    (adapter) => Effect.forEach([inRoot, inAccount, inOrg], (key) => commit(adapter, put(key, key.id)))
  )
  fs.rmSync(path.join(folder, ".holdfast", "catalog"), { recursive: true })
  return folder
})

/** What a listing shows, by id or by the reason and place of what could not be read, on a file system that fails by rules. */
const listedBy = (folder: string, rules: ReadonlyArray<FaultRule>, namespace: ReadonlyArray<string> = []) =>
  visit(folder, (adapter) => listed(adapter, { namespace }), { fileSystem: faulty(rules) })

/** The folder fails so many times after the first, which is that of the recovery on open. */
const failingFor = (times: number): ReadonlyArray<FaultRule> => [
  { operation: "readDirectory", path: /org$/, code: "UNKNOWN", calls: (call) => call > 1 && call <= 1 + times }
]

/** A file system whose listings leave names out, as tmpfs does while names are renamed over. */
const missing = (names: ReadonlySet<string>): FileSystem.FileSystem => ({
  ...realFileSystem,
  readDirectory: (folder) =>
    Effect.map(realFileSystem.readDirectory(folder), (found) => found.filter((name) => !names.has(name)))
})

describe("a folder that cannot be read and has no catalog", () => {
  for (const code of ["EACCES", "EIO", "UNKNOWN", "ENOTDIR", "EMFILE", "Unknown system error -116"]) {
    it.live(`is a row beside the sessions of the other folders: ${code}`, () =>
      Effect.gen(function*() {
        const folder = yield* filled
        const tag = code === "EMFILE" ? "TooManyOpenFiles" : "DirectoryUnreadable"
        const rows = yield* listedBy(folder, [{ operation: "readDirectory", path: /org$/, code }])
        assert.deepStrictEqual(rows, [`${tag} org`, "in_account", "in_root"])
      }))

    it.live(`fails the listing of its own namespace: ${code}`, () =>
      Effect.gen(function*() {
        const folder = yield* filled
        const tag = code === "EMFILE" ? "TooManyOpenFiles" : "DirectoryUnreadable"
        const rules: ReadonlyArray<FaultRule> = [{ operation: "readDirectory", path: /org$/, code }]
        assert.deepStrictEqual(yield* failureOf(listedBy(folder, rules, ["acct", "org"])), [tag, "notApplied"])
      }))
  }

  it.live("fails the listing when it is the root, and the store opens all the same", () =>
    Effect.gen(function*() {
      const folder = yield* filled
      assert.deepStrictEqual(yield* failureOf(listedBy(folder, unreadableDirectories)), [
        "DirectoryUnreadable",
        "notApplied"
      ])
      const state = yield* visit(folder, (adapter) => adapter.load(inOrg), {
        fileSystem: faulty(unreadableDirectories)
      })
      assert.isTrue(Option.isSome(state))
    }))

  it.live("is a row when it cannot even be told for a folder", () =>
    Effect.gen(function*() {
      const folder = yield* filled
      for (const code of ["EIO", "EACCES", "UNKNOWN"]) {
        fs.rmSync(path.join(folder, ".holdfast", "catalog"), { recursive: true, force: true })
        const rows = yield* listedBy(folder, [{ operation: "stat", path: /acct$/, code }])
        assert.deepStrictEqual(rows, ["DirectoryUnreadable acct", "in_root"])
      }
    }))

  it.live("is a row when it may hold what another program calls by the namespace's own name", () =>
    Effect.gen(function*() {
      const folder = yield* filled
      place(folder, "Org/foreign.json.tmp", "{}")
      assert.deepStrictEqual(yield* listedBy(folder, [], ["Org"]), ["Corrupt foreign.json.tmp"])
      fs.rmSync(path.join(folder, ".holdfast", "catalog"), { recursive: true, force: true })
      const rules: ReadonlyArray<FaultRule> = [{
        operation: "readDirectory",
        path: new RegExp(`${path.basename(folder)}$`),
        code: "EIO"
      }]
      assert.deepStrictEqual(yield* listedBy(folder, rules, ["Org"]), ["DirectoryUnreadable Org"])
    }))

  it.live("is read again when it fails without saying why, three times in all", () =>
    Effect.gen(function*() {
      const folder = yield* filled
      assert.deepStrictEqual(yield* listedBy(folder, failingFor(2)), ids)
      fs.rmSync(path.join(folder, ".holdfast", "catalog"), { recursive: true })
      assert.deepStrictEqual(yield* listedBy(folder, failingFor(3)), [
        "DirectoryUnreadable org",
        "in_account",
        "in_root"
      ])
    }))
})

describe("a session that cannot be read", () => {
  for (const [code, tag] of [["EIO", "Io"], ["EACCES", "PermissionDenied"], ["UNKNOWN", "Unclassified"]] as const) {
    it.live(`is a row with its key and its place: ${code}`, () =>
      Effect.gen(function*() {
        const folder = yield* filled
        const rules: ReadonlyArray<FaultRule> = [{ operation: "open", flags: ["r"], path: /in_org/, code }]
        const rows = yield* visit(folder, (adapter) => list(adapter), { fileSystem: faulty(rules) })
        const [row] = rows.filter((each) => each._tag === "Unreadable")
        assert.deepStrictEqual(row?.key, Option.some(inOrg))
        assert.strictEqual(row?.place, path.join(folder, "acct", "org", "in_org.json"))
        assert.isTrue(row?.error._tag === "StorageError" && row.error.reason._tag === tag)
        assert.strictEqual(rows.length, 3)
      }))
  }

  it.live("is a row when its log cannot be read", () =>
    Effect.gen(function*() {
      const folder = yield* filled
      const rows = yield* listedBy(folder, [{ operation: "open", path: /in_org\.entries/, code: "EIO" }])
      assert.deepStrictEqual(rows, ["Io in_org.json", "in_account", "in_root"])
    }))
})

describe("a name that readdir misses", () => {
  it.live("is listed all the same when this process has published it", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const names = new Set<string>()
      const adapter = yield* open(folder, { fileSystem: missing(names) })
      yield* commit(adapter, put(inAccount, 1))
      names.add("in_account.json")
      assert.deepStrictEqual(yield* listed(adapter), ["in_account"])
    }))

  it.live("is not listed when the session was removed", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const adapter = yield* open(folder)
      yield* commit(adapter, put(inAccount, 1))
      yield* commit(adapter, remove(inAccount))
      assert.deepStrictEqual(yield* listed(adapter), [])
    }))
})

describe("a listing", () => {
  it.live("changes nothing on the disk", () =>
    Effect.gen(function*() {
      const folder = yield* filled
      const { calls, fileSystem } = recorded()
      const adapter = yield* open(folder, { fileSystem })
      calls.length = 0
      yield* list(adapter)
      const changing = calls.filter(({ flag, operation }) =>
        ["write", "rename", "remove", "truncate", "makeDirectory", "link", "sync"].includes(operation) ||
        (operation === "open" && flag !== "r")
      )
      assert.deepStrictEqual(changing, [])
    }))
})
