/** Logs that something has damaged: what is whole is read, what is not is a row, and writing goes on. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import {
  append,
  commit,
  contentOf,
  entriesOf,
  failureOf,
  faulty,
  listed,
  load,
  loseCatalog,
  type OpenOptions,
  put,
  quickFolder,
  versionOf,
  visit
} from "../kit.ts"

const key = { namespace: ["acct"], id: "local_1" }
const log = "acct/local_1.entries.jsonl"

const fileIn = (folder: string, name = log) => path.join(folder, name)
const bytesIn = (folder: string, name = log) => fs.readFileSync(fileIn(folder, name))
const present = (state: unknown, ...entries: ReadonlyArray<unknown>) => Option.some({ state, entries })

const contentIn = (folder: string, options: OpenOptions) => visit(folder, (adapter) => contentOf(adapter, key), options)

/** Flips a bit of a line's content. */
const damageLine = (folder: string, number: number) => {
  const lines = bytesIn(folder).toString().split("\n")
  lines[number] = lines[number]!.replace("\"at\":1", "\"at\":0")
  fs.writeFileSync(fileIn(folder), lines.join("\n"))
}

for (const protocol of ["rename", "slots"] as const) {
  const options: OpenOptions = { commit: protocol }

  describe(`a damaged log, with ${protocol}`, () => {
    /** A session with four entries: the first two settled by a head, the others not. */
    const stored = Effect.gen(function*() {
      const folder = yield* quickFolder
      const receipt = yield* visit(folder, (adapter) =>
        Effect.gen(function*() {
          yield* commit(adapter, put(key, 0), append(key, ["a", "b"]))
          yield* commit(adapter, append(key, ["c"]))
          return yield* commit(adapter, append(key, ["d"]))
        }), options)
      return { folder, version: versionOf(receipt) }
    })

    for (const number of [0, 1, 2, 3]) {
      it.live(`keeps line ${number} as an entry that cannot be read, and the others as they were`, () =>
        Effect.gen(function*() {
          const { folder, version } = yield* stored
          damageLine(folder, number)
          const expected = ["a", "b", "c", "d"].map((entry, index) => index === number ? "Corrupt" : entry)
          assert.deepStrictEqual(yield* contentIn(folder, options), present(0, ...expected))
          const { head } = yield* visit(folder, (adapter) => load(adapter, key), options)
          assert.strictEqual(head.entryCount, 4)
          assert.isAtLeast(head.version, version)
          const receipt = yield* visit(folder, (adapter) => commit(adapter, append(key, ["e"])), options)
          assert.isAbove(versionOf(receipt), version)
          assert.strictEqual(receipt.keys[0]?.entryCount, 5)
          assert.deepStrictEqual(yield* contentIn(folder, options), present(0, ...expected, "e"))
        }))
    }

    it.live("is a row for each entry that a cut-off log has lost, and takes no write", () =>
      Effect.gen(function*() {
        const { folder } = yield* stored
        const bytes = bytesIn(folder)
        fs.writeFileSync(fileIn(folder), bytes.subarray(0, bytes.indexOf("\n") + 1))
        loseCatalog(folder)
        yield* visit(folder, (adapter) =>
          Effect.gen(function*() {
            // The batch of two counts with its last line only.
            assert.deepStrictEqual(yield* contentOf(adapter, key), present(0, "Corrupt", "Corrupt"))
            assert.deepStrictEqual(yield* failureOf(commit(adapter, append(key, ["e"]))), ["Corrupt", "notApplied"])
            assert.deepStrictEqual(yield* listed(adapter), ["local_1"])
          }), options)
      }))

    it.live("keeps the entries of a later segment in their places when an earlier one is lost", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const rules = [{
          operation: "sync",
          path: /entries/,
          code: "EIO",
          calls: (call: number) => call === 2
        }] as const
        yield* visit(folder, (adapter) =>
          Effect.gen(function*() {
            yield* commit(adapter, put(key, 0), append(key, ["a", "b"]))
            yield* Effect.flip(commit(adapter, append(key, ["lost"])))
            yield* commit(adapter, append(key, ["c"]))
            yield* commit(adapter, append(key, ["d"]))
          }), { ...options, fileSystem: faulty(rules) })
        assert.deepStrictEqual(yield* visit(folder, (adapter) => entriesOf(adapter, key), options), [
          "a",
          "b",
          "c",
          "d"
        ])
        fs.rmSync(fileIn(folder))
        assert.deepStrictEqual(yield* visit(folder, (adapter) => entriesOf(adapter, key), options), [
          "Corrupt",
          "Corrupt",
          "c",
          "d"
        ])
      }))

    it.live("keeps its last entry when the line end of it is another byte", () =>
      Effect.gen(function*() {
        const { folder } = yield* stored
        const before = bytesIn(folder)
        const bytes = Buffer.from(before)
        bytes[bytes.length - 1] = 0x0b
        fs.writeFileSync(fileIn(folder), bytes)
        assert.deepStrictEqual(yield* contentIn(folder, options), present(0, "a", "b", "c", "d"))
        yield* visit(folder, (adapter) => commit(adapter, append(key, ["e"])), options)
        assert.deepStrictEqual(yield* contentIn(folder, options), present(0, "a", "b", "c", "d", "e"))
        assert.isTrue(bytesIn(folder).subarray(0, before.length).equals(before))
      }))

    for (const lines of [[1], [2], [3], [1, 2], [1, 2, 3]]) {
      it.live(`keeps every entry when the line ends of ${lines.join(", ")} are lost`, () =>
        Effect.gen(function*() {
          const { folder } = yield* stored
          const ends = [...bytesIn(folder).entries()].flatMap(([at, byte]) => byte === 0x0a ? [at] : [])
          const bytes = bytesIn(folder)
          for (const line of lines) bytes[ends[line]!] = 0x2c
          fs.writeFileSync(fileIn(folder), bytes)
          assert.deepStrictEqual(yield* contentIn(folder, options), present(0, "a", "b", "c", "d"))
          for (const entry of ["e", "f"]) {
            yield* visit(folder, (adapter) => commit(adapter, append(key, [entry])), options)
          }
          assert.deepStrictEqual(yield* contentIn(folder, options), present(0, "a", "b", "c", "d", "e", "f"))
        }))
    }

    it.live("is left behind by the next append, so that later readers find its lines in order", () =>
      Effect.gen(function*() {
        const { folder } = yield* stored
        damageLine(folder, 2)
        for (const entry of ["e", "f"]) {
          yield* visit(folder, (adapter) => commit(adapter, append(key, [entry])), options)
        }
        const added = bytesIn(folder, "acct/local_1.entries.1.jsonl").toString().split("\n")
        assert.strictEqual(added.length, 3)
        assert.deepStrictEqual(yield* contentIn(folder, options), present(0, "a", "b", "Corrupt", "d", "e", "f"))
      }))
  })
}
