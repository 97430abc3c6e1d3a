/** What a chain does by itself: it opens tiers that were down, brings up what lies below, and judges tiers by what is theirs. */
import { assert, describe, it } from "@effect/vitest"
import { Busy, Corrupt, type Health, type Reason, StorageAdapter, StorageError } from "@holdfast/core"
import { Duration, Effect, Fiber, Layer, Option, Result, Stream } from "effect"
import { TestClock } from "effect/testing"
import { type FallbackOptions, make } from "../../../src/policy/fallback/Fallback.ts"
import { layerOf, openChain, type TestTier, testTier } from "./chains.ts"
import {
  type Adapter,
  append,
  bent,
  bodyIn,
  entriesIn,
  fail,
  heal,
  heard,
  heldIn,
  idsIn,
  key,
  keyOf,
  openBent,
  put,
  settle
} from "./deeds.ts"

const pair = () => [testTier("first"), testTier("second")] as const

const same = (adapter: Adapter): Adapter => adapter

const tierOf = (tier: TestTier) => ({ name: tier.name, layer: layerOf(tier) })

/** Opens a chain that brings things back in order by itself, as it does in an app. */
const openSelfActing = (
  [first, ...others]: readonly [TestTier, ...ReadonlyArray<TestTier>],
  options: Omit<FallbackOptions, "tiers"> = {}
) => make({ tiers: [tierOf(first), ...others.map(tierOf)], closeTimeout: 0, ...options })

const statesOf = ({ tiers }: Health) => tiers.map(({ state }) => state)

describe("by itself, without being asked,", () => {
  const rhythms: ReadonlyArray<readonly [string, Omit<FallbackOptions, "tiers">, number]> = [
    ["after a second", {}, 1_000],
    ["after the time that it is given", { drainEvery: "1 minute" }, 60_000]
  ]
  for (const [when, options, millis] of rhythms) {
    it.effect(`a chain brings up what lies below ${when}, tells of it, and is healthy`, () =>
      Effect.gen(function*() {
        const [first, second] = pair()
        const { adapter, control } = yield* openSelfActing([first, second], options)
        const events = yield* heard(control.events)
        const seen = yield* heard(adapter.health)
        fail(first)
        yield* adapter.commit(put("1"))
        heal(first)
        yield* TestClock.adjust(Duration.millis(millis - 10))
        assert.deepStrictEqual([heldIn(second), seen.at(-1)?.state], [["one"], "degraded"])
        yield* TestClock.adjust("10 millis")
        assert.deepStrictEqual([heldIn(first), heldIn(second)], [["one"], []])
        assert.deepStrictEqual([seen.at(-1)?.state, seen.at(-1)?.displacedCount], ["healthy", 0])
        assert.deepStrictEqual(events.filter(({ _tag }) => _tag === "Drained"), [
          { _tag: "Drained", key, from: "second", to: "first" }
        ])
      }))

    it.effect(`a chain builds a tier that could not be built ${when}, and brings up to it`, () =>
      Effect.gen(function*() {
        const [first, second] = pair()
        first.trouble.builds = "fail"
        const { adapter } = yield* openSelfActing([first, second], options)
        const seen = yield* heard(adapter.health)
        yield* adapter.commit(put("1"))
        heal(first)
        yield* TestClock.adjust(Duration.millis(millis - 10))
        assert.deepStrictEqual(statesOf(seen.at(-1)!), ["failing", "healthy"])
        yield* TestClock.adjust("10 millis")
        assert.deepStrictEqual([statesOf(seen.at(-1)!), seen.at(-1)?.state], [["healthy", "healthy"], "healthy"])
        assert.deepStrictEqual([heldIn(first), heldIn(second)], [["one"], []])
      }))
  }

  it.effect("a chain goes on trying for as long as the primary refuses", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const { adapter } = yield* openSelfActing([first, second])
      fail(first)
      yield* adapter.commit(put("1"))
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual([heldIn(first), heldIn(second)], [[], ["one"]])
      heal(first)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual([heldIn(first), heldIn(second)], [["one"], []])
    }))
})

