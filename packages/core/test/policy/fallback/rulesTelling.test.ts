/** What a chain tells of itself: receipts, events and health say what is so, and say it once. */
import { assert, describe, it } from "@effect/vitest"
import { type StorageError } from "@holdfast/core"
import { Effect, Option, Result } from "effect"
import { TestClock } from "effect/testing"
import { openChain, testTier } from "./chains.ts"
import { append, bodyIn, fail, heal, heard, heldIn, key, keyOf, put, settle } from "./deeds.ts"

const three = () => [testTier("first"), testTier("second"), testTier("third")] as const

const failed = <A>(result: Result.Result<A, StorageError>) => Option.getOrThrow(Result.getFailure(result))

describe("a receipt", () => {
  it.effect("of a write that the primary took says nothing of lower tiers", () =>
    Effect.gen(function*() {
      const { adapter } = yield* openChain(three())
      const { adapter: name, attempts, degraded, failures } = yield* adapter.commit(put("1"))
      assert.deepStrictEqual({ attempts, degraded, failures, name }, {
        attempts: 1,
        degraded: Option.none(),
        failures: [],
        name: "first"
      })
    }))

  it.effect("of a displaced write says which tier has it, why, and what failed on the way, in order", () =>
    Effect.gen(function*() {
      const tiers = three()
      const { adapter } = yield* openChain(tiers)
      yield* adapter.commit(put("1"))
      fail(tiers[0], tiers[1])
      const receipt = yield* adapter.commit(put("2"))
      const { because, pendingDrain, tier } = Option.getOrThrow(receipt.degraded)
      assert.deepStrictEqual([tier, pendingDrain, because.adapter, receipt.adapter], ["third", true, "first", "third"])
      assert.deepStrictEqual(receipt.failures.map((error) => error.adapter), ["first", "second"])
      assert.strictEqual(receipt.attempts, 3)
      assert.strictEqual(receipt.durability, "flushed")
      const head = Option.getOrThrow(yield* adapter.head(key))
      assert.deepStrictEqual(receipt.keys.map(({ version }) => version), [head.version])
    }))

  it.effect("of a write to what lies below is degraded as well", () =>
    Effect.gen(function*() {
      const tiers = three()
      const { adapter } = yield* openChain(tiers)
      fail(tiers[0])
      yield* adapter.commit(put("1"))
      const receipt = yield* adapter.commit(append("1"))
      assert.strictEqual(Option.getOrThrow(receipt.degraded).tier, "second")
      assert.strictEqual(receipt.keys[0]?.entryCount, 1)
    }))

  it.effect("is none where no tier took the write; the error has what the others answered", () =>
    Effect.gen(function*() {
      const tiers = three()
      const { adapter } = yield* openChain(tiers)
      fail(...tiers)
      const error = failed(yield* Effect.result(adapter.commit(put("1"))))
      assert.deepStrictEqual([error.adapter, error.outcome, error.suppressed?.length], ["first", "notApplied", 2])
      tiers[1].trouble.writes = "lost"
      const unknown = failed(yield* Effect.result(adapter.commit(put("1"))))
      assert.strictEqual(unknown.outcome, "unknown")
    }))
})

