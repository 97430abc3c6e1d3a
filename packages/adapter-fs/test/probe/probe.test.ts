/** The probe finds out by trying, and what it found is what receipts promise. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { factNames } from "../../src/probe/facts.ts"
import { CurrentSurroundings } from "../../src/probe/surroundings.ts"
import { type FaultRule, msix, readOnlyRoot, unreadableDirectories } from "../../src/testing/FaultyFileSystem.ts"
import { append, commit, faulty, open, type OpenOptions, put, quickFolder, recorded, sessionFiles } from "../kit.ts"
import { aroundOf } from "./facts.ts"

const key = { namespace: ["acct"], id: "local_1" }

/** What the probe of an open store reports, each check in short; advice by its code. */
const probed = Effect.fnUntraced(function*(rules: ReadonlyArray<FaultRule>) {
  const folder = yield* quickFolder
  const adapter = yield* open(folder, { fileSystem: faulty(rules) })
  const { checks, location } = yield* adapter.probe
  assert.strictEqual(location, folder)
  for (const check of checks) assert.strictEqual(check.place, folder)
  const differing = checks.filter(({ name, outcome }) =>
    outcome !== "works" || !factNames.some((fact) => fact === name)
  )
  assert.deepStrictEqual(checks.slice(0, factNames.length).map(({ name }) => name), [...factNames])
  return differing.map(({ detail, name, outcome }) =>
    name.startsWith("advice.") ? `${name} ${outcome}` : `${name} ${outcome}${detail === "" ? "" : ` ${detail}`}`
  )
}, Effect.provideService(CurrentSurroundings, aroundOf({ platform: "linux" })))

const around = ["platform notTried linux", "container notTried none"]
const renaming = "ladder works rename, then slots: files can be renamed here"
const flushed = "durability works flushed"
const probeFiles = /-probe-/
const ofFiles = ["overwrite", "append", "realPath", "rename", "renameOver", "keepIdentity", "link"]
const unmade = (...names: ReadonlyArray<string>) => names.map((name) => `${name} notTried no file can be written`)

