/** A slot whose sync failed is readable and maybe lost: whoever writes next makes it durable first. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import type { FaultRule } from "../../src/testing/FaultyFileSystem.ts"
import {
  change,
  commit,
  contentOf,
  failureOf,
  faulty,
  loseCatalog,
  open,
  openClosable,
  put,
  quickFolder,
  recorded,
  versionOf,
  visit
} from "../kit.ts"

const key = { namespace: ["acct"], id: "local_1" }
const options = { commit: "slots" } as const
const failingSync: FaultRule = {
  operation: "sync",
  path: /local_1\.(alt\.)?json$/,
  code: "EIO",
  calls: (call) => call === 1
}

const present = (state: unknown) => Option.some({ state, entries: [] })

/** A session of which this process has synced version 1 and failed to sync version 2. */
const unsynced = Effect.gen(function*() {
  const folder = yield* quickFolder
  const rules: Array<FaultRule> = []
  const { calls, fileSystem } = recorded()
  const { adapter, close } = yield* openClosable(folder, { ...options, fileSystem: faulty(rules, fileSystem) })
  const receipt = yield* commit(adapter, put(key, 1))
  rules.push(failingSync)
  const second = change(put(key, 2))
  const failure = yield* failureOf(adapter.commit(second))
  calls.length = 0
  const files = [path.join(folder, "acct/local_1.json"), path.join(folder, "acct/local_1.alt.json")] as const
  return { folder, adapter, close, calls, failure, files, second, version: versionOf(receipt) }
})

/** The writes and syncs of the two slots, in their order. */
const slotCalls = (calls: ReadonlyArray<{ readonly operation: string; readonly path: string }>) =>
  calls.filter(({ operation, path }) =>
    /local_1\.(alt\.)?json$/.test(path) && ["write", "sync", "truncate"].includes(operation)
  )
    .map(({ operation, path }) => `${operation} ${/\.alt\./.test(path) ? "alt" : "main"}`)

const rewrittenFirst = ["write alt", "sync alt", "truncate main", "write main", "sync main"]

describe("a slot whose sync fails", () => {
  it.live("has an unknown outcome and holds a whole version", () =>
    Effect.gen(function*() {
      const { adapter, failure } = yield* unsynced
      assert.deepStrictEqual(failure, ["Io", "unknown"])
      assert.deepStrictEqual(yield* contentOf(adapter, key), present(2))
    }))

  it.live("is written again and synced before the other slot is touched", () =>
    Effect.gen(function*() {
      const { adapter, calls } = yield* unsynced
      yield* commit(adapter, put(key, 3))
      assert.deepStrictEqual(slotCalls(calls), rewrittenFirst)
      assert.deepStrictEqual(yield* contentOf(adapter, key), present(3))
    }))

  it.live("is written again and synced first by a process that did not write it", () =>
    Effect.gen(function*() {
      const { close, folder } = yield* unsynced
      yield* close
      const { calls, fileSystem } = recorded()
      const adapter = yield* open(folder, { ...options, fileSystem })
      calls.length = 0
      yield* commit(adapter, put(key, 3))
      assert.deepStrictEqual(slotCalls(calls), rewrittenFirst)
    }))

  it.live("is written again and synced before its repeated write is acknowledged", () =>
    Effect.gen(function*() {
      const { adapter, calls, second, version } = yield* unsynced
      const receipt = yield* adapter.commit({ ...second, attempt: 2 })
      assert.strictEqual(versionOf(receipt), version + 1)
      assert.deepStrictEqual(slotCalls(calls), ["write alt", "sync alt"])
    }))

  it.live("leaves the acknowledged version readable when a power cut takes it", () =>
    Effect.gen(function*() {
      const { close, files, folder } = yield* unsynced
      yield* close
      loseCatalog(folder)
      const [, alt] = files
      const whole = fs.readFileSync(alt)
      for (const lost of [whole.subarray(0, 0), whole.subarray(0, 100), Buffer.alloc(whole.length)]) {
        fs.writeFileSync(alt, lost)
        loseCatalog(folder)
        assert.deepStrictEqual(yield* visit(folder, (adapter) => contentOf(adapter, key), options), present(1))
      }
    }))

  it.live("fails the next save, which changes nothing, when it cannot be synced again", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const rules: Array<FaultRule> = []
      const adapter = yield* open(folder, { ...options, fileSystem: faulty(rules) })
      yield* commit(adapter, put(key, 1))
      rules.push({ ...failingSync, calls: (call) => call <= 2 })
      yield* Effect.flip(commit(adapter, put(key, 2)))
      assert.deepStrictEqual(yield* failureOf(commit(adapter, put(key, 3))), ["Io", "notApplied"])
      assert.deepStrictEqual(yield* contentOf(adapter, key), present(2))
      yield* commit(adapter, put(key, 4))
      assert.deepStrictEqual(yield* contentOf(adapter, key), present(4))
    }))

  it.live("is not written again when this process has synced it", () =>
    Effect.gen(function*() {
      const { adapter, calls } = yield* unsynced
      yield* commit(adapter, put(key, 3))
      calls.length = 0
      yield* commit(adapter, put(key, 4))
      assert.deepStrictEqual(slotCalls(calls), ["truncate alt", "write alt", "sync alt"])
    }))
})
