/** What belongs to a session's former life does not exist in the life that began after its removal. */
import { assert, describe, it } from "@effect/vitest"
import { randomId } from "@holdfast/core"
import { Clock, Effect, Option } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { tempFile } from "../../src/layout/files.ts"
import {
  append,
  commit,
  contentOf,
  listed,
  load,
  open,
  place,
  put,
  quickFolder,
  remove,
  sessionFiles,
  versionOf,
  visit
} from "../kit.ts"

const key = { namespace: ["acct"], id: "local_1" }
const log = "acct/local_1.entries.jsonl"
const isHead = (name: string) => /local_1\.(alt\.)?json$/.test(name)

for (const protocol of ["rename", "slots"] as const) {
  const options = { commit: protocol }

  /** A session in its second life, with the files of the first one and the name that holds the newest head. */
  const twoLives = Effect.gen(function*() {
    const folder = yield* quickFolder
    return yield* visit(folder, (adapter) =>
      Effect.gen(function*() {
        yield* commit(adapter, put(key, 1))
        yield* commit(adapter, put(key, 2), append(key, ["a", "b"]))
        yield* commit(adapter, append(key, ["c"]))
        const former = sessionFiles(folder)
        yield* commit(adapter, remove(key))
        yield* commit(adapter, put(key, "again"))
        yield* commit(adapter, append(key, ["x"]))
        const newest = Object.entries(sessionFiles(folder)).find(([name, text]) =>
          isHead(name) && text.includes("again")
        )![0]
        return { folder, former, newest }
      }), options)
  })

  /** Claims that the second life is what is there, now and after it was written to. */
  const isSecondLife = Effect.fnUntraced(function*(folder: string, what: string) {
    yield* visit(folder, (adapter) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* listed(adapter), ["local_1"], what)
        assert.deepStrictEqual(yield* contentOf(adapter, key), Option.some({ state: "again", entries: ["x"] }), what)
        yield* commit(adapter, append(key, ["y"]))
        yield* commit(adapter, put(key, "on"))
      }), options)
    const content = yield* visit(folder, (adapter) => contentOf(adapter, key), options)
    assert.deepStrictEqual(content, Option.some({ state: "on", entries: ["x", "y"] }), what)
  })

  describe(`a session that was made again, with ${protocol}`, () => {
    it.live("is not the head of its former life that turns up under the other name", () =>
      Effect.gen(function*() {
        const heads = Object.keys((yield* twoLives).former).filter(isHead)
        for (const head of heads) {
          const { folder, former, newest } = yield* twoLives
          const other = newest.includes(".alt.") ? "acct/local_1.json" : "acct/local_1.alt.json"
          place(folder, other, Buffer.from(former[head]!, "latin1"))
          yield* isSecondLife(folder, head)
        }
      }))

    it.live("is not the temp file that a writer of its former life left", () =>
      Effect.gen(function*() {
        const { folder, former } = yield* twoLives
        const temp = `acct/${tempFile("local_1", randomId())}`
        place(folder, temp, Buffer.from(former["acct/local_1.json"]!, "latin1"))
        yield* isSecondLife(folder, temp)
        assert.notProperty(sessionFiles(folder), temp)
      }))

    it.live("has none of the lines that a writer of its former life adds late", () =>
      Effect.gen(function*() {
        const { folder, former } = yield* twoLives
        fs.appendFileSync(path.join(folder, log), Buffer.from(former[log]!, "latin1"))
        yield* isSecondLife(folder, "lines")
      }))
  })
}

describe("the first version of a session", () => {
  it.live("begins at the time in microseconds, and the next ones count by one", () =>
    Effect.gen(function*() {
      const adapter = yield* open(yield* quickFolder)
      const before = yield* Clock.currentTimeMillis
      const first = versionOf(yield* commit(adapter, put(key, 1)))
      const after = yield* Clock.currentTimeMillis
      assert.isAtLeast(first, before * 1000)
      assert.isAtMost(first, (after + 1) * 1000 + 1)
      yield* commit(adapter, append(key, ["a"]))
      yield* commit(adapter, put(key, 2))
      assert.strictEqual((yield* load(adapter, key)).head.version, first + 2)
    }))
})
