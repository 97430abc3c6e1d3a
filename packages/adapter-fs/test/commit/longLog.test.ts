/** What a session of a hundred thousand entries costs: its end is read, and an append is one write. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Option, Stream } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { encodeLine } from "../../src/layout/entryLine.ts"
import { parseDocument } from "../../src/layout/envelope.ts"
import type { FileCall } from "../../src/testing/intercept.ts"
import { type Adapter, append, change, commit, load, open, put, quickFolder, recorded, visit } from "../kit.ts"

const key = { namespace: [], id: "local_1" }
const log = "local_1.entries.jsonl"
const count = 100_000

/** A session with as many entries, each of a write of its own, which the head has not settled. */
const longLog = Effect.gen(function*() {
  const folder = yield* quickFolder
  yield* visit(folder, (adapter) => commit(adapter, put(key, { title: "long" })))
  const head = parseDocument(fs.readFileSync(path.join(folder, "local_1.json")))
  assert(head._tag === "Document")
  const { incarnation, version } = head.document
  const lineOf = (index: number) =>
    encodeLine({
      index,
      at: 1_700_000_000_000 + index,
      version: version + 1 + index as typeof version,
      writeId: `w${index}`,
      place: [1, 1],
      schemaVersion: 1,
      incarnation,
      commitId: Option.none(),
      entry: JSON.stringify({ role: "user", text: `entry ${index}` })
    })
  fs.writeFileSync(path.join(folder, log), Array.from({ length: count }, (_, index) => lineOf(index)).join(""))
  return folder
})

/** A file system that counts the bytes that are read of logs. */
const countingReads = (below: FileSystem.FileSystem) => {
  const read = { bytes: 0 }
  const fileSystem: FileSystem.FileSystem = {
    ...below,
    open: (file, options) =>
      Effect.map(below.open(file, options), (opened) =>
        file.endsWith(log)
          ? {
            ...opened,
            [FileSystem.FileTypeId]: FileSystem.FileTypeId,
            stat: opened.stat,
            sync: opened.sync,
            readAlloc: (size, place) =>
              Effect.tap(opened.readAlloc(size, place), (chunk) =>
                Effect.sync(() => {
                  read.bytes += Option.match(chunk, { onNone: () => 0, onSome: (bytes) => bytes.length })
                }))
          }
          : opened)
  }
  return { read, fileSystem }
}

const tally = (calls: ReadonlyArray<FileCall>) => ({
  opens: calls.filter(({ flag, operation }) => operation === "open" && flag !== "r").length,
  writes: calls.filter(({ operation }) => operation === "write").length,
  syncs: calls.filter(({ operation }) => operation === "sync").length
})

const lastIndices = (adapter: Adapter, last: number) =>
  Effect.map(Stream.runCollect(adapter.entries(key, { last })), (rows) => rows.map(({ index }) => index))

describe("a session of a hundred thousand entries", () => {
  it.live("is read and written at its end only, in a process that has not seen it before", () =>
    Effect.gen(function*() {
      const folder = yield* longLog
      const { calls, fileSystem: recording } = recorded()
      const { fileSystem, read } = countingReads(recording)
      const adapter = yield* open(folder, { fileSystem, commit: "rename" })

      assert.deepStrictEqual(yield* lastIndices(adapter, 50), Array.from({ length: 50 }, (_, at) => count - 50 + at))
      assert.isAtMost(read.bytes, 128 * 1024)
      assert.strictEqual((yield* load(adapter, key)).head.entryCount, count)
      assert.isAtMost(read.bytes, 300 * 1024)

      read.bytes = 0
      const first = yield* commit(adapter, append(key, ["a"]))
      assert.strictEqual(first.keys[0]?.entryCount, count + 1)
      assert.isAtMost(read.bytes, 600 * 1024)
      const written = calls.flatMap(({ bytes = 0, operation, path: file }) =>
        operation === "write" && file.endsWith(log) ? [bytes] : []
      )
      assert.isAtMost(written.reduce((sum, bytes) => sum + bytes, 0), 4096)

      for (const entry of ["b", "c", "d"]) {
        calls.length = 0
        read.bytes = 0
        yield* commit(adapter, append(key, [entry]))
        assert.deepStrictEqual(tally(calls), { opens: 1, writes: 1, syncs: 1 })
        assert.strictEqual(read.bytes, 0)
      }
      assert.deepStrictEqual(yield* lastIndices(adapter, 2), [count + 2, count + 3])
    }))

  it.live("recognises the last thousand writes when they are sent again", () =>
    Effect.gen(function*() {
      const folder = yield* longLog
      const adapter = yield* open(folder)
      for (const back of [1, 500, 1024]) {
        const again = { ...change(append(key, ["again"])), writeId: `w${count - back}`, attempt: 2 }
        const receipt = yield* adapter.commit(again)
        assert.strictEqual(receipt.keys[0]?.entryCount, count - back + 1)
      }
      assert.strictEqual((yield* load(adapter, key)).head.entryCount, count)
    }))
})
