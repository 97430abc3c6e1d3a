/** What another process, or a clock, has done meanwhile is built upon, and not written over. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { TestClock } from "effect/testing"
import * as fs from "node:fs"
import * as path from "node:path"
import type { FaultRule } from "../../src/testing/FaultyFileSystem.ts"
import { openElsewhere } from "../conformance/elsewhere.ts"
import {
  append,
  change,
  commit,
  contentOf,
  entriesOf,
  failureOf,
  faulty,
  load,
  open,
  put,
  quickFolder,
  versionOf,
  visit
} from "../kit.ts"

const key = { namespace: ["acct"], id: "local_1" }

describe("an append whose sync failed", () => {
  it.live("is gone on from by the process that failed once another one has made it durable", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const rules: Array<FaultRule> = []
      const here = yield* open(folder, { fileSystem: faulty(rules) })
      yield* commit(here, put(key, 0), append(key, ["a"]))
      rules.push({ operation: "sync", path: /entries/, code: "EIO", calls: (call) => call === 1 })
      assert.deepStrictEqual(yield* failureOf(commit(here, append(key, ["failed"]))), ["Io", "unknown"])
      const { adapter: there } = yield* openElsewhere({ directory: folder })
      const theirs = versionOf(yield* commit(there, append(key, ["theirs"])))
      assert.deepStrictEqual(yield* entriesOf(here, key), ["a", "failed", "theirs"])
      assert.isAbove(versionOf(yield* commit(here, append(key, ["ours"]))), theirs)
      assert.deepStrictEqual(yield* entriesOf(here, key), ["a", "failed", "theirs", "ours"])
      assert.deepStrictEqual(yield* entriesOf(there, key), ["a", "failed", "theirs", "ours"])
    }))
})

describe("a session whose files were deleted by hand", () => {
  it.effect("is made again with a later version, also when the clock was fast before", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* TestClock.setTime(Date.UTC(2040, 0, 1))
      const first = versionOf(yield* visit(folder, (adapter) => commit(adapter, put(key, 1))))
      fs.rmSync(path.join(folder, "acct", "local_1.json"))
      yield* TestClock.setTime(Date.UTC(2030, 0, 1))
      yield* visit(folder, (adapter) =>
        Effect.gen(function*() {
          assert.isTrue(Option.isNone(yield* contentOf(adapter, key)))
          assert.isAbove(versionOf(yield* commit(adapter, put(key, 2))), first)
          assert.strictEqual((yield* load(adapter, key)).body, "2")
        }))
    }))
})

describe("a write that is sent again", () => {
  it.live("does not make an older version pass for the newest when that is damaged later", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const second = change(put(key, "two"))
      yield* visit(folder, (adapter) =>
        Effect.gen(function*() {
          yield* commit(adapter, put(key, "one"))
          yield* adapter.commit(second)
          yield* commit(adapter, put(key, "three"))
          yield* adapter.commit({ ...second, attempt: 2 })
        }), { commit: "slots" })
      const names = ["local_1.json", "local_1.alt.json"].map((name) => path.join(folder, "acct", name))
      const newest = names.find((name) => fs.readFileSync(name, "utf8").includes("three"))!
      fs.truncateSync(newest, 300)
      const failure = yield* visit(folder, (adapter) => failureOf(adapter.load(key)))
      assert.deepStrictEqual(failure, ["Corrupt", "notApplied"])
    }))
})
