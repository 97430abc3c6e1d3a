/** What tiers differ in, and what each of them does to the chain: durability, hanging, retirement, recoveries, names. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import { openChain, testTier } from "./chains.ts"
import {
  type Adapter,
  bent,
  bodyIn,
  elsewhere,
  fail,
  fallSilent,
  heal,
  heard,
  heldIn,
  key,
  openBent,
  put,
  refusal,
  settle
} from "./deeds.ts"

const pair = () => [testTier("first"), testTier("second")] as const

const asIs = (inner: Adapter): Adapter => inner

const durable = (durability: "volatile" | "buffered" | "flushed") => (inner: Adapter): Adapter => ({
  ...inner,
  capability: { ...inner.capability, durability }
})

describe("a primary that is less durable than the tier below", () => {
  it.effect("takes back what was written for it, where it is not volatile", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const { adapter, control } = yield* openBent(bent(first, durable("buffered")), bent(second, durable("flushed")))
      fail(first)
      yield* adapter.commit(put("1"))
      heal(first)
      yield* control.drain
      assert.deepStrictEqual([heldIn(first), heldIn(second)], [["one"], []])
      assert.isTrue(Option.isNone((yield* adapter.commit(put("2"))).degraded))
    }))
})

const hanging = (inner: Adapter): Adapter => ({ ...inner, commit: () => Effect.never })

describe("a primary whose commits hang", () => {
  it.effect("keeps a chain from opening no longer than a tier may take to open", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      fail(first)
      yield* elsewhere([first, second], (adapter) => adapter.commit(put("1")))
      heal(first)
      const opening = yield* Effect.forkScoped(openBent(bent(first, hanging), bent(second, asIs)))
      yield* TestClock.adjust("10 seconds")
      const { adapter } = yield* Fiber.join(opening)
      assert.strictEqual(yield* bodyIn(adapter), "1")
    }))
})

describe("a chain that was retired", () => {
  it.effect("takes nothing in a lower tier either while its primary cannot be read", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const silent = (inner: Adapter): Adapter => ({
        ...inner,
        role: {
          ...inner.role,
          read: Effect.suspend(() => first.trouble.reads === "fail" ? Effect.fail(refusal("first")) : inner.role.read)
        }
      })
      const { adapter } = yield* openBent(bent(first, silent), bent(second, asIs))
      yield* adapter.commit(put("1"))
      yield* adapter.role.compareAndSet(Option.none(), {
        switchId: "s",
        epoch: 2,
        state: "retired",
        successor: "other"
      })
      fallSilent(first)
      const refused = yield* Effect.flip(adapter.commit(put("2")))
      assert.strictEqual(refused.reason._tag, "Unavailable")
      assert.deepStrictEqual(heldIn(second), [])
    }))
})

describe("a recovery of a chain", () => {
  it.effect("tells as events what it adopted and what it set aside, and nothing of what it only found", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const finding = { kind: "foreign", key: Option.some(key), place: "a place", detail: "a document", applied: true }
      const recovering = (inner: Adapter): Adapter => ({
        ...inner,
        recover: () =>
          Stream.fromIterable([
            { ...finding, action: "adopt" as const },
            { ...finding, action: "quarantine" as const },
            { ...finding, action: "adopt" as const, applied: false }
          ])
      })
      const { adapter, control } = yield* openBent(bent(first, recovering), bent(second, asIs))
      const events = yield* heard(control.events)
      const found = yield* Stream.runCollect(adapter.recover("apply"))
      yield* settle
      assert.lengthOf(found, 3)
      assert.deepStrictEqual(events, [
        { _tag: "Adopted", key: Option.some(key), place: "a place" },
        { _tag: "Quarantined", key: Option.some(key), place: "a place" }
      ])
    }))
})

describe("two tiers of one name", () => {
  it.effect("are a defect that names them", () =>
    Effect.gen(function*() {
      const opened = yield* Effect.exit(openChain([testTier("disk"), testTier("disk")]))
      assert.isTrue(Exit.isFailure(opened))
      const message = Exit.isFailure(opened) ? String(Cause.squash(opened.cause)) : ""
      assert.include(message, `two tiers named "disk"`)
    }))
})
