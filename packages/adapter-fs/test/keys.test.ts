/** What is refused before any I/O, and what any valid key may be. */
import { assert, describe, it } from "@effect/vitest"
import type { SessionKey } from "@holdfast/core"
import { Effect, Option } from "effect"
import {
  append,
  commit,
  contentOf,
  entriesOf,
  failureOf,
  keysListed,
  list,
  load,
  open,
  place,
  put,
  quickFolder,
  recorded,
  remove,
  sessionFiles,
  visit
} from "./kit.ts"

const invalid: Record<string, SessionKey> = {
  "an empty id": { namespace: [], id: "" },
  "a slash": { namespace: [], id: "a/b" },
  "a backslash": { namespace: [], id: "a\\b" },
  "traversal": { namespace: [".."], id: "a" },
  "a dot": { namespace: [], id: "." },
  "a NUL": { namespace: [], id: "a\0b" },
  "a line break": { namespace: ["a\nb"], id: "a" },
  "a lone surrogate": { namespace: [], id: "\ud800" },
  "129 bytes": { namespace: [], id: "a".repeat(129) },
  "129 bytes of UTF-8": { namespace: ["é".repeat(65)], id: "a" },
  "nine names": { namespace: Array.from({ length: 9 }, () => "a"), id: "a" }
}

describe("an invalid key", () => {
  for (const [what, key] of Object.entries(invalid)) {
    it.live(`is refused by every call before any I/O: ${what}`, () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const { calls, fileSystem } = recorded()
        const adapter = yield* open(folder, { fileSystem })
        calls.length = 0
        const all = {
          load: adapter.load(key),
          head: adapter.head(key),
          entries: entriesOf(adapter, key),
          put: commit(adapter, put(key, 1)),
          append: commit(adapter, append(key, [1])),
          remove: commit(adapter, remove(key)),
          second: commit(adapter, put({ namespace: [], id: "valid" }, 1), put(key, 1))
        }
        for (const [name, call] of Object.entries(all)) {
          assert.deepStrictEqual(yield* failureOf(call), ["InvalidKey", "notApplied"], name)
        }
        if (key.namespace.length > 0 && what !== "a line break") {
          assert.deepStrictEqual(yield* failureOf(list(adapter, { namespace: key.namespace })), [
            "InvalidKey",
            "notApplied"
          ])
        }
        assert.deepStrictEqual(calls, [])
      }))
  }
})

describe("a change that the adapter cannot make", () => {
  it.live("is refused before any I/O: two keys in one change", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const { calls, fileSystem } = recorded()
      const adapter = yield* open(folder, { fileSystem })
      calls.length = 0
      const two = commit(adapter, put({ namespace: [], id: "a" }, 1), put({ namespace: [], id: "b" }, 1))
      assert.deepStrictEqual(yield* failureOf(two), ["Unsupported", "notApplied"])
      assert.deepStrictEqual(calls, [])
    }))
})

const names = [
  "a",
  "A",
  "con",
  "CON",
  "nul",
  "lost-found",
  ".holdfast",
  "=a",
  "a.",
  "a ",
  "é",
  "e\u0301",
  "😀",
  "x.json",
  "x.alt",
  "x.entries",
  "~",
  "a b",
  "A".repeat(128),
  "a".repeat(128)
]

const textOf = (key: SessionKey) => JSON.stringify([key.namespace, key.id])

describe("every valid key", () => {
  it.live("is a session of its own, whatever its names are", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const keys = names.flatMap((
        name
      ): ReadonlyArray<SessionKey> => [{ namespace: [], id: name }, { namespace: [name], id: "x" }, {
        namespace: [name, name],
        id: name
      }])
      yield* visit(folder, (adapter) =>
        Effect.forEach(keys, (key, index) => commit(adapter, put(key, index), append(key, [index]))))
      yield* visit(folder, (adapter) =>
        Effect.gen(function*() {
          for (const [index, key] of keys.entries()) {
            assert.deepStrictEqual(yield* contentOf(adapter, key), Option.some({ state: index, entries: [index] }))
          }
          assert.deepStrictEqual((yield* keysListed(adapter)).map(textOf).toSorted(), keys.map(textOf).toSorted())
        }))
      for (const name of Object.keys(sessionFiles(folder))) {
        assert.strictEqual(name, name.toLowerCase())
      }
    }))

  it.live("may be as deep and as long as a key can be", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const key = { namespace: Array.from({ length: 8 }, () => "é".repeat(64)), id: "é".repeat(64) }
      yield* visit(folder, (adapter) => commit(adapter, put(key, 1), append(key, ["a"])))
      assert.strictEqual((yield* visit(folder, (adapter) => load(adapter, key))).head.entryCount, 1)
    }))

  it.live("keeps apart what another program has called by its raw name", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const key = { namespace: [], id: "Upper" }
      place(folder, "Upper.json", "{\"title\":\"foreign\"}")
      yield* visit(folder, (adapter) => commit(adapter, put(key, "ours")))
      assert.deepStrictEqual(
        yield* visit(folder, (adapter) => contentOf(adapter, key)),
        Option.some({ state: "ours", entries: [] })
      )
      assert.strictEqual(sessionFiles(folder)["Upper.json"], "{\"title\":\"foreign\"}")
    }))
})
