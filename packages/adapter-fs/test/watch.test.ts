/** A watcher sees what another process writes, and nothing that was there before. */
import { assert, describe, it } from "@effect/vitest"
import { type Change, makeKey } from "@holdfast/core"
import { Effect, Stream } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { openElsewhere } from "./conformance/elsewhere.ts"
import { append, commit, open, put, quickFolder, remove, versionOf } from "./kit.ts"

const key = makeKey("local_1", ["acct"])
const other = makeKey("local_2")

const tagAndVersion = (change: Change): ReadonlyArray<unknown> =>
  change._tag === "Missed" ? [change._tag] : [change._tag, change.key.id, change.version]

const boardOf = (folder: string) => path.join(folder, ".holdfast", "changes.jsonl")

const stores = Effect.gen(function*() {
  const folder = yield* quickFolder
  const here = yield* open(folder)
  const { adapter: there } = yield* openElsewhere({ directory: folder })
  return { folder, here, there }
})

describe("a watch of a store that another process writes to", () => {
  it.live("sees a save, an append and a removal with the versions of their receipts", () =>
    Effect.gen(function*() {
      const { here, there } = yield* stores
      yield* commit(there, put(other, "before"))
      const stream = yield* here.changes
      const seen: Array<Change> = []
      yield* Effect.forkChild(Stream.runForEach(stream, (each) => Effect.sync(() => seen.push(each))), {
        startImmediately: true
      })
      const versions: Array<number> = []
      for (const operation of [put(key, 1), append(key, ["a"]), remove(key)]) {
        versions.push(versionOf(yield* commit(there, operation)))
        // Changes that follow each other within a look are told as one.
        while (seen.length < versions.length) yield* Effect.sleep(10)
      }
      assert.deepStrictEqual(seen.map(tagAndVersion), [
        ["Changed", "local_1", versions[0]],
        ["Changed", "local_1", versions[1]],
        ["Removed", "local_1", versions[2]]
      ])
    }))

  it.live("sees the last of many changes, and its own process's writes once", () =>
    Effect.gen(function*() {
      const { here, there } = yield* stores
      const stream = yield* here.changes
      let last = 0
      for (let n = 0; n < 20; n++) last = versionOf(yield* commit(there, put(key, n)))
      const own = versionOf(yield* commit(here, put(other, "own")))
      const seen = yield* Stream.runCollect(
        Stream.take(
          Stream.filter(stream, (each) => each._tag !== "Missed" && (each.version === last || each.version === own)),
          2
        )
      )
      assert.deepStrictEqual(
        new Set(seen.map(tagAndVersion).map(String)),
        new Set([
          `Changed,local_1,${last}`,
          `Changed,local_2,${own}`
        ])
      )
      const rest = yield* Effect.timeoutOption(Stream.runHead(stream), 300)
      assert.strictEqual(rest._tag, "None")
    }))

  it.live("sees each write of another adapter of its own process once", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const here = yield* open(folder)
      const beside = yield* open(folder)
      const stream = yield* here.changes
      const seen: Array<Change> = []
      yield* Effect.forkChild(Stream.runForEach(stream, (each) => Effect.sync(() => seen.push(each))), {
        startImmediately: true
      })
      const version = versionOf(yield* commit(beside, put(key, 1)))
      yield* Effect.sleep(400)
      assert.deepStrictEqual(seen.map(tagAndVersion), [["Changed", "local_1", version]])
    }))

  it.live("says that it has missed something when the board was begun anew", () =>
    Effect.gen(function*() {
      const { folder, here, there } = yield* stores
      const stream = yield* here.changes
      fs.truncateSync(boardOf(folder), 0)
      yield* commit(there, put(key, 1))
      const [first] = yield* Stream.runCollect(Stream.take(stream, 1))
      assert.strictEqual(first?._tag, "Missed")
    }))
})

describe("a store that nobody watches", () => {
  it.live("writes no notices", () =>
    Effect.gen(function*() {
      const { folder, here, there } = yield* stores
      yield* commit(there, put(key, 1))
      yield* commit(here, put(key, 2))
      assert.isFalse(fs.existsSync(boardOf(folder)))
    }))

  it.live("is watched for its own writes only where it is its process's alone", () =>
    Effect.gen(function*() {
      const adapter = yield* open(yield* quickFolder, { compareAndSet: "process" })
      assert.deepStrictEqual([adapter.capability.compareAndSet, adapter.capability.watch], ["process", "process"])
      const stream = yield* adapter.changes
      const version = versionOf(yield* commit(adapter, put(key, 1)))
      const [first] = yield* Stream.runCollect(Stream.take(stream, 1))
      assert.deepStrictEqual(tagAndVersion(first!), ["Changed", "local_1", version])
    }))
})
