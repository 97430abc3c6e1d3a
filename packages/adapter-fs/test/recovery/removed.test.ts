/** What was removed stays removed, whatever of it turns up again. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import {
  append,
  commit,
  contentOf,
  faulty,
  listed,
  load,
  open,
  type OpenOptions,
  place,
  put,
  quickFolder,
  remove,
  sessionFiles,
  versionOf,
  visit
} from "../kit.ts"

const key = { namespace: ["acct"], id: "local_1" }

/** Puts files back that were there once. */
const putBack = (folder: string, files: Record<string, string>, pattern: RegExp) => {
  const names = Object.keys(files).filter((name) => pattern.test(name))
  for (const name of names) place(folder, name, Buffer.from(files[name]!, "latin1"))
  return names.length
}

/** A session that was saved a few times and removed, with all its files from before. */
const removedSession = Effect.fnUntraced(function*(options: OpenOptions) {
  const folder = yield* quickFolder
  const before = yield* visit(folder, (adapter) =>
    Effect.gen(function*() {
      yield* commit(adapter, put(key, 1))
      yield* commit(adapter, put(key, 2), append(key, ["a", "b"]))
      yield* commit(adapter, append(key, ["c"]))
      const files = sessionFiles(folder)
      yield* commit(adapter, remove(key))
      return files
    }), options)
  return { folder, before }
})

for (const protocol of ["rename", "slots"] as const) {
  const options: OpenOptions = { commit: protocol }

  describe(`a session that was removed with ${protocol}`, () => {
    it.live("leaves its tombstone and nothing of its content", () =>
      Effect.gen(function*() {
        const { folder } = yield* removedSession(options)
        const files = sessionFiles(folder)
        const names = protocol === "rename" ? ["acct/local_1.json"] : ["acct/local_1.alt.json", "acct/local_1.json"]
        assert.deepStrictEqual(Object.keys(files), ["acct/", ...names])
        for (const name of names) assert.include(files[name], "\"removed\":true")
      }))

    it.live("does not come back with its other slot", () =>
      Effect.gen(function*() {
        const { before, folder } = yield* removedSession(options)
        // As when clearing up after the removal failed, or when a power cut undid it.
        const other = Object.entries(before).filter(([name]) => /local_1\.(alt\.)?json$/.test(name))
        for (const [name, bytes] of other.filter(([name]) => protocol === "slots" || name.includes("alt"))) {
          const current = fs.readFileSync(path.join(folder, name))
          place(folder, name, Buffer.from(bytes, "latin1"))
          yield* visit(folder, (adapter) =>
            Effect.gen(function*() {
              assert.deepStrictEqual(yield* contentOf(adapter, key), Option.none())
              assert.deepStrictEqual(yield* listed(adapter), [])
            }), options)
          place(folder, name, current)
        }
      }))

    it.live("does not come back with its log, nor does a later life get its entries", () =>
      Effect.gen(function*() {
        const { before, folder } = yield* removedSession(options)
        assert.strictEqual(putBack(folder, before, /entries/), 1)
        yield* visit(folder, (adapter) =>
          Effect.gen(function*() {
            assert.deepStrictEqual(yield* contentOf(adapter, key), Option.none())
            yield* commit(adapter, put(key, "again"))
            assert.deepStrictEqual(yield* contentOf(adapter, key), Option.some({ state: "again", entries: [] }))
            yield* commit(adapter, append(key, ["x"]))
          }), options)
        const content = yield* visit(folder, (adapter) => contentOf(adapter, key), options)
        assert.deepStrictEqual(content, Option.some({ state: "again", entries: ["x"] }))
      }))

    it.live("goes on with higher versions and another incarnation when it is made again", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const first = yield* visit(folder, (adapter) =>
          Effect.andThen(commit(adapter, put(key, 1)), load(adapter, key)), options)
        const removal = yield* visit(folder, (adapter) =>
          commit(adapter, remove(key)), options)
        const second = yield* visit(folder, (adapter) =>
          Effect.andThen(commit(adapter, put(key, 2)), load(adapter, key)), options)
        assert.isAbove(versionOf(removal), first.head.version)
        assert.isAbove(second.head.version, versionOf(removal))
        assert.notStrictEqual(second.head.incarnation, first.head.incarnation)
      }))

    it.live("stays removed when clearing up fails", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const rules: Array<Parameters<typeof faulty>[0][number]> = []
        yield* Effect.scoped(Effect.gen(function*() {
          const adapter = yield* open(folder, { ...options, fileSystem: faulty(rules) })
          yield* commit(adapter, put(key, 1), append(key, ["a"]))
          rules.push({ operation: "remove", code: "EACCES" })
          // The second truncation is that of the slot that the tombstone did not take.
          rules.push({ operation: "truncate", code: "EACCES", calls: (call) => call > 1 })
          yield* commit(adapter, remove(key))
          assert.deepStrictEqual(yield* contentOf(adapter, key), Option.none())
        }))
        yield* visit(folder, (adapter) =>
          Effect.gen(function*() {
            assert.deepStrictEqual(yield* contentOf(adapter, key), Option.none())
            yield* commit(adapter, put(key, 2), append(key, ["b"]))
          }), options)
        const content = yield* visit(folder, (adapter) => contentOf(adapter, key), options)
        assert.deepStrictEqual(content, Option.some({ state: 2, entries: ["b"] }))
      }))

    it.live("is not removed again by a removal of what is absent", () =>
      Effect.gen(function*() {
        const { folder } = yield* removedSession(options)
        const before = sessionFiles(folder)
        yield* visit(folder, (adapter) => commit(adapter, remove(key)), options)
        assert.deepStrictEqual(sessionFiles(folder), before)
      }))
  })
}
