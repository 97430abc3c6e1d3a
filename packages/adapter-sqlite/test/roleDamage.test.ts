/** The store's own record in a damaged database: it is Corrupt and never none, and a retired store stays retired. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Stream } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { current, none, retire, retired } from "./roles.ts"
import { type Adapter, open } from "./stores.ts"
import { answerOf, inProcess, place, refusalOf, save, stateOf, visit } from "./verbs.ts"

/** A closed store with a session and a record that its file holds twice: in its table and in the copy of it. */
const recorded = Effect.gen(function*() {
  const { filename, folder } = yield* place
  yield* visit({ filename }, (adapter) => Effect.andThen(save(adapter, "a", 1), retire(adapter)))
  return { filename, folder }
})

/** Changes a letter of a text in a file wherever it is found, but for those places that are left out. */
const overwrite = (filename: string, text: string, places: ReadonlyArray<number>): void => {
  const bytes = readFileSync(filename)
  const found: Array<number> = []
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) found.push(at)
  assert.lengthOf(found, 2)
  for (const index of places) bytes[found[index]!]! ^= 1
  writeFileSync(filename, bytes)
}

const recover = (adapter: Adapter, mode: "inspect" | "apply") =>
  Effect.map(Stream.runCollect(adapter.recover(mode)), (findings) => findings.map(({ kind }) => kind))

describe("a damaged record", () => {
  it.live("is Corrupt and never none, and no write is made over it", () =>
    Effect.gen(function*() {
      const { filename } = yield* recorded
      overwrite(filename, retired.switchId, [0, 1])
      const adapter = yield* open({ filename })
      assert.deepStrictEqual(yield* refusalOf(adapter.role.read), ["Corrupt", "notApplied"])
      for (const expected of [none, Option.some(retired)]) {
        const refused = adapter.role.compareAndSet(expected, current)
        assert.deepStrictEqual(yield* refusalOf(refused), ["Corrupt", "notApplied"])
      }
      assert.deepStrictEqual(yield* refusalOf(save(adapter, "a", 2)), ["Corrupt", "notApplied"])
      assert.deepStrictEqual(yield* stateOf(adapter, "a"), Option.some(1))
    }))

  for (const index of [0, 1]) {
    it.live(`is recovered from its other copy, in place ${index}`, () =>
      Effect.gen(function*() {
        const { filename } = yield* recorded
        overwrite(filename, retired.switchId, [index])
        const adapter = yield* open({ filename })
        assert.include(yield* recover(adapter, "inspect"), "damaged")
        assert.notInclude(yield* recover(adapter, "apply"), "lostRecord")
        assert.deepStrictEqual(yield* adapter.role.read, Option.some(retired))
        assert.strictEqual(yield* answerOf(save(adapter, "a", 2)), "Unavailable")
        assert.deepStrictEqual(yield* recover(adapter, "apply"), [])
      }))
  }

  const losses = [
    ["of which no copy is whole", (filename: string) => overwrite(filename, retired.switchId, [0, 1])],
    ["whose row is gone", (filename: string) => inProcess(filename, `db.exec("DELETE FROM role")`)],
    ["whose table is gone", (filename: string) => inProcess(filename, `db.exec("DROP TABLE role")`)]
  ] as const
  for (const [name, lose] of losses) {
    it.live(`${name} is lost: the store takes no write until its record is set again`, () =>
      Effect.gen(function*() {
        const { filename } = yield* recorded
        lose(filename)
        const adapter = yield* open({ filename })
        assert.strictEqual(yield* answerOf(adapter.role.read), "Corrupt")
        assert.strictEqual(yield* answerOf(save(adapter, "a", 2)), "Corrupt")
        assert.include(yield* recover(adapter, "apply"), "lostRecord")
        assert.deepStrictEqual(yield* recover(adapter, "apply"), [])
        const error = yield* Effect.flip(adapter.role.read)
        assert.isTrue(error.reason._tag === "Corrupt" && error.reason.quarantine?.includes("-damaged-"))
        assert.strictEqual(yield* answerOf(save(adapter, "a", 2)), "Corrupt")
        assert.isFalse(yield* adapter.role.compareAndSet(Option.some(retired), current))
        assert.isTrue(yield* adapter.role.compareAndSet(none, current))
        assert.deepStrictEqual(yield* adapter.role.read, Option.some(current))
        yield* save(adapter, "a", 2)
      }))
  }

  it.live("is not what a recovery of something else takes away: a retired store stays retired", () =>
    Effect.gen(function*() {
      const { filename } = yield* recorded
      inProcess(filename, `db.exec("UPDATE sessions SET body = 'x'")`)
      const adapter = yield* open({ filename })
      assert.deepStrictEqual(yield* recover(adapter, "apply"), ["damaged", "lostSession"])
      assert.deepStrictEqual(yield* adapter.role.read, Option.some(retired))
      assert.strictEqual(yield* answerOf(save(adapter, "b", 1)), "Unavailable")
    }))
})
