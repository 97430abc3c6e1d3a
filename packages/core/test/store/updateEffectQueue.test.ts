/** Updates by effects that wait, wait for each other, or are interrupted. */
import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { Session } from "@holdfast/core"
import { Cause, Effect, Exit, Fiber, Latch, Schema } from "effect"
import { TestClock } from "effect/testing"
import { openRecorded, storeOver } from "./chats.ts"

const Counter = Session.define("Counter", { state: Schema.Struct({ count: Schema.Int }), summary: ["count"] })

const increment = ({ count }: { readonly count: number }) => ({ count: count + 1 })

const openCounters = Effect.gen(function*() {
  const opened = yield* openRecorded(Counter)
  const { store: counters } = opened
  yield* Effect.forEach(["a", "b"], (id) => counters.create({ count: 0 }, { id }))
  const countOf = (id: string) => Effect.map(counters.load(id), ({ state }) => state.count)
  return { ...opened, counters, countOf }
})

/** A fiber that has run up to where it waits for the first time. */
const started = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.forkChild(effect, { startImmediately: true })

const isDone = <A, E>(fiber: Fiber.Fiber<A, E>) => fiber.pollUnsafe() !== undefined

describe("updates of one key", () => {
  it.effect("queue up: the effect of the next begins when the one before is written", () =>
    Effect.gen(function*() {
      const { counters } = yield* openCounters
      const gate = yield* Latch.make()
      const began: Array<number> = []
      const update = counters.updateEffect("a", (state) =>
        Effect.suspend(() => {
          began.push(state.count)
          return Effect.as(gate.await, increment(state))
        }))
      const updates = yield* Effect.forEach([0, 1, 2], () => started(update))
      assert.deepStrictEqual(began, [0])
      yield* gate.open
      const saved = yield* Effect.forEach(updates, Fiber.join)
      assert.deepStrictEqual([began, saved.map(({ state }) => state.count)], [[0, 1, 2], [1, 2, 3]])
    }))

  it.effect("queue up whether by a function or by an effect", () =>
    Effect.gen(function*() {
      const { counters, countOf } = yield* openCounters
      const gate = yield* Latch.make()
      const first = yield* started(counters.updateEffect("a", (state) => Effect.as(gate.await, increment(state))))
      const second = yield* started(counters.update("a", increment))
      assert.strictEqual(yield* countOf("a"), 0)
      yield* gate.open
      yield* Effect.all([Fiber.join(first), Fiber.join(second)])
      assert.strictEqual(yield* countOf("a"), 2)
    }))

  it.effect("are counted exactly, each effect run once, however long they take", () =>
    Effect.gen(function*() {
      const { changes, counters, countOf } = yield* openCounters
      const before = changes().length
      const updates = Array.from({ length: 50 }, (_, index) =>
        counters.updateEffect("a", (state) =>
          Effect.delay(Effect.succeed(increment(state)), `${index} millis`)))
      const updating = yield* started(Effect.all(updates, { concurrency: "unbounded" }))
      yield* TestClock.adjust("1 minutes")
      yield* Fiber.join(updating)
      assert.deepStrictEqual([yield* countOf("a"), changes().length - before], [50, 50])
    }))

  it.effect("go on behind one that fails", () =>
    Effect.gen(function*() {
      const { counters, countOf } = yield* openCounters
      const gate = yield* Latch.make()
      const failing = yield* started(
        Effect.flip(counters.updateEffect("a", () => Effect.andThen(gate.await, Effect.fail("mine"))))
      )
      const next = yield* started(counters.update("a", increment))
      yield* gate.open
      assert.strictEqual(yield* Fiber.join(failing), "mine")
      yield* Fiber.join(next)
      assert.strictEqual(yield* countOf("a"), 1)
    }))
})