describe("a tier that never opens", () => {
  const endless = { name: "endless", layer: Layer.effect(StorageAdapter, Effect.never) }
  const limits: ReadonlyArray<readonly [Duration.Input | undefined, number]> = [[undefined, 10_000], [
    "3 seconds",
    3_000
  ]]
  for (const [openTimeout, millis] of limits) {
    it.effect(`is a tier that is down after ${millis / 1_000} seconds, and the chain works without it`, () =>
      Effect.gen(function*() {
        const second = testTier("second")
        const opening = yield* Effect.forkChild(
          make({ tiers: [endless, tierOf(second)], openTimeout, drainEvery: "1 hour", closeTimeout: 0 })
        )
        yield* TestClock.adjust(Duration.millis(millis))
        const { adapter } = yield* Fiber.join(opening)
        const seen = (yield* heard(adapter.health)).at(-1)
        assert.deepStrictEqual(statesOf(seen!), ["failing", "healthy"])
        const { reason } = Option.getOrThrow(seen!.tiers[0]!.lastError)
        assert.deepStrictEqual(reason._tag === "TimedOut" ? reason.limitMillis : reason._tag, millis)
        const receipt = yield* adapter.commit(put("1"))
        assert.strictEqual(Option.getOrThrow(receipt.degraded).tier, "second")
        assert.strictEqual(yield* bodyIn(adapter), "1")
      }))
  }

  it.effect("because its listing never ends is down as well, and what it may hold is not taken for absent", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const opening = yield* Effect.forkChild(
        openBent(bent(first, same), bent(second, (inner) => ({ ...inner, list: () => Stream.never })))
      )
      yield* TestClock.adjust("10 seconds")
      const { adapter } = yield* Fiber.join(opening)
      const seen = (yield* heard(adapter.health)).at(-1)
      assert.deepStrictEqual([seen?.state, statesOf(seen!)], ["degraded", ["healthy", "failing"]])
      assert.strictEqual(Option.getOrThrow(seen!.tiers[1]!.lastError).reason._tag, "TimedOut")
      const written = yield* Effect.result(adapter.commit(append("1")))
      assert.strictEqual(Option.getOrThrow(Result.getFailure(written)).adapter, "second")
    }))
})

describe("a primary that refused to take something back", () => {
  it.effect("is left alone for half a second, and takes the write after that", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const { adapter } = yield* openChain([first, second])
      yield* adapter.commit(put("0"))
      fail(first)
      yield* adapter.commit(put("1"))
      yield* adapter.commit(append("1"))
      heal(first)
      yield* TestClock.adjust("400 millis")
      assert.strictEqual(Option.getOrThrow((yield* adapter.commit(append("2"))).degraded).tier, "second")
      yield* TestClock.adjust("200 millis")
      const receipt = yield* adapter.commit(append("3"))
      assert.deepStrictEqual([receipt.adapter, Option.isNone(receipt.degraded)], ["first", true])
      assert.deepStrictEqual([heldIn(second), yield* entriesIn(adapter)], [[], ["1", "2", "3"]])
    }))
})

describe("a session that the primary cannot take back", () => {
  const reasons: ReadonlyArray<Reason> = [
    new Corrupt({ outcome: "notApplied", at: "the session", problem: "is damaged" }),
    new Busy({ outcome: "notApplied", path: "the session", code: "EBUSY" })
  ]
  for (const reason of reasons) {
    it.effect(`because it is ${reason._tag} there keeps no other one from it, and does not make the tier a failing one`, () =>
      Effect.gen(function*() {
        const [first, second] = pair()
        const ill = keyOf("ill")
        let isIll = false
        const { adapter, control } = yield* openBent(
          bent(first, (inner) => ({
            ...inner,
            load: (at) =>
              isIll && at.id === ill.id
                ? Effect.fail(new StorageError({ adapter: "first", operation: "load", key: at, reason }))
                : inner.load(at)
          })),
          bent(second, same)
        )
        const seen = yield* heard(adapter.health)
        for (const at of [ill, keyOf("well")]) yield* adapter.commit(put("0", at))
        fail(first)
        for (const at of [ill, keyOf("well")]) yield* adapter.commit(put("1", at))
        heal(first)
        isIll = true
        assert.deepStrictEqual(yield* control.drain, { drainedCount: 1, displacedCount: 1 })
        yield* settle
        assert.deepStrictEqual(heldIn(second), ["ill"])
        assert.deepStrictEqual([seen.at(-1)?.state, statesOf(seen.at(-1)!)], ["degraded", ["healthy", "healthy"]])
        assert.isTrue(Option.isNone((yield* adapter.commit(put("2", keyOf("well")))).degraded))
        isIll = false
        yield* control.drain
        yield* settle
        assert.deepStrictEqual([heldIn(second), seen.at(-1)?.state, yield* idsIn(adapter)], [[], "healthy", [
          "ill",
          "well"
        ]])
        assert.strictEqual(yield* bodyIn(adapter, ill), "1")
      }))
  }
})

describe("a lower tier that refused a write", () => {
  it.effect("is healthy again when nothing lies below: nothing is left that it would have to take", () =>
    Effect.gen(function*() {
      const tiers = [...pair(), testTier("third")] as const
      const { adapter, control } = yield* openChain(tiers)
      const events = yield* heard(control.events)
      const seen = yield* heard(adapter.health)
      fail(tiers[0], tiers[1])
      yield* adapter.commit(put("1"))
      yield* settle
      assert.deepStrictEqual(statesOf(seen.at(-1)!), ["failing", "failing", "healthy"])
      heal(tiers[0], tiers[1])
      yield* control.drain
      yield* settle
      assert.deepStrictEqual([seen.at(-1)?.state, statesOf(seen.at(-1)!)], ["healthy", [
        "healthy",
        "healthy",
        "healthy"
      ]])
      assert.isTrue(events.some((event) => event._tag === "Recovered" && event.tier === "second"))
    }))
})
