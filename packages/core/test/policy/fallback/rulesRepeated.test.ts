/** Writes that are sent again after others followed them, while the tier that knows them does not answer: they undo nothing. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Result } from "effect"
import { openChain, testTier } from "./chains.ts"
import { bodyIn, change, fail, fallSilent, heal, heldIn, idsIn, key, put, putting, remove } from "./deeds.ts"

const pair = () => [testTier("first"), testTier("second")] as const

describe("what was acknowledged and is sent again", () => {
  it.effect("while nobody can read the tier that knows it leaves the save that followed it", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const { adapter, control } = yield* openChain([first, second])
      const saved = put("1")
      yield* adapter.commit(saved)
      const later = yield* adapter.commit(put("2"))
      fallSilent(first)
      const again = yield* Effect.result(adapter.commit({ ...saved, attempt: 2 }))
      assert.deepStrictEqual([Result.isFailure(again), heldIn(second)], [true, []])
      heal(first)
      yield* control.drain
      assert.strictEqual(yield* bodyIn(adapter), "2")
      assert.strictEqual(Option.getOrThrow(yield* adapter.head(key)).version, later.keys[0]!.version)
    }))

  it.effect("leaves a save that followed it in a lower tier, over a record that nobody could read", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const { adapter, control } = yield* openChain([first, second])
      const saved = put("1")
      yield* adapter.commit(saved)
      fallSilent(first)
      const later = put("2")
      yield* adapter.commit(later)
      assert.isTrue(Result.isFailure(yield* Effect.result(adapter.commit({ ...saved, attempt: 2 }))))
      assert.strictEqual(yield* bodyIn(adapter), "2")
      // What the lower tier knows itself is answered as it was.
      assert.isTrue(Result.isSuccess(yield* Effect.result(adapter.commit({ ...later, attempt: 2 }))))
      heal(first)
      yield* control.drain
      assert.deepStrictEqual([yield* bodyIn(adapter), heldIn(second)], ["2", []])
      assert.isTrue(Result.isSuccess(yield* Effect.result(adapter.commit({ ...saved, attempt: 3 }))))
      assert.strictEqual(yield* bodyIn(adapter), "2")
    }))

  it.effect("and made a session under an id that was drawn for it does not make it again", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const { adapter, control } = yield* openChain([first, second])
      const made = change(putting("1", { expect: "absent", isFreshId: true }))
      yield* adapter.commit(made)
      yield* adapter.commit(put("2"))
      fallSilent(first)
      yield* Effect.result(adapter.commit({ ...made, attempt: 2 }))
      assert.deepStrictEqual(heldIn(second), [])
      heal(first)
      yield* control.drain
      assert.deepStrictEqual([yield* bodyIn(adapter), yield* idsIn(adapter)], ["2", ["one"]])
    }))

  for (const expected of ["any", "version"] as const) {
    it.effect(`and removed ${expected === "any" ? "whatever was there" : "a version"} leaves the session that was made again lower`, () =>
      Effect.gen(function*() {
        const [first, second] = pair()
        const { adapter, control } = yield* openChain([first, second])
        const { keys: [row] } = yield* adapter.commit(put("1"))
        const removal = expected === "any" ? remove() : change({ _tag: "Remove", key, expect: row!.version })
        const { keys: [removed] } = yield* adapter.commit(removal)
        fail(first)
        yield* adapter.commit(put("2"))
        const again = yield* adapter.commit({ ...removal, attempt: 2 })
        assert.strictEqual(again.keys[0]?.version, removed?.version)
        assert.strictEqual(yield* bodyIn(adapter), "2")
        heal(first)
        yield* control.drain
        assert.deepStrictEqual([yield* bodyIn(adapter), heldIn(second)], ["2", []])
        yield* adapter.commit({ ...removal, attempt: 3 })
        assert.strictEqual(yield* bodyIn(adapter), "2")
      }))
  }
})
