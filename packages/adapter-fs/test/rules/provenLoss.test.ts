/** What looks like a write that did not finish is damage where the catalog says that it had. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { visitAged } from "../catalog/aged.ts"
import { cut, key, names, reasonIn, refusesAll } from "../commit/unreadableHead.ts"
import {
  append,
  commit,
  contentOf,
  entriesOf,
  listed,
  loseCatalog,
  put,
  quickFolder,
  versionOf,
  visit
} from "../kit.ts"

const slots = { commit: "slots" } as const

/** A session whose newest version, which the catalog knows, is cut off in its slot. */
const cutSlot = Effect.fnUntraced(function*(length: number) {
  const folder = yield* quickFolder
  const older = yield* visitAged(folder, (adapter) =>
    Effect.map(
      Effect.all([commit(adapter, put(key, 1)), commit(adapter, put(key, 2))]),
      ([first]) => versionOf(first)
    ), slots)
  cut(path.join(folder, names.alt), length)
  return { folder, older }
})

describe("an acknowledged version that was cut off", () => {
  for (const length of [0, 60]) {
    it.live(`is missed, and the older one is named and not served: after ${length} bytes`, () =>
      Effect.gen(function*() {
        const { folder, older } = yield* cutSlot(length)
        const reason = yield* reasonIn(folder, slots)
        assert.isTrue(reason._tag === "Corrupt" && reason.older === older, JSON.stringify(reason))
        yield* refusesAll(folder, "Corrupt", slots)
        const rows = yield* visit(folder, (adapter) => listed(adapter), slots)
        assert.deepStrictEqual(rows.map((row) => row.split(" ")[0]), ["Corrupt"])
      }))
  }

  it.live("is a write that did not finish where no catalog knows of it", () =>
    Effect.gen(function*() {
      const { folder } = yield* cutSlot(60)
      loseCatalog(folder)
      const content = yield* visit(folder, (adapter) => contentOf(adapter, key), slots)
      assert.deepStrictEqual(content, Option.some({ state: 1, entries: [] }))
    }))
})

for (const protocol of ["rename", "slots"] as const) {
  describe(`an acknowledged entry that was cut off, with ${protocol}`, () => {
    it.live("is not repaired away by a reader or by the next append", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const options = { commit: protocol }
        yield* visitAged(folder, (adapter) =>
          Effect.gen(function*() {
            yield* commit(adapter, put(key, 0))
            for (const entry of ["a", "b", "c"]) yield* commit(adapter, append(key, [entry]))
          }), options)
        const file = path.join(folder, "acct/local_1.entries.jsonl")
        const whole = fs.readFileSync(file)
        const last = whole.lastIndexOf("\n", whole.length - 2) + 1
        for (const length of [last, last + 20]) {
          fs.writeFileSync(file, whole.subarray(0, length))
          yield* refusesAll(folder, "Corrupt", options)
          fs.writeFileSync(file, whole)
        }
        const entries = yield* visit(folder, (adapter) => entriesOf(adapter, key), options)
        assert.deepStrictEqual(entries, ["a", "b", "c"])
      }))
  })
}
