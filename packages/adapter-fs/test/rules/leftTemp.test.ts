/** A save that failed and could not clear up after itself is not applied over what was acknowledged, by anybody later. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import type { FaultRule } from "../../src/testing/FaultyFileSystem.ts"
import {
  append,
  change,
  commit,
  contentOf,
  failureOf,
  faulty,
  findings,
  loseCatalog,
  open,
  openClosable,
  put,
  quickFolder,
  remove,
  sessionFiles,
  visit
} from "../kit.ts"

const key = { namespace: ["acct"], id: "local_1" }
const options = { commit: "rename" } as const
const present = (state: unknown, ...entries: ReadonlyArray<unknown>) => Option.some({ state, entries })

const stuck: ReadonlyArray<FaultRule> = [
  { operation: "rename", path: /local_1/, code: "EIO" },
  { operation: "remove", path: /\.tmp$/, code: "EIO" }
]

const temps = (folder: string) => Object.keys(sessionFiles(folder)).filter((name) => /^acct\/.*\.tmp$/.test(name))

/** A session, and the temp file of a save over it that failed. */
const failedSave = Effect.gen(function*() {
  const folder = yield* quickFolder
  const rules: Array<FaultRule> = []
  const { adapter, close } = yield* openClosable(folder, { ...options, fileSystem: faulty(rules) })
  yield* commit(adapter, put(key, "acknowledged"), append(key, ["a"]))
  rules.push(...stuck)
  const sent = change(put(key, "failed"))
  assert.deepStrictEqual(yield* failureOf(adapter.commit(sent)), ["Io", "unknown"])
  rules.length = 0
  assert.strictEqual(temps(folder).length, 1)
  return { folder, adapter, close, sent }
})

describe("a failed save whose temp file stays", () => {
  it.live("is not applied when the store is opened again, and its temp file goes", () =>
    Effect.gen(function*() {
      const { close, folder } = yield* failedSave
      yield* close
      loseCatalog(folder)
      for (let life = 0; life < 2; life++) {
        const content = yield* visit(folder, (adapter) => contentOf(adapter, key), options)
        assert.deepStrictEqual(content, present("acknowledged", "a"))
      }
      assert.deepStrictEqual(temps(folder), [])
    }))

  it.live("is not applied over what was saved after it, by a recovery of the same process or a later one", () =>
    Effect.gen(function*() {
      const { adapter, close, folder } = yield* failedSave
      yield* commit(adapter, put(key, "after"))
      yield* findings(adapter, "apply")
      assert.deepStrictEqual(yield* contentOf(adapter, key), present("after", "a"))
      yield* close
      const content = yield* visit(folder, (later) => contentOf(later, key), options)
      assert.deepStrictEqual(content, present("after", "a"))
    }))

  it.live("is not applied over a removal that came after it", () =>
    Effect.gen(function*() {
      const { adapter, close, folder } = yield* failedSave
      yield* commit(adapter, remove(key))
      yield* close
      assert.deepStrictEqual(yield* visit(folder, (later) => contentOf(later, key), options), Option.none())
    }))

  it.live("is applied once when it is sent again", () =>
    Effect.gen(function*() {
      const { adapter, close, folder, sent } = yield* failedSave
      yield* adapter.commit({ ...sent, attempt: 2 })
      yield* commit(adapter, append(key, ["b"]))
      yield* close
      const content = yield* visit(folder, (later) => contentOf(later, key), options)
      assert.deepStrictEqual(content, present("failed", "a", "b"))
    }))

  it.live("is left alone while a store without locks between processes has it open", () =>
    Effect.gen(function*() {
      const { close, folder } = yield* failedSave
      const alone = yield* open(folder, { ...options, compareAndSet: "process" })
      yield* close
      const before = sessionFiles(folder)
      const content = yield* visit(folder, (later) => contentOf(later, key), options)
      assert.deepStrictEqual(content, present("acknowledged", "a"))
      assert.deepStrictEqual(sessionFiles(folder), before)
      assert.deepStrictEqual(yield* contentOf(alone, key), present("acknowledged", "a"))
    }))
})
