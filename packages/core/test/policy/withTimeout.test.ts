import { assert, describe, it } from "@effect/vitest"
import { OutcomeUnknown, type StorageError, TimedOut } from "@holdfast/core"
import { Effect, Fiber, Latch, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import type { Adapter } from "../../src/policy/policies.ts"
import { retried, withTimeout } from "../../src/policy/Policy.ts"
import { all, append, bodyIn, entriesIn, hang, healthOf, key, makeScripted, put, putOther } from "./scripted.ts"

const limits = { read: "1 seconds", write: "1 seconds" } as const

/** The error of an effect that is waited for until the time is up. */
const afterLimit = <A, R>(effect: Effect.Effect<A, StorageError, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(Effect.flip(effect), { startImmediately: true })
    yield* TestClock.adjust("1 seconds")
    return yield* Fiber.join(fiber)
  })

const settle = TestClock.adjust("1 millis")

/** An adapter whose reads never answer. */
const hungReads = (adapter: Adapter): Adapter => ({
  ...adapter,
  head: () => Effect.never,
  load: () => Effect.never,
  entries: () => Stream.never,
  list: () => Stream.never,
  changes: Effect.never,
  role: { ...adapter.role, read: Effect.never }
})

describe("a read out of time", () => {
  it.effect("is timed out and not applied, whichever it is", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      const policy = withTimeout(limits)(hungReads(adapter))
      const reads: ReadonlyArray<Effect.Effect<unknown, StorageError>> = [
        policy.head(key),
        policy.load(key),
        Stream.runCollect(policy.entries(key, {})),
        Stream.runCollect(policy.list(all)),
        Effect.scoped(policy.changes),
        policy.role.read
      ]
      const operations: Array<string> = []
      for (const read of reads) {
        const error = yield* afterLimit(read)
        assert.instanceOf(error.reason, TimedOut)
        assert.strictEqual(error.reason.limitMillis, 1_000)
        assert.strictEqual(error.outcome, "notApplied")
        operations.push(error.operation)
      }
      assert.deepStrictEqual(operations, ["head", "load", "entries", "list", "changes", "role"])
    }))

  it.effect("is interrupted", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      let isInterrupted = false
      const head = () => Effect.onInterrupt(Effect.never, () => Effect.sync(() => isInterrupted = true))
      yield* afterLimit(withTimeout(limits)({ ...adapter, head }).head(key))
      yield* settle
      assert.isTrue(isInterrupted)
    }))

  it.effect("is not waited for when it cannot be interrupted", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      const latch = yield* Latch.make(false)
      const stuck = Effect.uninterruptible(latch.await)
      const policy = withTimeout(limits)({
        ...adapter,
        head: () => Effect.as(stuck, Option.none()),
        list: () => Stream.drain(Stream.fromEffect(stuck))
      })
      assert.instanceOf((yield* afterLimit(policy.head(key))).reason, TimedOut)
      yield* latch.open
    }))

  it.effect("of a stream counts the time between rows, and not what the reader does with them", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      yield* adapter.commit(put("w", "1"))
      const policy = withTimeout(limits)({
        ...adapter,
        list: (query) => Stream.concat(adapter.list(query), Stream.never)
      })
      let rows = 0
      const slowly = Stream.runForEach(
        policy.list(all),
        () => Effect.andThen(Effect.sleep("5 seconds"), Effect.sync(() => rows++))
      )
      const fiber = yield* Effect.forkChild(Effect.flip(slowly), { startImmediately: true })
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(rows, 1)
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 seconds")
      assert.instanceOf((yield* Fiber.join(fiber)).reason, TimedOut)
    }))
})

