import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { Session, type StorageAdapter } from "@holdfast/core"
import { Cause, Effect, Exit, Fiber, Latch, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Chat, draft, hello, openChats, openStore, storeOver } from "./chats.ts"

const Counter = Session.define("Counter", { state: Schema.Struct({ count: Schema.Int }), summary: ["count"] })

const increment = ({ count }: { readonly count: number }) => ({ count: count + 1 })

/** An adapter before each of whose first `times` commits another writer saves. */
const contended = Effect.fnUntraced(function*(adapter: StorageAdapter["Service"], times: number) {
  const other = yield* storeOver(adapter, Counter)
  let left = times
  const commit: StorageAdapter["Service"]["commit"] = Effect.fnUntraced(function*(change) {
    if (left > 0) yield* Effect.orDie(other.save("a", { count: 100 }))
    left -= 1
    return yield* adapter.commit(change)
  })
  return { ...adapter, commit }
})

/** An update that counts how often its function runs. */
const openContended = Effect.fnUntraced(function*(times: number) {
  const adapter = yield* MemoryAdapter.make()
  yield* (yield* storeOver(adapter, Counter)).create({ count: 0 }, { id: "a" })
  const store = yield* storeOver(yield* contended(adapter, times), Counter)
  let calls = 0
  const update = store.update("a", (state) => {
    calls += 1
    return increment(state)
  })
  const updating = yield* Effect.forkChild(Effect.result(update), { startImmediately: true })
  yield* TestClock.adjust("10 seconds")
  return { result: yield* Fiber.join(updating), calls, store }
})

describe("update", () => {
  it.effect("writes what the function makes of the state, and keeps the entries", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const first = yield* chats.create(draft, { id: "a", entries: [hello] })
      const saved = yield* chats.update("a", (state) => ({ ...state, pinned: true }))
      assert.deepStrictEqual([saved.state, saved.entryCount], [{ title: "Draft", pinned: true }, 1])
      assert.isAbove(saved.version, first.version)
      const { receipt: _, ...session } = saved
      assert.deepStrictEqual(yield* chats.load("a"), session)
    }))

  it.effect("counts 50 concurrent updates of a key exactly, and runs each function once", () =>
    Effect.gen(function*() {
      const counters = yield* openStore(Counter)
      yield* counters.create({ count: 0 }, { id: "a" })
      let calls = 0
      const update = counters.update("a", (state) => {
        calls += 1
        return increment(state)
      })
      yield* Effect.all(Array.from({ length: 50 }, () => update), { concurrency: "unbounded" })
      assert.strictEqual((yield* counters.load("a")).state.count, 50)
      assert.strictEqual(calls, 50)
    }))

  it.effect("of one key waits for no update of another", () =>
    Effect.gen(function*() {
      const memory = yield* MemoryAdapter.make()
      const load: typeof memory.load = (key) => key.id === "slow" ? Effect.never : memory.load(key)
      const counters = yield* storeOver({ ...memory, load }, Counter)
      yield* Effect.forEach(["slow", "quick"], (id) => counters.create({ count: 0 }, { id }))
      const slow = yield* Effect.forkChild(counters.update("slow", increment), { startImmediately: true })
      assert.strictEqual((yield* counters.update("quick", increment)).state.count, 1)
      yield* Fiber.interrupt(slow)
    }))

  it.effect("is tried again, its function included, when another writer was faster", () =>
    Effect.gen(function*() {
      const { calls, result, store } = yield* openContended(3)
      assert.strictEqual(result._tag, "Success")
      assert.strictEqual((yield* store.load("a")).state.count, 101)
      assert.strictEqual(calls, 4)
    }))

  it.effect("fails with a conflict after a bounded number of tries", () =>
    Effect.gen(function*() {
      const { calls, result, store } = yield* openContended(Infinity)
      assert.isTrue(result._tag === "Failure" && result.failure._tag === "SessionConflict")
      assert.strictEqual(calls, 31)
      assert.strictEqual((yield* store.load("a")).state.count, 100)
    }))

  it.effect("of two stores over one memory loses nothing", () =>
    Effect.gen(function*() {
      const memory = MemoryAdapter.makeMemory()
      const open = Effect.flatMap(MemoryAdapter.make(memory), (adapter) => storeOver(adapter, Counter))
      const stores = yield* Effect.all([open, open])
      yield* stores[0].create({ count: 0 }, { id: "a" })
      const updates = stores.flatMap((store) => Array.from({ length: 25 }, () => store.update("a", increment)))
      const updating = yield* Effect.forkChild(Effect.all(updates, { concurrency: "unbounded" }), {
        startImmediately: true
      })
      yield* TestClock.adjust("1 minutes")
      yield* Fiber.join(updating)
      assert.strictEqual((yield* stores[1].load("a")).state.count, 50)
    }))

  it.effect("of what is not there fails without calling the function", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const error = yield* Effect.flip(chats.update("a", () => assert.fail("called")))
      assert.strictEqual(error._tag, "SessionNotFound")
    }))

  it.effect("that makes a state that does not fit changes nothing and is not tried again", () =>
    Effect.gen(function*() {
      const counters = yield* openStore(Counter)
      const { receipt: _, ...session } = yield* counters.create({ count: 0 }, { id: "a" })
      const error = yield* Effect.flip(counters.update("a", () => ({ count: 0.5 })))
      assert.isTrue(error._tag === "SessionInvalid" && error.reason._tag === "NotEncodable")
      assert.deepStrictEqual(yield* counters.load("a"), session)
    }))

  it.effect("whose function throws is a defect that leaves the key free", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      yield* chats.create(draft, { id: "a" })
      const thrown = new Error("mine")
      const exit = yield* Effect.exit(chats.update("a", () => {
        throw thrown
      }))
      assert.isTrue(Exit.isFailure(exit) && Cause.squash(exit.cause) === thrown && Cause.hasDies(exit.cause))
      yield* chats.update("a", (state) => ({ ...state, pinned: true }))
    }))

  it.effect("of an interrupted caller leaves the key to the next in the queue", () =>
    Effect.gen(function*() {
      const memory = yield* MemoryAdapter.make()
      const gate = yield* Latch.make()
      const chats = yield* storeOver({ ...memory, load: (key) => Effect.andThen(gate.await, memory.load(key)) }, Chat)
      yield* chats.create(draft, { id: "a" })
      const start = (title: string) =>
        Effect.forkChild(chats.update("a", (state) => ({ ...state, title: state.title + title })), {
          startImmediately: true
        })
      const updates = yield* Effect.forEach(["1", "2", "3"], start)
      yield* Fiber.interruptAll(updates.slice(0, 2))
      yield* gate.open
      assert.strictEqual((yield* Fiber.join(updates[2]!)).state.title, "Draft3")
    }))
})