describe("events and health", () => {
  it.effect("the events of a displacement and its drain come in their order", () =>
    Effect.gen(function*() {
      const tiers = three()
      const { adapter, control } = yield* openChain(tiers)
      const events = yield* heard(control.events)
      fail(tiers[0], tiers[1])
      yield* adapter.commit(put("1"))
      heal(tiers[0], tiers[1])
      yield* control.drain
      yield* settle
      const told = events.map((event) => {
        if (event._tag === "Drained") return `Drained ${event.from} ${event.to}`
        return "tier" in event ? `${event._tag} ${event.tier}` : event._tag
      })
      // When a lower tier that nobody wrote to works again is not told at a certain point.
      assert.deepStrictEqual(told.filter((event) => event !== "Recovered second"), [
        "Degraded first",
        "Degraded second",
        "Displaced third",
        "Recovered first",
        "Drained third first"
      ])
    }))

  it.effect("the health says per tier what fails, since when, and how much lies below it", () =>
    Effect.gen(function*() {
      const tiers = three()
      const { adapter, control } = yield* openChain(tiers)
      const seen = yield* heard(adapter.health)
      assert.deepStrictEqual(seen.map(({ state }) => state), ["healthy"])
      yield* TestClock.setTime(10_000)
      fail(tiers[0], tiers[1])
      yield* adapter.commit(put("1"))
      yield* TestClock.setTime(20_000)
      heal(tiers[1])
      yield* adapter.commit(put("2", keyOf("two")))
      yield* settle
      const ill = seen.at(-1)!
      assert.deepStrictEqual([ill.state, ill.since, ill.displacedCount], ["degraded", 10_000, 2])
      assert.deepStrictEqual(
        ill.tiers.map(({ displacedCount, name, since, state }) => [name, state, since, displacedCount]),
        [
          ["first", "failing", 10_000, 2],
          ["second", "healthy", 20_000, 1],
          ["third", "healthy", 0, 0]
        ]
      )
      assert.strictEqual(Option.getOrThrow(ill.lastError).adapter, "first")
      yield* TestClock.setTime(30_000)
      heal(tiers[0])
      yield* control.drain
      yield* settle
      const well = seen.at(-1)!
      assert.deepStrictEqual([well.state, well.since, well.displacedCount, well.lastError], [
        "healthy",
        30_000,
        0,
        Option.none()
      ])
      assert.deepStrictEqual(well.tiers.map(({ displacedCount, state }) => [state, displacedCount]), [
        ["healthy", 0],
        ["healthy", 0],
        ["healthy", 0]
      ])
    }))

  it.effect("the health is failing from the write that nobody took to the next one that somebody took", () =>
    Effect.gen(function*() {
      const tiers = three()
      const { adapter } = yield* openChain(tiers)
      const seen = yield* heard(adapter.health)
      fail(...tiers)
      yield* Effect.result(adapter.commit(put("1")))
      yield* settle
      assert.strictEqual(seen.at(-1)?.state, "failing")
      heal(tiers[2])
      yield* adapter.commit(put("1"))
      yield* settle
      assert.strictEqual(seen.at(-1)?.state, "degraded")
    }))

  it.effect("a caller's mistake is nobody's failure", () =>
    Effect.gen(function*() {
      const tiers = three()
      const { adapter, control } = yield* openChain(tiers)
      const events = yield* heard(control.events)
      const seen = yield* heard(adapter.health)
      yield* Effect.result(adapter.commit(append("1")))
      yield* settle
      assert.deepStrictEqual([events, seen.map(({ state }) => state), heldIn(tiers[1])], [[], ["healthy"], []])
    }))

  it.effect("a primary that cannot be built is down, takes writes as soon as it is built, and gets what lies below", () =>
    Effect.gen(function*() {
      const tiers = three()
      tiers[0].trouble.builds = "fail"
      const { adapter, control } = yield* openChain(tiers)
      const seen = yield* heard(adapter.health)
      assert.deepStrictEqual(seen.at(-1)?.tiers.map(({ state }) => state), ["failing", "healthy", "healthy"])
      const receipt = yield* adapter.commit(put("1"))
      assert.strictEqual(Option.getOrThrow(receipt.degraded).tier, "second")
      assert.strictEqual(yield* bodyIn(adapter), "1")
      heal(tiers[0])
      yield* control.drain
      yield* settle
      assert.deepStrictEqual([heldIn(tiers[0]), heldIn(tiers[1]), seen.at(-1)?.state], [["one"], [], "healthy"])
      assert.isTrue(Option.isNone((yield* adapter.commit(put("2"))).degraded))
    }))

  it.effect("a chain promises what its open tiers promise together", () =>
    Effect.gen(function*() {
      const tiers = three()
      for (const { trouble } of tiers) trouble.builds = "fail"
      const { adapter, control } = yield* openChain(tiers)
      assert.deepStrictEqual([adapter.capability.durability, adapter.capability.atomicity], ["volatile", "oneKey"])
      heal(...tiers)
      yield* control.drain
      assert.deepStrictEqual([adapter.capability.durability, adapter.capability.append], ["flushed", "native"])
    }))
})
