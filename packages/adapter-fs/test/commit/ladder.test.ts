/** The commit ladder: what is tried, in which order, what a receipt says of it, and what is remembered. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { antivirus, type FaultRule, fullDisk, msix } from "../../src/testing/FaultyFileSystem.ts"
import {
  append,
  commit,
  contentOf,
  failureOf,
  faulty,
  listed,
  open,
  put,
  quickFolder,
  recorded,
  remove,
  sessionFiles,
  versionOf,
  visit
} from "../kit.ts"

const key = { namespace: ["acct"], id: "local_1" }
const other = { namespace: ["acct"], id: "local_2" }
const slots = ["acct/local_1.alt.json", "acct/local_1.json"]

const headFiles = (folder: string) =>
  Object.keys(sessionFiles(folder)).filter((name) => /local_1\.(alt\.)?json/.test(name))

/** The opening probe renames twice; what comes after is the sessions'. */
const onSessions = (code: string): FaultRule => ({ operation: "rename", path: /local_/, code })

describe("where renames are refused", () => {
  it.live("sessions are kept in slots from the first save on, as the probe has found out", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const { calls, fileSystem } = recorded()
      const adapter = yield* open(folder, { fileSystem: faulty(msix, fileSystem) })
      calls.length = 0
      const receipt = yield* commit(adapter, put(key, 1))
      assert.deepStrictEqual([receipt.protocol, receipt.attempts, receipt.durability, receipt.failures], [
        "slots",
        1,
        "flushed",
        []
      ])
      assert.deepStrictEqual(headFiles(folder), slots)
      assert.isFalse(calls.some((call) => call.path.endsWith(".tmp")))
    }))

  for (const code of ["EXDEV", "EPERM", "EACCES", "EBUSY", "EINVAL", "UNKNOWN"]) {
    it.live(`a save goes on with slots, its receipt says why, and the folder remembers: ${code}`, () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const adapter = yield* open(folder, { fileSystem: faulty([onSessions(code)]) })
        const first = yield* commit(adapter, put(key, 1))
        assert.deepStrictEqual([first.protocol, first.attempts, first.failures.map((failure) => failure.outcome)], [
          "slots",
          2,
          ["notApplied"]
        ])
        const second = yield* commit(adapter, put(key, 2), append(key, ["a"]))
        assert.deepStrictEqual([second.protocol, second.attempts, second.failures], ["slots", 1, []])
        const third = yield* commit(adapter, append(key, ["b"]))
        assert.strictEqual(third.protocol, "slots")
        assert.deepStrictEqual(headFiles(folder), slots)
        assert.deepStrictEqual(yield* contentOf(adapter, key), Option.some({ state: 2, entries: ["a", "b"] }))
        assert.isAbove(versionOf(second), versionOf(first))
      }))
  }

  for (
    const [code, tag] of [["ENOSPC", "NoSpace"], ["EIO", "Io"], ["EROFS", "ReadOnly"], [
      "EMFILE",
      "TooManyOpenFiles"
    ]] as const
  ) {
    it.live(`a save does not go on with slots where they would be refused as well: ${code}`, () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const adapter = yield* open(folder, { fileSystem: faulty([onSessions(code)]) })
        assert.deepStrictEqual(yield* failureOf(commit(adapter, put(key, 1))), [tag, "notApplied"])
        assert.deepStrictEqual(headFiles(folder), [])
      }))
  }

  it.live("a store that was told to rename says so and changes nothing", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const adapter = yield* open(folder, { commit: "rename", fileSystem: faulty(msix) })
      assert.deepStrictEqual(yield* failureOf(commit(adapter, put(key, 1))), ["CrossDevice", "notApplied"])
      assert.deepStrictEqual(headFiles(folder), [])
    }))

  it.live("sessions that were renamed before are read, saved and removed", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visit(folder, (adapter) =>
        Effect.all([commit(adapter, put(key, 1), append(key, ["a"])), commit(adapter, put(other, 1))]))
      yield* visit(folder, (adapter) =>
        Effect.gen(function*() {
          yield* commit(adapter, put(key, 2))
          yield* commit(adapter, put(key, 3), append(key, ["b"]))
          assert.deepStrictEqual(yield* contentOf(adapter, key), Option.some({ state: 3, entries: ["a", "b"] }))
          yield* commit(adapter, remove(other))
          assert.deepStrictEqual(yield* listed(adapter), ["local_1"])
        }), { fileSystem: faulty(msix) })
      yield* visit(folder, (adapter) =>
        Effect.gen(function*() {
          assert.deepStrictEqual(yield* listed(adapter), ["local_1"])
          yield* commit(adapter, put(key, 4))
          assert.deepStrictEqual(yield* contentOf(adapter, key), Option.some({ state: 4, entries: ["a", "b"] }))
        }))
      assert.deepStrictEqual(headFiles(folder), ["acct/local_1.json"])
    }))

  it.live("existing sessions are saved where the folder takes no new file", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visit(folder, (adapter) => Effect.all([commit(adapter, put(key, 1)), commit(adapter, put(key, 2))]), {
        commit: "slots"
      })
      const noNew: FaultRule = { operation: "open", flags: ["wx"], code: "EEXIST" }
      const receipt = yield* visit(folder, (adapter) => commit(adapter, put(key, 3)), { fileSystem: faulty([noNew]) })
      assert.deepStrictEqual(receipt.protocol, "slots")
      assert.deepStrictEqual(
        yield* visit(folder, (adapter) => contentOf(adapter, key)),
        Option.some({ state: 3, entries: [] })
      )
    }))
})

