/** The ladder goes back to renames when they work again, and names a folder that takes no new files. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { TestClock } from "effect/testing"
import type { FaultRule } from "../../src/testing/FaultyFileSystem.ts"
import { commit, contentOf, faulty, open, put, quickFolder, sessionFiles, visit } from "../kit.ts"

const key = { namespace: ["acct"], id: "local_1" }

describe("renames that work again", () => {
  it.effect("are used again after half a minute, and the second name goes", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const rules: Array<FaultRule> = [{ operation: "rename", code: "EXDEV" }]
      const adapter = yield* open(folder, { fileSystem: faulty(rules) })
      const protocols: Array<string> = []
      const save = (state: number) =>
        Effect.map(commit(adapter, put(key, state)), ({ protocol }) => void protocols.push(protocol))
      yield* save(1)
      rules.length = 0
      yield* TestClock.adjust("29 seconds")
      yield* save(2)
      yield* TestClock.adjust("2 seconds")
      yield* save(3)
      yield* save(4)
      assert.deepStrictEqual(protocols, ["slots", "slots", "rename", "rename"])
      assert.deepStrictEqual(Object.keys(sessionFiles(folder)), ["acct/", "acct/local_1.json"])
      assert.deepStrictEqual(
        yield* visit(folder, (reopened) => contentOf(reopened, key)),
        Option.some({ state: 4, entries: [] })
      )
    }))

  it.effect("are asked about with files of our own while they do not work, and nothing of these stays", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const adapter = yield* open(folder, { fileSystem: faulty([{ operation: "rename", code: "EXDEV" }]) })
      for (const state of [1, 2, 3]) {
        const receipt = yield* commit(adapter, put(key, state))
        assert.deepStrictEqual([receipt.protocol, receipt.attempts], ["slots", 1])
        yield* TestClock.adjust("31 seconds")
      }
      assert.deepStrictEqual(Object.keys(sessionFiles(folder)), [
        "acct/",
        "acct/local_1.alt.json",
        "acct/local_1.json"
      ])
    }))
})

/** Every exclusive create answers that the name is taken, as in a redirected folder; probes go through. */
const takesNoNewFiles: FaultRule = { operation: "open", flags: ["wx"], path: /local_/, code: "EEXIST" }

describe("a folder in which files can be overwritten and none created", () => {
  it.live("goes on saving a session that has both names", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visit(folder, (adapter) => commit(adapter, put(key, 1)), { commit: "slots" })
      const receipt = yield* visit(folder, (adapter) => commit(adapter, put(key, 2)), {
        fileSystem: faulty([takesNoNewFiles])
      })
      assert.strictEqual(receipt.protocol, "slots")
      const [reason] = receipt.failures.map((failure) => failure.reason)
      assert.isTrue(reason?._tag === "Virtualized" && /takes no new files/.test(reason.message))
      assert.deepStrictEqual(
        yield* visit(folder, (adapter) => contentOf(adapter, key)),
        Option.some({ state: 2, entries: [] })
      )
    }))

  for (const saved of [false, true]) {
    it.live(`is named, and nothing is changed, where a session has ${saved ? "one name" : "none"}`, () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        if (saved) yield* visit(folder, (adapter) => commit(adapter, put(key, 1)), { commit: "rename" })
        const before = sessionFiles(folder)
        const error = yield* visit(folder, (adapter) => Effect.flip(commit(adapter, put(key, 2))), {
          fileSystem: faulty([takesNoNewFiles])
        })
        assert.deepStrictEqual([error.reason._tag, error.outcome], ["Virtualized", "notApplied"])
        const { "acct/": _, ...left } = sessionFiles(folder)
        const { "acct/": __, ...were } = before
        assert.deepStrictEqual(left, were)
      }))
  }
})
