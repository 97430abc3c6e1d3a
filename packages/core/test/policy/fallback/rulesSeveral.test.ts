/** Several chains over the same tiers: of one process, which take turns, and of two, which may meet. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option } from "effect"
import { openChain, testTier } from "./chains.ts"
import {
  type Adapter,
  append,
  bent,
  bodyIn,
  entriesIn,
  fail,
  heal,
  heldIn,
  idsIn,
  keyOf,
  makeStop,
  openBent,
  put,
  refusal
} from "./deeds.ts"

const pair = () => [testTier("first"), testTier("second")] as const

/** Every call gives others their turn, as a disk does. */
const slow = (inner: Adapter): Adapter => ({
  ...inner,
  head: (at) => Effect.andThen(Effect.yieldNow, inner.head(at)),
  load: (at) => Effect.andThen(Effect.yieldNow, inner.load(at)),
  commit: (one) => Effect.andThen(Effect.yieldNow, inner.commit(one))
})

/** A primary that refuses every third write. */
const fickle = (inner: Adapter): Adapter => {
  let count = 0
  return {
    ...slow(inner),
    commit: (one) => Effect.suspend(() => ++count % 3 === 0 ? Effect.fail(refusal("first")) : slow(inner).commit(one))
  }
}

describe("two chains of one process over the same tiers", () => {
  it.effect("take turns: no append of either is lost while the primary comes and goes", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const tiers = [bent(first, fickle), bent(second, slow)] as const
      const chains = [yield* openBent(...tiers), yield* openBent(...tiers)]
      yield* chains[0]!.adapter.commit(put("0"))
      const names = Array.from({ length: 40 }, (_, number) => String(number))
      yield* Effect.forEach(
        names,
        (name, number) => chains[number % 2]!.adapter.commit(append(name)),
        { concurrency: "unbounded", discard: true }
      )
      assert.deepStrictEqual((yield* entriesIn(chains[0]!.adapter)).toSorted(), names.toSorted())
      assert.deepStrictEqual(yield* entriesIn(chains[1]!.adapter), yield* entriesIn(chains[0]!.adapter))
    }))

  it.effect("can be retired by one of them, however much both of them write", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const tiers = [bent(first, slow), bent(second, slow)] as const
      const [one, other] = [yield* openBent(...tiers), yield* openBent(...tiers)]
      const writing = yield* Effect.forkChild(
        Effect.forEach(
          ["a", "b", "c", "d"].map(keyOf),
          (at, number) => Effect.forever((number % 2 === 0 ? one : other).adapter.commit(put("1", at))),
          { concurrency: "unbounded" }
        )
      )
      yield* Effect.yieldNow
      const isRetired = yield* one.adapter.role.compareAndSet(
        Option.none(),
        { switchId: "switch", epoch: 1, state: "retired", successor: "other" }
      )
      assert.isTrue(isRetired)
      const refused = yield* Effect.flip(Fiber.join(writing))
      assert.strictEqual(refused.reason._tag, "Unavailable")
      assert.deepStrictEqual(heldIn(second), [])
    }))
})

/** Every commit passes a place where it may be stopped. */
const stopping = (pass: Effect.Effect<void>) => (inner: Adapter): Adapter => ({
  ...inner,
  commit: (one) => Effect.andThen(pass, inner.commit(one))
})

describe("a chain of another process", () => {
  it.effect("that put a session lower in between is not written over", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const stop = yield* makeStop
      const { adapter, control } = yield* openBent(bent(first, (inner) => inner), bent(second, stopping(stop.pass)))
      const elsewhere = yield* openChain([first, second])
      yield* adapter.commit(put("0"))
      fail(first)
      yield* stop.arm
      const writing = yield* Effect.forkChild(adapter.commit(append("here")))
      yield* stop.reached
      yield* elsewhere.adapter.commit(append("there"))
      yield* stop.letGo
      yield* Fiber.join(writing)
      assert.deepStrictEqual(yield* entriesIn(adapter), ["there", "here"])
      heal(first)
      yield* control.drain
      assert.deepStrictEqual([yield* entriesIn(elsewhere.adapter), heldIn(second)], [["there", "here"], []])
      assert.deepStrictEqual(yield* idsIn(adapter), ["one"])
    }))

  it.effect("that brought a session up in between is followed there", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const stop = yield* makeStop
      const { adapter } = yield* openBent(bent(first, (inner) => inner), bent(second, stopping(stop.pass)))
      yield* adapter.commit(put("0"))
      fail(first)
      yield* adapter.commit(put("1"))
      yield* stop.arm
      const writing = yield* Effect.forkChild(adapter.commit(put("2")))
      yield* stop.reached
      heal(first)
      yield* (yield* openChain([first, second])).control.drain
      yield* stop.letGo
      const receipt = yield* Fiber.join(writing)
      assert.isTrue(Option.isNone(receipt.degraded))
      assert.deepStrictEqual([yield* bodyIn(adapter), heldIn(second), yield* idsIn(adapter)], ["2", [], ["one"]])
    }))
})