describe("updates of different keys", () => {
  it.effect("wait for nobody", () =>
    Effect.gen(function*() {
      const { counters } = yield* openCounters
      const slow = yield* started(counters.updateEffect("a", () => Effect.never))
      assert.strictEqual(
        (yield* counters.updateEffect("b", (state) => Effect.succeed(increment(state)))).state.count,
        1
      )
      assert.isFalse(isDone(slow))
      yield* Fiber.interrupt(slow)
    }))

  it.effect("may be made one within the other", () =>
    Effect.gen(function*() {
      const { counters, countOf } = yield* openCounters
      const saved = yield* counters.updateEffect("a", (outer) =>
        Effect.map(
          counters.updateEffect("b", (inner) => Effect.succeed(increment(inner))),
          ({ state }) => ({
            count: outer.count + state.count * 10
          })
        ))
      assert.deepStrictEqual([saved.state.count, yield* countOf("b")], [10, 1])
    }))
})

describe("an update that is interrupted", () => {
  it.effect("while its effect runs changes nothing, and leaves the key to the next in the queue", () =>
    Effect.gen(function*() {
      const { changes, counters, countOf } = yield* openCounters
      const before = changes().length
      const first = yield* started(counters.updateEffect("a", () => Effect.never))
      const second = yield* started(counters.update("a", increment))
      yield* Fiber.interrupt(first)
      assert.strictEqual((yield* Fiber.join(second)).state.count, 1)
      assert.deepStrictEqual([yield* countOf("a"), changes().length - before], [1, 1])
    }))

  it.effect("by its own effect is interrupted, changes nothing and leaves the key free", () =>
    Effect.gen(function*() {
      const { counters, countOf } = yield* openCounters
      const exit = yield* Effect.exit(counters.updateEffect("a", () => Effect.interrupt))
      assert.isTrue(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause))
      assert.strictEqual(yield* countOf("a"), 0)
      yield* counters.update("a", increment)
    }))

  it.effect("by a timeout of its caller releases what its effect holds before the next begins", () =>
    Effect.gen(function*() {
      const { counters } = yield* openCounters
      const order: Array<string> = []
      const note = (what: string) => Effect.sync(() => order.push(what))
      const holding = counters.updateEffect("a", () => Effect.ensuring(Effect.never, note("released")))
      const first = yield* started(Effect.timeoutOption(holding, "1 seconds"))
      const second = yield* started(
        counters.updateEffect("a", (state) => Effect.as(note("began"), increment(state)))
      )
      yield* TestClock.adjust("1 seconds")
      assert.strictEqual((yield* Fiber.join(first))._tag, "None")
      yield* Fiber.join(second)
      assert.deepStrictEqual(order, ["released", "began"])
    }))

  it.effect("while it waits for its turn never runs its effect", () =>
    Effect.gen(function*() {
      const { counters, countOf } = yield* openCounters
      const gate = yield* Latch.make()
      let runs = 0
      const first = yield* started(counters.updateEffect("a", (state) => Effect.as(gate.await, increment(state))))
      const second = yield* started(
        counters.updateEffect("a", (state) =>
          Effect.sync(() => {
            runs += 1
            return increment(state)
          }))
      )
      yield* Fiber.interrupt(second)
      yield* gate.open
      yield* Fiber.join(first)
      assert.deepStrictEqual([runs, yield* countOf("a")], [0, 1])
    }))

  it.effect("between two tries writes nothing more and leaves the key free", () =>
    Effect.gen(function*() {
      const adapter = yield* MemoryAdapter.make()
      const other = yield* storeOver(adapter, Counter)
      yield* other.create({ count: 0 }, { id: "a" })
      let left = 1
      const store = yield* storeOver({
        ...adapter,
        commit: (change) =>
          Effect.andThen(
            Effect.orDie(Effect.when(other.save("a", { count: 100 }), Effect.sync(() => left-- > 0))),
            adapter.commit(change)
          )
      }, Counter)
      const updating = yield* started(store.updateEffect("a", (state) => Effect.succeed(increment(state))))
      assert.isFalse(isDone(updating))
      yield* Fiber.interrupt(updating)
      yield* TestClock.adjust("1 minutes")
      assert.strictEqual((yield* other.load("a")).state.count, 100)
      assert.strictEqual((yield* store.update("a", increment)).state.count, 101)
    }))
})
