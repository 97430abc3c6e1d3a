import { assert, describe, it } from "@effect/vitest"
import { CircuitOpen, Conflict, type Reason } from "@holdfast/core"
import { Effect, Fiber, Latch, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import { circuitBroken } from "../../src/policy/Policy.ts"
import { allReasons, reasonSamples } from "../errors/reasonSamples.ts"
import { all, type Deed, errorOf, hang, healthOf, key, makeScripted, put, refuse, remove } from "./scripted.ts"

const { Conflict: conflict, NoSpace: noSpace } = reasonSamples

const times = (count: number, reason: Reason): ReadonlyArray<Deed> =>
  Array.from({ length: count }, () => refuse(reason))

/** A circuit over a script whose commits have opened it. */
const opened = Effect.gen(function*() {
  const scripted = yield* makeScripted(...times(5, noSpace))
  const policy = circuitBroken()(scripted.adapter)
  for (let count = 0; count < 5; count++) yield* Effect.flip(policy.commit(put("w", "1")))
  return { ...scripted, policy }
})

describe("a circuit", () => {
  it.effect("that is open answers at once that nothing was applied and another backend may help", () =>
    Effect.gen(function*() {
      const { policy, sent } = yield* opened
      const error = yield* Effect.flip(policy.commit(put("w", "1")))
      assert.instanceOf(error.reason, CircuitOpen)
      assert.deepStrictEqual([error.outcome, error.remedy, error.key], ["notApplied", "fallback", key])
      assert.strictEqual(sent.length, 5)
    }))

  it.effect("stays closed while failures are the caller's, and is opened by every other one", () =>
    Effect.gen(function*() {
      for (const reason of allReasons) {
        const { adapter, sent } = yield* makeScripted(...times(6, reason))
        const policy = circuitBroken()(adapter)
        for (let count = 0; count < 6; count++) yield* Effect.flip(policy.commit(put("w", "1")))
        assert.strictEqual(sent.length, reason.remedy === "caller" ? 6 : 5, reason._tag)
      }
    }))

  it.effect("counts failures in a row only", () =>
    Effect.gen(function*() {
      const { adapter, sent, next } = yield* makeScripted(...times(4, noSpace))
      const policy = circuitBroken()(adapter)
      for (let count = 0; count < 4; count++) yield* Effect.flip(policy.commit(put("w1", "1")))
      yield* policy.commit(put("w1", "1"))
      next(...times(4, noSpace))
      for (let count = 0; count < 4; count++) yield* Effect.flip(policy.commit(put("w2", "2")))
      yield* policy.commit(put("w2", "2"))
      assert.strictEqual(sent.length, 10)
    }))

  it.effect("is neither opened nor kept closed by a caller's mistake between failures", () =>
    Effect.gen(function*() {
      const script = [...times(4, noSpace), refuse(conflict), refuse(noSpace)]
      const { adapter } = yield* makeScripted(...script)
      const policy = circuitBroken()(adapter)
      yield* Effect.forEach(script, () => Effect.flip(policy.commit(put("w", "1"))))
      assert.instanceOf((yield* Effect.flip(policy.commit(put("w", "1")))).reason, CircuitOpen)
    }))

  it.effect("lets one call try after its open time, and is closed by its success", () =>
    Effect.gen(function*() {
      const { policy, sent, next } = yield* opened
      yield* TestClock.adjust("999 millis")
      assert.instanceOf((yield* Effect.flip(policy.commit(put("w", "1")))).reason, CircuitOpen)
      yield* TestClock.adjust("1 millis")
      const latch = yield* Latch.make(false)
      next(hang(latch))
      const probe = yield* Effect.forkChild(policy.commit(put("w", "1")), { startImmediately: true })
      assert.instanceOf((yield* Effect.flip(policy.commit(put("w2", "2")))).reason, CircuitOpen)
      yield* latch.open
      yield* Fiber.join(probe)
      yield* policy.commit(put("w2", "2"))
      assert.strictEqual(sent.length, 7)
    }))

  it.effect("stays open longer with every opening, up to half a minute", () =>
    Effect.gen(function*() {
      const { policy, next } = yield* opened
      for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
        yield* TestClock.adjust(seconds * 1_000 - 1)
        assert.instanceOf((yield* Effect.flip(policy.commit(put("w", "1")))).reason, CircuitOpen)
        yield* TestClock.adjust("1 millis")
        next(refuse(noSpace))
        assert.strictEqual((yield* Effect.flip(policy.commit(put("w", "1")))).reason, noSpace)
      }
    }))

  it.effect("of writes stops no reading", () =>
    Effect.gen(function*() {
      const { policy } = yield* opened
      assert.isTrue(Option.isNone(yield* policy.head(key)))
      assert.deepStrictEqual(yield* Stream.runCollect(policy.list(all)), [])
    }))

  it.effect("of reads keeps every read away, and no write", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      const policy = circuitBroken()({ ...adapter, list: () => Stream.fail(errorOf(reasonSamples.Io, "list")) })
      for (let count = 0; count < 5; count++) yield* Effect.flip(Stream.runCollect(policy.list(all)))
      const errors = [
        yield* Effect.flip(policy.head(key)),
        yield* Effect.flip(policy.load(key)),
        yield* Effect.flip(Stream.runCollect(policy.list(all))),
        yield* Effect.flip(Stream.runCollect(policy.entries(key, {}))),
        yield* Effect.flip(Effect.scoped(policy.changes)),
        yield* Effect.flip(policy.role.read)
      ]
      assert.deepStrictEqual(
        errors.map(({ operation, reason }) => `${operation} ${reason._tag}`),
        ["head", "load", "list", "entries", "changes", "role"].map((operation) => `${operation} CircuitOpen`)
      )
      yield* policy.commit(put("w", "1"))
    }))

  it.effect("that a caller's mistake tries stays open for the next one", () =>
    Effect.gen(function*() {
      const { policy, next } = yield* opened
      yield* TestClock.adjust("1 seconds")
      next(refuse(conflict))
      assert.instanceOf((yield* Effect.flip(policy.commit(put("w", "1")))).reason, Conflict)
      yield* policy.commit(put("w", "1"))
    }))

  it.effect("that is open makes the health failing until a write succeeds", () =>
    Effect.gen(function*() {
      const { policy } = yield* opened
      yield* Effect.flip(policy.commit(put("w", "1")))
      const health = yield* healthOf(policy)
      assert.strictEqual(health.state, "failing")
      assert.instanceOf(Option.getOrThrow(health.lastError).reason, CircuitOpen)
      yield* TestClock.adjust("1 seconds")
      yield* policy.commit(remove("w"))
      assert.strictEqual((yield* healthOf(policy)).state, "healthy")
    }))

  it.effect("is the adapter's own: applied twice, a policy gives circuits that know nothing of each other", () =>
    Effect.gen(function*() {
      const policy = circuitBroken()
      const [first, second] = [yield* makeScripted(...times(5, noSpace)), yield* makeScripted()]
      const [broken, whole] = [policy(first.adapter), policy(second.adapter)]
      for (let count = 0; count < 5; count++) yield* Effect.flip(broken.commit(put("w", "1")))
      yield* whole.commit(put("w", "1"))
    }))
})
