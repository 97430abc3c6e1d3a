/** The rules of a fallback, each as the sequence that would lose, invent or hide something without it. */
import { assert, describe, it } from "@effect/vitest"
import { type Operation, type StorageError, Version } from "@holdfast/core"
import { Effect, Fiber, Option, Result } from "effect"
import { openChain, testTier } from "./chains.ts"
import {
  append,
  appending,
  bent,
  bodyIn,
  change,
  entriesIn,
  fail,
  fallSilent,
  heal,
  heldIn,
  idsIn,
  key,
  makeStop,
  openBent,
  put,
  putting
} from "./deeds.ts"

const pair = () => [testTier("first"), testTier("second")] as const

const errorOf = <A>(result: Result.Result<A, StorageError>): StorageError => {
  assert.isTrue(Result.isFailure(result))
  return Option.getOrThrow(Result.getFailure(result))
}

describe("over a record that nobody can read", () => {
  it.effect("a save stands after the repair, and keeps the 500 entries above", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const { adapter, control } = yield* openChain([first, second])
      const entries = Array.from({ length: 500 }, (_, index) => String(index))
      yield* adapter.commit(change(putting("1"), appending(entries)))
      for (let version = 2; version <= 57; version++) yield* adapter.commit(put(String(version)))
      fallSilent(first)
      const { keys: [row] } = yield* adapter.commit(put("58"))
      assert.strictEqual(yield* bodyIn(adapter), "58")
      heal(first)
      yield* control.drain
      assert.deepStrictEqual(heldIn(second), [])
      const head = Option.getOrThrow(yield* adapter.head(key))
      assert.isAtLeast(head.version, row!.version)
      assert.strictEqual(yield* bodyIn(adapter), "58")
      assert.deepStrictEqual(yield* entriesIn(adapter), entries)
    }))

  const needy: ReadonlyArray<readonly [string, ReadonlyArray<Operation>]> = [
    ["an append", [appending(["2"])]],
    ["a compare-and-set", [putting("2", { expect: Version(1) })]],
    ["an update", [putting("2", { expect: "present" })]],
    ["a create if absent", [putting("2", { expect: "absent" })]],
    ["a save with entries", [putting("2"), appending(["2"])]],
    ["a removal", [{ _tag: "Remove", key, expect: "any" }]]
  ]
  for (const [what, operations] of needy) {
    it.effect(`${what} fails with the upper tier's error and leaves nothing below`, () =>
      Effect.gen(function*() {
        const [first, second] = pair()
        const { adapter, control } = yield* openChain([first, second])
        yield* adapter.commit(put("1"))
        fallSilent(first)
        const error = errorOf(yield* Effect.result(adapter.commit(change(...operations))))
        assert.deepStrictEqual([error.adapter, error.outcome], ["first", "notApplied"])
        assert.deepStrictEqual(heldIn(second), [])
        heal(first)
        yield* control.drain
        assert.strictEqual(yield* bodyIn(adapter), "1")
      }))
  }

  it.effect("an append to a save that lies below fails with the upper tier's error", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const { adapter, control } = yield* openChain([first, second])
      yield* adapter.commit(change(putting("1"), appending(["1"])))
      fallSilent(first)
      yield* adapter.commit(put("2"))
      assert.strictEqual(errorOf(yield* Effect.result(adapter.commit(append("2")))).adapter, "first")
      heal(first)
      yield* control.drain
      assert.deepStrictEqual([yield* bodyIn(adapter), yield* entriesIn(adapter)], ["2", ["1"]])
    }))

  it.effect("a session is made under an id that was drawn for it", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const { adapter, control } = yield* openChain([first, second])
      fallSilent(first)
      const receipt = yield* adapter.commit(change(putting("1", { expect: "absent", isFreshId: true })))
      assert.strictEqual(Option.getOrThrow(receipt.degraded).tier, "second")
      assert.strictEqual(yield* bodyIn(adapter), "1")
      heal(first)
      yield* control.drain
      assert.deepStrictEqual([heldIn(first), heldIn(second)], [["one"], []])
    }))

  it.effect("nothing below is its error, never absence", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const { adapter } = yield* openChain([first, second])
      fallSilent(first)
      const calls = [
        Effect.asVoid(adapter.head(key)),
        Effect.asVoid(adapter.load(key)),
        Effect.asVoid(entriesIn(adapter)),
        Effect.asVoid(idsIn(adapter))
      ]
      for (const call of calls) assert.strictEqual(errorOf(yield* Effect.result(call)).adapter, "first")
    }))
})