describe("where a virus scanner holds files", () => {
  it.live("a save goes through on Windows after the scanner has let go, without another protocol", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const adapter = yield* open(folder, {
        platform: "win32",
        fileSystem: faulty([{ operation: "rename", path: /local_/, code: "EPERM", calls: (call) => call <= 2 }])
      })
      const receipt = yield* commit(adapter, put(key, 1))
      assert.deepStrictEqual([receipt.protocol, receipt.attempts], ["rename", 1])
      assert.deepStrictEqual(headFiles(folder), ["acct/local_1.json"])
    }))

  it.live("a save goes through in slots when it never lets go", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const receipt = yield* visit(folder, (adapter) => commit(adapter, put(key, 1)), {
        fileSystem: faulty(antivirus(Infinity))
      })
      assert.strictEqual(receipt.protocol, "slots")
    }))
})

describe("where the disk is full", () => {
  for (const protocol of ["rename", "slots", "auto"] as const) {
    for (const bytesBefore of [0, 1, 500]) {
      it.live(`the version before stays, whole, after ${bytesBefore} bytes, with ${protocol}`, () =>
        Effect.gen(function*() {
          const folder = yield* quickFolder
          const rules: Array<FaultRule> = []
          const adapter = yield* open(folder, { commit: protocol, fileSystem: faulty(rules) })
          yield* commit(adapter, put(key, "old"), append(key, ["a"]))
          rules.push(...fullDisk(bytesBefore))
          for (
            const operations of [[put(key, "x".repeat(2000))], [append(key, ["y".repeat(2000)])], [
              put(key, 1),
              append(key, [1])
            ], [remove(key)]]
          ) {
            assert.deepStrictEqual(yield* failureOf(commit(adapter, ...operations)), ["NoSpace", "notApplied"])
            assert.deepStrictEqual(yield* contentOf(adapter, key), Option.some({ state: "old", entries: ["a"] }))
          }
          rules.length = 0
          yield* commit(adapter, put(key, "new"), append(key, ["b"]))
          assert.deepStrictEqual(yield* contentOf(adapter, key), Option.some({ state: "new", entries: ["a", "b"] }))
          assert.deepStrictEqual(Object.keys(sessionFiles(folder)).filter((name) => name.endsWith(".tmp")), [])
        }))
    }
  }
})
