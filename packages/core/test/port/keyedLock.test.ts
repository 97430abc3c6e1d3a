import { assert, describe, it } from "@effect/vitest"
import { type KeyedLock, makeKeyedLock } from "@holdfast/core"
import { Effect, Exit, Fiber, Ref } from "effect"
import { TestClock } from "effect/testing"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

/** The bytes that are still held after a garbage collection. */
const heldBytes = Effect.sync(() => {
  setFlagsFromString("--expose-gc")
  const collect = runInNewContext("gc") as () => void
  collect()
  return process.memoryUsage().heapUsed
})

/** Work that takes a second and counts how much of it runs at one time. */
const makeWork = Effect.gen(function*() {
  const running = yield* Ref.make(0)
  const most = yield* Ref.make(0)
  const work = Effect.gen(function*() {
    const count = yield* Ref.updateAndGet(running, (value) => value + 1)
    yield* Ref.update(most, (value) => Math.max(value, count))
    yield* Effect.sleep("1 seconds")
    yield* Ref.update(running, (value) => value - 1)
  })
  return { work, most }
})

const started = <A, E>(effect: Effect.Effect<A, E>) => Effect.forkChild(effect, { startImmediately: true })

const startAll = (lock: KeyedLock, keys: ReadonlyArray<string>, work: Effect.Effect<void>) =>
  Effect.forEach(keys, (key) => started(lock(key)(work)))

/** A key that takes its own 4000 bytes of memory. */
const longKey = (index: number) => Buffer.alloc(4_000, `${index}`).toString()

describe("a keyed lock", () => {
  it.effect("runs one effect at a time under a key, in the order in which they came", () =>
    Effect.gen(function*() {
      const lock = yield* makeKeyedLock
      const { most, work } = yield* makeWork
      const order: Array<number> = []
      const numbered = (index: number) => lock("a")(Effect.andThen(work, Effect.sync(() => order.push(index))))
      const fibers = yield* Effect.forEach([0, 1, 2, 3], (index) => started(numbered(index)))
      yield* TestClock.adjust("4 seconds")
      yield* Fiber.joinAll(fibers)
      assert.strictEqual(yield* Ref.get(most), 1)
      assert.deepStrictEqual(order, [0, 1, 2, 3])
    }))

  it.effect("runs effects of different keys at the same time", () =>
    Effect.gen(function*() {
      const lock = yield* makeKeyedLock
      const { most, work } = yield* makeWork
      const fibers = yield* startAll(lock, ["a", "b", "c", "a"], work)
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.joinAll(fibers)
      assert.strictEqual(yield* Ref.get(most), 3)
    }))

  it.effect("gives back what the effect gives, success, failure or defect, and is free after it", () =>
    Effect.gen(function*() {
      const lock = yield* makeKeyedLock
      const exits = [Exit.succeed(1), Exit.fail("no"), Exit.die("broken")]
      for (const exit of exits) assert.deepStrictEqual(yield* Effect.exit(lock("a")(exit)), exit)
    }))

  it.effect("is free after its holder was interrupted", () =>
    Effect.gen(function*() {
      const lock = yield* makeKeyedLock
      yield* Fiber.interrupt(yield* started(lock("a")(Effect.never)))
      assert.strictEqual(yield* lock("a")(Effect.succeed(1)), 1)
    }))

  it.effect("lets a waiter be interrupted without running it", () =>
    Effect.gen(function*() {
      const lock = yield* makeKeyedLock
      const { most, work } = yield* makeWork
      const holder = yield* started(lock("a")(Effect.sleep("1 seconds")))
      const waiter = yield* started(lock("a")(work))
      const interrupting = yield* started(Fiber.interrupt(waiter))
      assert.isDefined(interrupting.pollUnsafe())
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.join(holder)
      assert.strictEqual(yield* Ref.get(most), 0)
    }))

  it.effect("keeps no key that nobody uses", () =>
    Effect.gen(function*() {
      const lock = yield* makeKeyedLock
      const before = yield* heldBytes
      // Kept, these keys would hold 40 million bytes.
      yield* Effect.forEach(Array(10_000).keys(), (index) => lock(longKey(index))(Effect.void), { discard: true })
      const after = yield* heldBytes
      assert.isBelow(after - before, 20_000_000)
      yield* lock("a")(Effect.void)
    }))

  it.effect("has a key space of its own", () =>
    Effect.gen(function*() {
      const one = yield* makeKeyedLock
      const two = yield* makeKeyedLock
      assert.strictEqual(yield* one("a")(two("a")(Effect.succeed(1))), 1)
    }))
})