describe("a write out of time", () => {
  it.effect("has an unknown outcome, and goes on", () =>
    Effect.gen(function*() {
      const latch = yield* Latch.make(false)
      const { adapter } = yield* makeScripted(hang(latch))
      const policy = withTimeout(limits)(adapter)
      const error = yield* afterLimit(policy.commit(put("w", "1")))
      assert.instanceOf(error.reason, OutcomeUnknown)
      assert.deepStrictEqual([error.operation, error.key], ["commit", key])
      assert.isUndefined(yield* bodyIn(policy))
      yield* latch.open
      yield* settle
      assert.strictEqual(yield* bodyIn(policy), "1")
    }))

  it.effect("keeps its key busy until it has returned, and no other key", () =>
    Effect.gen(function*() {
      const latch = yield* Latch.make(false)
      const { adapter, sent } = yield* makeScripted(hang(latch))
      const policy = withTimeout(limits)(adapter)
      yield* afterLimit(policy.commit(put("w1", "1")))

      const error = yield* Effect.flip(policy.commit(put("w2", "2")))
      assert.deepStrictEqual([error.reason._tag, error.outcome, error.remedy], ["Busy", "notApplied", "retry"])
      yield* policy.commit(putOther("w3", "3"))
      assert.deepStrictEqual(sent.map(({ writeId }) => writeId), ["w1", "w3"])

      yield* latch.open
      yield* settle
      yield* policy.commit(put("w4", "4"))
      assert.strictEqual(yield* bodyIn(policy), "4")
    }))

  it.effect("keeps its key busy until each of several that were out of time has returned", () =>
    Effect.gen(function*() {
      const [first, second] = [yield* Latch.make(false), yield* Latch.make(false)]
      const { adapter } = yield* makeScripted(hang(first), hang(second))
      const policy = withTimeout(limits)(adapter)
      const both = Effect.forEach([put("w1", "1"), put("w2", "2")], (change) => Effect.flip(policy.commit(change)), {
        concurrency: 2
      })
      const fiber = yield* Effect.forkChild(both, { startImmediately: true })
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.join(fiber)
      yield* first.open
      yield* settle
      assert.strictEqual((yield* Effect.flip(policy.commit(put("w3", "3")))).reason._tag, "Busy")
      yield* second.open
      yield* settle
      yield* policy.commit(put("w3", "3"))
    }))

  it.effect("that lands late reverts neither its retry nor a later save", () =>
    Effect.gen(function*() {
      const latch = yield* Latch.make(false)
      const { adapter, sent, next } = yield* makeScripted()
      const policy = retried({ attemptsMax: 20, timeMax: "5 minutes" })(withTimeout(limits)(adapter))
      yield* policy.commit(put("w0", "0"))
      next(hang(latch))
      const hung = yield* Effect.forkChild(policy.commit(put("w1", "hung")), { startImmediately: true })
      yield* TestClock.adjust("2 seconds")
      const later = yield* Effect.forkChild(policy.commit(put("w2", "later")), { startImmediately: true })
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(sent.map(({ writeId }) => writeId), ["w0", "w1"])

      yield* latch.open
      yield* TestClock.adjust("1 minutes")
      const versions = [yield* Fiber.join(hung), yield* Fiber.join(later)].map(({ keys }) => keys[0]!.version)
      assert.isBelow(versions[0]!, versions[1]!)
      assert.strictEqual(yield* bodyIn(policy), "later")
    }))

  it.effect("that lands late and is repeated doubles no entry", () =>
    Effect.gen(function*() {
      const latch = yield* Latch.make(false)
      const { adapter, next } = yield* makeScripted()
      const policy = retried({ timeMax: "5 minutes" })(withTimeout(limits)(adapter))
      yield* policy.commit(put("w0", "0"))
      next(hang(latch))
      const hung = yield* Effect.forkChild(policy.commit(append("w1", ["1", "2"])), { startImmediately: true })
      yield* TestClock.adjust("2 seconds")
      yield* latch.open
      yield* TestClock.adjust("1 minutes")
      const receipt = yield* Fiber.join(hung)
      assert.strictEqual(receipt.keys[0]!.entryCount, 2)
      assert.deepStrictEqual(yield* entriesIn(policy), ["1", "2"])
    }))

  it.effect("makes the health failing until it, or a later write, succeeds", () =>
    Effect.gen(function*() {
      const latch = yield* Latch.make(false)
      const { adapter } = yield* makeScripted(hang(latch))
      const policy = withTimeout(limits)(adapter)
      yield* afterLimit(policy.commit(put("w", "1")))
      const failing = yield* healthOf(policy)
      assert.strictEqual(failing.state, "failing")
      assert.strictEqual(Option.getOrThrow(failing.lastError).reason._tag, "OutcomeUnknown")
      yield* latch.open
      yield* settle
      assert.strictEqual((yield* healthOf(policy)).state, "healthy")
    }))

  it.effect("of the store's role has an unknown outcome", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      const policy = withTimeout(limits)({ ...adapter, role: { ...adapter.role, compareAndSet: () => Effect.never } })
      const next = { switchId: "s", epoch: 1, state: "current" } as const
      const error = yield* afterLimit(policy.role.compareAndSet(Option.none(), next))
      assert.deepStrictEqual([error.operation, error.outcome], ["role", "unknown"])
    }))
})

describe("a caller who is interrupted", () => {
  it.effect("stops waiting and cuts no write that an adapter would let be cut", () =>
    Effect.gen(function*() {
      const latch = yield* Latch.make(false)
      const { adapter } = yield* makeScripted(hang(latch))
      const policy = withTimeout(limits)(adapter)
      const fiber = yield* Effect.forkChild(policy.commit(put("w", "1")), { startImmediately: true })
      yield* Fiber.interrupt(fiber)
      yield* latch.open
      yield* settle
      assert.strictEqual(yield* bodyIn(policy), "1")
    }))
})

describe("a timeout without limits", () => {
  it.effect("passes calls through as they are", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      assert.strictEqual(withTimeout({})(adapter), adapter)
      assert.strictEqual(withTimeout({ read: "1 seconds" })(adapter).commit, adapter.commit)
      assert.strictEqual(withTimeout({ write: "1 seconds" })(adapter).load, adapter.load)
    }))
})
