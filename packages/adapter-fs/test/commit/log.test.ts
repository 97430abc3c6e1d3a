/** Logs as crashes leave them. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import {
  append,
  change,
  commit,
  contentOf,
  failureOf,
  faulty,
  loseCatalog,
  lostFound,
  open,
  openClosable,
  type OpenOptions,
  put,
  quickFolder,
  sessionFiles,
  visit
} from "../kit.ts"

const key = { namespace: ["acct"], id: "local_1" }
const log = "acct/local_1.entries.jsonl"

const fileIn = (folder: string, name = log) => path.join(folder, name)
const bytesIn = (folder: string, name = log) => fs.readFileSync(fileIn(folder, name))
const present = (state: unknown, ...entries: ReadonlyArray<unknown>) => Option.some({ state, entries })

const contentIn = (folder: string, options: OpenOptions) => visit(folder, (adapter) => contentOf(adapter, key), options)

for (const protocol of ["rename", "slots"] as const) {
  const options: OpenOptions = { commit: protocol }

  describe(`an append that is torn, with ${protocol}`, () => {
    /** The bytes of an append of three lines, after a session with one entry. */
    const torn = Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visit(folder, (adapter) => commit(adapter, put(key, 0), append(key, ["a"])), options)
      const before = bytesIn(folder)
      const batch = change(append(key, ["b", "c", "d"]))
      yield* visit(folder, (adapter) => adapter.commit(batch), options)
      const after = bytesIn(folder)
      // Whoever was killed in the midst of a write had not written down that it was done.
      const leave = (bytes: Buffer) => {
        fs.writeFileSync(fileIn(folder), bytes)
        loseCatalog(folder)
      }
      const cutAt = (length: number) => leave(after.subarray(0, length))
      const secondEnd = after.indexOf("\n", after.indexOf("\n", before.length) + 1) + 1
      return { folder, before, after, batch, cutAt, leave, secondEnd }
    })

    it.live("counts for nothing after two of three lines", () =>
      Effect.gen(function*() {
        const { cutAt, folder, secondEnd } = yield* torn
        cutAt(secondEnd)
        assert.deepStrictEqual(yield* contentIn(folder, options), present(0, "a"))
      }))

    it.live("counts for nothing wherever it is cut, and the next append follows what counts", () =>
      Effect.gen(function*() {
        const { after, before, cutAt, folder, secondEnd } = yield* torn
        for (
          const length of [before.length, before.length + 1, secondEnd - 1, secondEnd, secondEnd + 20, after.length - 2]
        ) {
          cutAt(length)
          assert.deepStrictEqual(yield* contentIn(folder, options), present(0, "a"), `cut at ${length}`)
          yield* visit(folder, (adapter) => commit(adapter, append(key, ["x"])), options)
          assert.deepStrictEqual(yield* contentIn(folder, options), present(0, "a", "x"), `cut at ${length}`)
        }
      }))

    it.live("counts when it lacks no more than its last line end, and the next append gives it one", () =>
      Effect.gen(function*() {
        const { after, before, cutAt, folder } = yield* torn
        cutAt(after.length - 1)
        assert.deepStrictEqual(yield* contentIn(folder, options), present(0, "a", "b", "c", "d"))
        yield* visit(folder, (adapter) => commit(adapter, append(key, ["x"])), options)
        assert.deepStrictEqual(yield* contentIn(folder, options), present(0, "a", "b", "c", "d", "x"))
        assert.isTrue(bytesIn(folder).subarray(0, after.length).equals(after))
        assert.isAbove(after.length, before.length)
      }))

    it.live("is recognised when it is sent again and lacked no more than its last line end", () =>
      Effect.gen(function*() {
        const { after, batch, cutAt, folder } = yield* torn
        cutAt(after.length - 1)
        yield* visit(folder, (adapter) => adapter.commit({ ...batch, attempt: 2 }), options)
        assert.deepStrictEqual(yield* contentIn(folder, options), present(0, "a", "b", "c", "d"))
        assert.isTrue(bytesIn(folder).equals(after))
      }))

    it.live("counts for nothing when the file is filled up with NULs", () =>
      Effect.gen(function*() {
        const { after, before, folder, leave } = yield* torn
        leave(Buffer.concat([after.subarray(0, before.length + 30), Buffer.alloc(200)]))
        assert.deepStrictEqual(yield* contentIn(folder, options), present(0, "a"))
        yield* visit(folder, (adapter) => commit(adapter, append(key, ["x"])), options)
        assert.deepStrictEqual(yield* contentIn(folder, options), present(0, "a", "x"))
        assert.deepStrictEqual(lostFound(folder), [])
      }))

    it.live("is applied when it is sent again, and not taken for applied", () =>
      Effect.gen(function*() {
        const { batch, cutAt, folder, secondEnd } = yield* torn
        cutAt(secondEnd)
        yield* visit(folder, (adapter) => adapter.commit({ ...batch, attempt: 2 }), options)
        assert.deepStrictEqual(yield* contentIn(folder, options), present(0, "a", "b", "c", "d"))
        yield* visit(folder, (adapter) => adapter.commit({ ...batch, attempt: 3 }), options)
        assert.deepStrictEqual(yield* contentIn(folder, options), present(0, "a", "b", "c", "d"))
      }))
  })

  describe(`lines that wait for a head, with ${protocol}`, () => {
    /** A save of state and entries whose head is not published. */
    const failedSave = Effect.gen(function*() {
      const folder = yield* quickFolder
      const rules: Array<Parameters<typeof faulty>[0][number]> = []
      const { adapter, close } = yield* openClosable(folder, { ...options, fileSystem: faulty(rules) })
      yield* commit(adapter, put(key, 0), append(key, ["a"]))
      rules.push({ operation: "write", path: /local_1\.(alt\.)?json/, code: "ENOSPC", calls: (call) => call === 1 })
      const batch = change(put(key, 1), append(key, ["dead"]))
      const failure = yield* failureOf(adapter.commit(batch))
      assert.deepStrictEqual(failure, ["NoSpace", "notApplied"])
      assert.include(bytesIn(folder).toString(), "\"dead\"")
      return { folder, adapter, batch, close }
    })

    it.live("do not come alive on an unrelated save, in this process or a later one", () =>
      Effect.gen(function*() {
        const { adapter, close, folder } = yield* failedSave
        assert.deepStrictEqual(yield* contentOf(adapter, key), present(0, "a"))
        yield* commit(adapter, put(key, 2))
        assert.deepStrictEqual(yield* contentOf(adapter, key), present(2, "a"))
        yield* close
        assert.deepStrictEqual(yield* contentIn(folder, options), present(2, "a"))
      }))

    it.live("do not come alive on a save of a process that has never seen them", () =>
      Effect.gen(function*() {
        const { close, folder } = yield* failedSave
        yield* close
        yield* visit(folder, (adapter) => commit(adapter, put(key, 2), append(key, ["b"])), options)
        assert.deepStrictEqual(yield* contentIn(folder, options), present(2, "a", "b"))
        yield* visit(folder, (adapter) => commit(adapter, append(key, ["c"])), options)
        assert.deepStrictEqual(yield* contentIn(folder, options), present(2, "a", "b", "c"))
      }))

    it.live("are applied once when their save is sent again", () =>
      Effect.gen(function*() {
        const { adapter, batch, close, folder } = yield* failedSave
        yield* adapter.commit({ ...batch, attempt: 2 })
        assert.deepStrictEqual(yield* contentOf(adapter, key), present(1, "a", "dead"))
        yield* close
        yield* visit(folder, (later) => later.commit({ ...batch, attempt: 3 }), options)
        assert.deepStrictEqual(yield* contentIn(folder, options), present(1, "a", "dead"))
      }))

    it.live("leave no litter behind, however often it happens", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const rules: Array<Parameters<typeof faulty>[0][number]> = []
        const adapter = yield* open(folder, { ...options, fileSystem: faulty(rules) })
        yield* commit(adapter, put(key, 0))
        yield* commit(adapter, put(key, 1), append(key, ["a"]))
        rules.push({ operation: "write", path: /local_1\.(alt\.)?json/, code: "ENOSPC" })
        const before = Object.keys(sessionFiles(folder))
        for (let round = 0; round < 5; round++) {
          yield* Effect.exit(commit(adapter, put(key, round), append(key, [round])))
        }
        assert.deepStrictEqual(Object.keys(sessionFiles(folder)), before)
        assert.isAtMost(bytesIn(folder).toString().split("\n").length, 3)
      }))
  })
}
