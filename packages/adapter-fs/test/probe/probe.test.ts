/** The probe finds out by trying, and what it found is what receipts promise. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as path from "node:path"
import { type FaultRule, msix, readOnlyRoot, unreadableDirectories } from "../../src/testing/FaultyFileSystem.ts"
import { append, commit, faulty, open, type OpenOptions, put, quickFolder, recorded, sessionFiles } from "../kit.ts"

const key = { namespace: ["acct"], id: "local_1" }

/** What the probe of an open store reports, each check in short. */
const probed = Effect.fnUntraced(function*(rules: ReadonlyArray<FaultRule>) {
  const folder = yield* quickFolder
  const adapter = yield* open(folder, { fileSystem: faulty(rules) })
  const { checks, location } = yield* adapter.probe
  assert.strictEqual(location, folder)
  return checks.map(({ detail, name, outcome }) => `${name} ${outcome}${detail === "" ? "" : ` ${detail}`}`)
})

describe("a probe", () => {
  const rows: ReadonlyArray<readonly [what: string, rules: ReadonlyArray<FaultRule>, expected: ReadonlyArray<string>]> =
    [
      ["a good disk", [], ["write works", "rename works", "syncFolder works", "list works"]],
      ["a place that refuses renames", msix, ["write works", "rename fails EXDEV", "syncFolder works", "list works"]],
      ["a place that cannot be listed", unreadableDirectories, [
        "write works",
        "rename works",
        "syncFolder works",
        "list fails UNKNOWN"
      ]],
      ["a read-only place", readOnlyRoot, [
        "write fails EROFS",
        "rename notTried no file can be written",
        "syncFolder works",
        "list works"
      ]]
    ]
  for (const [what, rules, expected] of rows) {
    it.live(`reports ${what}`, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* probed(rules), expected)
      }))
  }
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
