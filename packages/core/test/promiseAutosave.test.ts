import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { Clock, Effect } from "effect"
import { TestClock } from "effect/testing"
import { makeSlowStorage, rejection } from "./promiseStores.ts"
import { clockWith, makeCounted, makeTyping, rest } from "./promiseTyping.ts"

const makeController = () => new AbortController()

const mine = new Error("mine")

describe("an autosave", () => {
  it.effect("saves once, when no change came for the delay", () =>
    Effect.gen(function*() {
      const { commits, storage } = makeCounted()
      const { autosave, states, stored, type } = yield* makeTyping(storage)
      for (const count of [1, 2, 3]) {
        type(count)
        yield* TestClock.adjust("200 millis")
      }
      assert.deepStrictEqual([commits(), autosave.status.state], [0, "pending"])
      yield* TestClock.adjust("99 millis")
      assert.strictEqual(commits(), 0)
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual([commits(), autosave.status.state, yield* stored], [1, "idle", 3])
      assert.strictEqual(autosave.status.lastReceipt?.protocol, "memory")
      yield* TestClock.adjust("1 hours")
      yield* rest
      assert.deepStrictEqual([commits(), states], [1, ["pending", "saving", "idle"]])
    }))

  it.effect("saves at the latest after the maximum wait, while changes keep coming", () =>
    Effect.gen(function*() {
      const { commits, storage } = makeCounted()
      const { stored, type } = yield* makeTyping(storage)
      const saved: Array<readonly [number, number | undefined]> = []
      for (let count = 1; count <= 50; count++) {
        type(count)
        yield* TestClock.adjust("100 millis")
        if (commits() > saved.length) saved.push([count, yield* stored])
      }
      // The burst that begins with the first change of all ends 2 s later, the next one 2 s after its own.
      assert.deepStrictEqual(saved, [[20, 20], [40, 40]])
      yield* TestClock.adjust("300 millis")
      assert.deepStrictEqual([commits(), yield* stored], [3, 50])
    }))

  it.effect("keeps to the delay and the maximum wait that it is given", () =>
    Effect.gen(function*() {
      const { stored, type } = yield* makeTyping(MemoryAdapter.layer, { delay: 1000, maxWait: "1500 millis" })
      type(1)
      yield* TestClock.adjust("999 millis")
      assert.strictEqual(yield* stored, undefined)
      type(2)
      yield* TestClock.adjust("500 millis")
      assert.strictEqual(yield* stored, undefined)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* stored, 2)
    }))

  it.effect("is not held up by a wall clock that is set back", () =>
    Effect.gen(function*() {
      const setBack = clockWith(yield* Clock.Clock, { currentTimeMillis: Effect.succeed(-3_600_000) })
      const { stored, type } = yield* Effect.provideService(makeTyping(MemoryAdapter.layer), Clock.Clock, setBack)
      type(1)
      yield* TestClock.adjust("300 millis")
      assert.strictEqual(yield* stored, 1)
    }))

  it.effect("saves a change that came while a save was under way, after it and not beside it", () =>
    Effect.gen(function*() {
      const { begun, open, storage } = makeSlowStorage()
      const { autosave, stored, type } = yield* makeTyping(storage)
      type(1)
      yield* TestClock.adjust("300 millis")
      assert.deepStrictEqual([begun.length, autosave.status.state], [1, "saving"])
      for (const count of [2, 3, 4]) {
        type(count)
        yield* TestClock.adjust("1 seconds")
      }
      assert.deepStrictEqual([begun.length, autosave.status.state], [1, "saving"])
      open()
      yield* rest
      assert.deepStrictEqual([begun.length, yield* stored, autosave.status.state], [2, 4, "idle"])
    }))

  it.effect("goes on to pending when a change came during the save", () =>
    Effect.gen(function*() {
      const { open, storage } = makeSlowStorage()
      const { autosave, stored, type } = yield* makeTyping(storage)
      type(1)
      yield* TestClock.adjust("300 millis")
      type(2)
      open()
      yield* rest
      assert.deepStrictEqual([autosave.status.state, yield* stored], ["pending", 1])
      yield* TestClock.adjust("300 millis")
      assert.deepStrictEqual([autosave.status.state, yield* stored], ["idle", 2])
    }))
})

describe("flush", () => {
  it.effect("saves at once what is pending, and nothing is left for the timer", () =>
    Effect.gen(function*() {
      const { commits, storage } = makeCounted()
      const { autosave, stored, type } = yield* makeTyping(storage)
      type(1)
      const receipt = yield* Effect.promise(() => autosave.flush())
      assert.strictEqual(receipt?.version, autosave.status.lastReceipt?.version)
      assert.deepStrictEqual([commits(), yield* stored, autosave.status.state], [1, 1, "idle"])
      yield* TestClock.adjust("1 minutes")
      assert.strictEqual(commits(), 1)
    }))

  it.effect("begins the maximum wait afresh", () =>
    Effect.gen(function*() {
      const { stored, type, autosave } = yield* makeTyping(MemoryAdapter.layer)
      type(1)
      yield* Effect.promise(() => autosave.flush())
      yield* TestClock.adjust("250 millis")
      type(2)
      yield* TestClock.adjust("299 millis")
      assert.strictEqual(yield* stored, 1)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* stored, 2)
    }))

  it.effect("without anything pending writes nothing, and gives the last receipt there is", () =>
    Effect.gen(function*() {
      const { commits, storage } = makeCounted()
      const { autosave, type } = yield* makeTyping(storage)
      assert.strictEqual(yield* Effect.promise(() => autosave.flush()), undefined)
      type(1)
      const receipt = yield* Effect.promise(() => autosave.flush())
      assert.strictEqual(yield* Effect.promise(() => autosave.flush()), receipt)
      assert.strictEqual(commits(), 1)
    }))

  it.effect("waits for the save under way, and saves what came meanwhile", () =>
    Effect.gen(function*() {
      const { begun, open, storage } = makeSlowStorage()
      const { autosave, stored, type } = yield* makeTyping(storage)
      type(1)
      yield* TestClock.adjust("300 millis")
      type(2)
      const flushing = autosave.flush()
      yield* rest
      assert.lengthOf(begun, 1)
      open()
      yield* Effect.promise(() => flushing)
      assert.deepStrictEqual([begun.length, yield* stored], [2, 2])
    }))

  it.effect("that is aborted stops waiting, and the save goes on", () =>
    Effect.gen(function*() {
      const { begun, open, storage } = makeSlowStorage()
      const { autosave, stored, type } = yield* makeTyping(storage)
      type(1)
      const controller = makeController()
      const flushing = autosave.flush({ signal: controller.signal })
      yield* rest
      controller.abort(mine)
      assert.strictEqual(yield* Effect.promise(() => rejection(flushing)), mine)
      assert.deepStrictEqual([begun.length, autosave.status.state], [1, "saving"])
      open()
      yield* rest
      assert.deepStrictEqual([yield* stored, autosave.status.state], [1, "idle"])
    }))
})