describe("a probe", () => {
  const rows: ReadonlyArray<readonly [what: string, rules: ReadonlyArray<FaultRule>, expected: ReadonlyArray<string>]> =
    [
      ["a good disk", [], [...around, renaming, flushed]],
      ["a place that refuses renames", msix, [
        "rename fails EXDEV",
        "renameOver fails EXDEV",
        "keepIdentity notTried nothing could be renamed",
        "link fails EXDEV",
        ...around,
        "ladder works slots: files cannot be renamed here",
        flushed,
        "advice.renameRefused works",
        "advice.linkRefused works"
      ]],
      ["a place that refuses the first rename alone", [{ operation: "rename", code: "EPERM", path: /\.b$/ }], [
        "rename fails EPERM",
        "keepIdentity notTried nothing could be renamed",
        ...around,
        "ladder works slots: files cannot be renamed here",
        flushed,
        "advice.renameRefused works"
      ]],
      ["a place that refuses to rename over a file", [{ operation: "rename", code: "EEXIST", path: /\.d$/ }], [
        "renameOver fails EEXIST",
        ...around,
        "ladder works slots: files cannot be renamed here",
        flushed,
        "advice.renameRefused works"
      ]],
      ["a place without links", [{ operation: "link", code: "ENOTSUP" }], [
        "link fails ENOTSUP",
        ...around,
        renaming,
        flushed,
        "advice.linkRefused works"
      ]],
      ["a place that cannot be listed", unreadableDirectories, [
        "list fails UNKNOWN",
        "listNew notTried the folder cannot be listed",
        ...around,
        renaming,
        flushed,
        "advice.listRefused fails"
      ]],
      ["a read-only place", readOnlyRoot, [
        "create fails EROFS",
        ...unmade("write", "syncFile", ...ofFiles, "listNew"),
        ...around,
        "ladder works rename, then slots: renaming could not be tried",
        flushed,
        "advice.readOnly fails"
      ]],
      ["a place where names are taken by nothing", [
        { operation: "open", flags: ["wx"], code: "EEXIST", path: probeFiles }
      ], [
        "create fails EEXIST",
        ...unmade("write", "syncFile", ...ofFiles, "listNew"),
        ...around,
        "ladder works slots: existing files can be overwritten but none created",
        flushed,
        "advice.createContradicted fails"
      ]],
      ["a full disk", [{ operation: "write", code: "ENOSPC", path: probeFiles }], [
        "write fails ENOSPC",
        ...unmade("syncFile", ...ofFiles, "listNew"),
        ...around,
        "ladder works rename, then slots: renaming could not be tried",
        flushed,
        "advice.diskFull fails"
      ]],
      ["a place that flushes no file", [{ operation: "sync", code: "EINVAL", path: probeFiles }], [
        "syncFile fails EINVAL",
        ...around,
        renaming,
        flushed,
        "advice.fileSyncRefused fails"
      ]],
      ["a place that flushes no folder", [{ operation: "sync", code: "EINVAL", path: /holdfast-\w+$/ }], [
        "syncFolder fails EINVAL",
        ...around,
        renaming,
        "durability works buffered",
        "advice.folderSyncUnsupported works"
      ]],
      ["a place where nothing is overwritten", [
        { operation: "open", flags: ["r+"], code: "EPERM", path: probeFiles }
      ], [
        "overwrite fails EPERM",
        "append notTried the file cannot be written in place",
        ...around,
        "ladder works rename: files cannot be overwritten in place here",
        flushed,
        "advice.overwriteRefused fails"
      ]],
      ["a place where nothing is appended", [
        { operation: "write", code: "EPERM", path: probeFiles, calls: (call) => call % 3 === 0 }
      ], [
        "append fails EPERM",
        ...around,
        renaming,
        flushed,
        "advice.appendRefused fails"
      ]],
      ["a place that tells no real path", [{ operation: "realPath", code: "EACCES", path: probeFiles }], [
        "realPath fails EACCES",
        ...around,
        renaming,
        flushed
      ]]
    ]
  for (const [what, rules, expected] of rows) {
    it.live(`reports ${what}`, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* probed(rules), expected)
      }))
  }

  it.live("tells the folder that a file in it really has", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      fs.mkdirSync(path.join(folder, "real"))
      fs.symlinkSync(path.join(folder, "real"), path.join(folder, "link"))
      const adapter = yield* open(path.join(folder, "link"))
      const { checks } = yield* adapter.probe
      assert.strictEqual(checks.find(({ name }) => name === "realPath")?.detail, path.join(folder, "real"))
    }))
})

describe("a place whose folders cannot be synced", () => {
  // Windows refuses to open a folder for this, some network and FUSE mounts refuse the sync.
  const places: ReadonlyArray<readonly [rule: FaultRule, options: OpenOptions]> = [
    [{ operation: "open", flags: ["r"], path: /holdfast-\w+$|acct$/, code: "EPERM" }, { platform: "win32" }],
    [{ operation: "sync", path: /holdfast-\w+$|acct$/, code: "EINVAL" }, { platform: "linux" }]
  ]
  for (const [rule, options] of places) {
    for (const protocol of ["rename", "slots"] as const) {
      it.live(`promises no more than buffered, and syncs each file through its name: ${rule.code}, with ${protocol}`, () =>
        Effect.gen(function*() {
          const folder = yield* quickFolder
          const { calls, fileSystem } = recorded()
          const adapter = yield* open(folder, { ...options, commit: protocol, fileSystem: faulty([rule], fileSystem) })
          assert.strictEqual(adapter.capability.durability, "buffered")
          calls.length = 0
          for (const operations of [[put(key, 1)], [put(key, 2), append(key, ["a"])], [append(key, ["b"])]]) {
            assert.strictEqual((yield* commit(adapter, ...operations)).durability, "buffered")
          }
          const main = calls.filter((call) => call.path === path.join(folder, "acct", "local_1.json")).map((
            { operation }
          ) => operation)
          assert.isAbove(main.lastIndexOf("sync"), main.lastIndexOf("write"))
          assert.isNotEmpty(Object.keys(sessionFiles(folder)))
        }))
    }
  }
})
