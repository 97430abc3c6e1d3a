import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Latch } from "effect"
import { TestClock } from "effect/testing"
import { retried } from "../../src/policy/Policy.ts"
import { reasonSamples } from "../errors/reasonSamples.ts"
import { metrics, observing } from "./observedSpans.ts"
import {
  append,
  applyLate,
  bodyIn,
  entriesIn,
  errorOf,
  inTime,
  key,
  loseAnswer,
  makeScripted,
  put,
  refuse,
  remove
} from "./scripted.ts"

const { Busy: busy, NoSpace: noSpace, OutcomeUnknown: unknown } = reasonSamples

describe("a write that is repeated", () => {
  it.effect("after its answer was lost doubles no entry", () =>
    Effect.gen(function*() {
      const { adapter, next } = yield* makeScripted()
      const policy = retried()(adapter)
      yield* policy.commit(put("w1", "1"))
      next(loseAnswer, loseAnswer)
      yield* inTime(policy.commit(append("w2", ["1", "2"])))
      assert.deepStrictEqual(yield* entriesIn(policy), ["1", "2"])
    }))

  it.effect("after its answer was lost is no conflict with itself", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted(loseAnswer)
      const policy = retried()(adapter)
      const created = yield* inTime(policy.commit(put("w1", "1", "absent")))
      const { version } = created.keys[0]!
      const saved = yield* policy.commit(put("w2", "2", version))
      assert.strictEqual(saved.keys[0]!.version, version + 1)
    }))

  it.effect("after a compare-and-set whose answer was lost gets the version of the first attempt", () =>
    Effect.gen(function*() {
      const { adapter, next } = yield* makeScripted()
      const policy = retried()(adapter)
      const { version } = (yield* policy.commit(put("w1", "1"))).keys[0]!
      next(loseAnswer)
      const saved = yield* inTime(policy.commit(put("w2", "2", version)))
      assert.strictEqual(saved.keys[0]!.version, version + 1)
      assert.strictEqual(yield* bodyIn(policy), "2")
    }))

  it.effect("and lands late once more reverts no later save and doubles no entry", () =>
    Effect.gen(function*() {
      for (const change of [put("w2", "old"), append("w2", ["1"])]) {
        const latch = yield* Latch.make(false)
        const { adapter, landed, next } = yield* makeScripted()
        const policy = retried()(adapter)
        yield* policy.commit(put("w1", "0"))
        next(applyLate(latch))
        yield* inTime(policy.commit(change))
        yield* policy.commit(put("w3", "later"))
        yield* latch.open
        yield* landed
        assert.strictEqual(yield* bodyIn(policy), "later")
        assert.deepStrictEqual(yield* entriesIn(policy), change.operations[0]!._tag === "Append" ? ["1"] : [])
      }
    }))

  it.effect("after its session was removed and created again leaves the new life alone", () =>
    Effect.gen(function*() {
      const { adapter, next } = yield* makeScripted()
      const policy = retried()(adapter)
      yield* policy.commit(put("w1", "1"))
      next(loseAnswer)
      const removing = yield* Effect.forkChild(policy.commit(remove("w2")), { startImmediately: true })
      yield* adapter.commit(put("w3", "second life", "absent"))
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.join(removing)
      assert.strictEqual(yield* bodyIn(policy), "second life")
    }))

  it.effect("and is refused for what the record holds is a conflict, although an attempt was unknown", () =>
    Effect.gen(function*() {
      const { adapter, next } = yield* makeScripted()
      const policy = retried()(adapter)
      const { version } = (yield* policy.commit(put("w1", "1"))).keys[0]!
      yield* policy.commit(put("w2", "2"))
      next(refuse(unknown))
      const error = yield* inTime(Effect.flip(policy.commit(put("w3", "3", version))))
      assert.strictEqual(error.reason._tag, "Conflict")
      assert.strictEqual(yield* bodyIn(policy), "2")
    }))
})

describe("the tries of a retry", () => {
  it.effect("are counted beyond the first of every call, also of reads and of writes that fail in the end", () =>
    observing(Effect.fnUntraced(function*() {
      const { adapter, next } = yield* makeScripted()
      let heads = 0
      const reading: typeof adapter.head = (of) =>
        Effect.suspend(() => ++heads < 3 ? Effect.fail(errorOf(busy, "head")) : adapter.head(of))
      const policy = retried({ attemptsMax: 3 })({ ...adapter, head: reading })
      yield* policy.commit(put("w1", "1"))
      assert.deepStrictEqual(yield* metrics, {})
      yield* inTime(policy.head(key))
      assert.deepStrictEqual(yield* metrics, { "holdfast.storage.retries{}": 2 })
      next(refuse(busy), refuse(unknown), refuse(busy))
      yield* inTime(Effect.flip(policy.commit(put("w2", "2"))))
      assert.deepStrictEqual(yield* metrics, { "holdfast.storage.retries{}": 4 })
      next(refuse(noSpace))
      yield* inTime(Effect.flip(policy.commit(put("w3", "3"))))
      assert.deepStrictEqual(yield* metrics, { "holdfast.storage.retries{}": 4 })
    })))
})