describe("what is displaced", () => {
  it.effect("is the whole session: an append copies it down first", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const { adapter, control } = yield* openChain([first, second])
      yield* adapter.commit(change(putting("1"), appending(["1", "2"])))
      fail(first)
      yield* adapter.commit(append("3"))
      fallSilent(first)
      assert.deepStrictEqual([yield* bodyIn(adapter), yield* entriesIn(adapter)], ["1", ["1", "2", "3"]])
      heal(first)
      yield* control.drain
      assert.deepStrictEqual([heldIn(second), yield* entriesIn(adapter)], [[], ["1", "2", "3"]])
    }))

  it.effect("and was taken above all the same is there once, under one write id", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const { adapter, control } = yield* openChain([first, second])
      yield* adapter.commit(change(putting("1"), appending(["1"])))
      first.trouble.writes = "lost"
      const added = append("2")
      const receipt = yield* adapter.commit(added)
      heal(first)
      yield* control.drain
      assert.deepStrictEqual([yield* entriesIn(adapter), yield* idsIn(adapter)], [["1", "2"], ["one"]])
      const again = yield* adapter.commit({ ...added, attempt: 2 })
      assert.strictEqual(again.keys[0]?.version, receipt.keys[0]?.version)
      assert.deepStrictEqual([yield* entriesIn(adapter), heldIn(second)], [["1", "2"], []])
    }))

  it.effect("is found by a read that a drain overtakes at whichever point", () =>
    Effect.forEach(["below", "above"] as const, (where) =>
      Effect.scoped(Effect.gen(function*() {
        const [first, second] = pair()
        const stop = yield* makeStop
        const { adapter, control } = yield* openBent(
          bent(first, (inner) => ({
            ...inner,
            load: (at) => where === "above" ? Effect.andThen(stop.pass, inner.load(at)) : inner.load(at)
          })),
          bent(second, (inner) => ({
            ...inner,
            load: (at) => where === "below" ? Effect.tap(inner.load(at), () => stop.pass) : inner.load(at)
          }))
        )
        yield* adapter.commit(put("5"))
        fail(first)
        if (where === "below") yield* adapter.commit(put("7"))
        yield* stop.arm
        const reading = yield* Effect.forkChild(bodyIn(adapter))
        yield* stop.reached
        if (where === "above") yield* adapter.commit(put("7"))
        heal(first)
        yield* control.drain
        assert.deepStrictEqual(heldIn(second), [])
        yield* stop.letGo
        assert.strictEqual(yield* Fiber.join(reading), "7")
      }))))

  it.effect("and cannot be removed below keeps the session from going on above", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const { adapter, control } = yield* openChain([first, second])
      yield* adapter.commit(put("5"))
      fail(first)
      yield* adapter.commit(put("7"))
      heal(first)
      fail(second)
      assert.deepStrictEqual(yield* control.drain, { drainedCount: 0, displacedCount: 1 })
      assert.deepStrictEqual(heldIn(first), heldIn(second))
      assert.isTrue(Result.isFailure(yield* Effect.result(adapter.commit(put("9")))))
      heal(second)
      yield* adapter.commit(put("9"))
      assert.deepStrictEqual(heldIn(second), [])
      fallSilent(first)
      assert.strictEqual(errorOf(yield* Effect.result(bodyIn(adapter))).adapter, "first")
    }))

  it.effect("stays in a durable tier: a volatile one never takes it over", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const third = testTier("third")
      const volatile = bent(second, (inner) => ({
        ...inner,
        capability: { ...inner.capability, durability: "volatile" }
      }))
      const { adapter, control } = yield* openBent(
        bent(first, (inner) => inner),
        volatile,
        bent(third, (inner) => inner)
      )
      fail(first, second)
      yield* adapter.commit(put("1"))
      heal(second)
      yield* control.drain
      assert.deepStrictEqual([heldIn(second), heldIn(third)], [[], ["one"]])
      heal(first)
      yield* control.drain
      assert.deepStrictEqual([heldIn(first), heldIn(third)], [["one"], []])
    }))

  it.effect("and lies in two lower tiers is read from the lowest: it has the newest version", () =>
    Effect.gen(function*() {
      const tiers = [...pair(), testTier("third")] as const
      const { adapter, control } = yield* openChain(tiers)
      fail(tiers[0])
      yield* adapter.commit(change(putting("1"), appending(["1"])))
      fail(tiers[1])
      yield* adapter.commit(change(putting("2"), appending(["2"])))
      assert.deepStrictEqual(tiers.map(heldIn), [[], ["one"], ["one"]])
      assert.deepStrictEqual([yield* bodyIn(adapter), yield* entriesIn(adapter)], ["2", ["1", "2"]])
      heal(...tiers)
      yield* control.drain
      assert.deepStrictEqual([yield* bodyIn(adapter), yield* idsIn(adapter)], ["2", ["one"]])
    }))

  it.effect("goes up to a lower tier that works again while the primary does not", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const third = testTier("third")
      const { adapter, control } = yield* openChain([first, second, third])
      fail(first, second)
      yield* adapter.commit(put("1"))
      heal(second)
      yield* control.drain
      assert.deepStrictEqual([heldIn(second), heldIn(third)], [["one"], []])
      assert.strictEqual(yield* bodyIn(adapter), "1")
    }))
})
