import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { StorageError } from "@holdfast/core"
import { SessionConflict } from "@holdfast/core/promise"
import { Clock, type Duration, Effect } from "effect"
import { TestClock } from "effect/testing"
import { draft, makeFlakyStorage, openChats, rejection, storageReason, storageWith } from "./promiseStores.ts"
import { clockWith, makeCounted, makeTyping, rest } from "./promiseTyping.ts"

const mine = new Error("mine")

describe("a save that fails", () => {
  it.effect("is told, keeps its state, and is tried again by the next flush", () =>
    Effect.gen(function*() {
      const flaky = makeFlakyStorage()
      const { autosave, errors, states, stored, type } = yield* makeTyping(flaky.storage)
      const error = flaky.break()
      type(1)
      yield* TestClock.adjust("300 millis")
      yield* rest
      assert.deepStrictEqual([autosave.status.state, autosave.status.lastError, errors], ["failed", error, [error]])
      yield* TestClock.adjust("1 hours")
      assert.lengthOf(errors, 1)
      assert.strictEqual(yield* Effect.promise(() => rejection(autosave.flush())), error)
      yield* rest
      assert.lengthOf(errors, 2)
      flaky.mend()
      yield* Effect.promise(() => autosave.flush())
      yield* rest
      assert.deepStrictEqual([autosave.status.state, autosave.status.lastError, yield* stored], ["idle", undefined, 1])
      assert.deepStrictEqual(states, ["pending", "saving", "failed", "saving", "failed", "saving", "idle"])
    }))

  it.effect("is tried again after the next change, with the newest state", () =>
    Effect.gen(function*() {
      const flaky = makeFlakyStorage()
      const { autosave, errors, stored, type } = yield* makeTyping(flaky.storage)
      flaky.break()
      type(1)
      yield* TestClock.adjust("300 millis")
      flaky.mend()
      type(2)
      assert.strictEqual(autosave.status.state, "pending")
      assert.instanceOf(autosave.status.lastError, StorageError)
      yield* TestClock.adjust("300 millis")
      assert.deepStrictEqual([yield* stored, errors.length, autosave.status.lastError], [2, 1, undefined])
    }))

  it.effect("because the state does not fit is told, and the next state is saved", () =>
    Effect.gen(function*() {
      const { errors, stored, type } = yield* makeTyping(MemoryAdapter.layer)
      type(0.5)
      yield* TestClock.adjust("300 millis")
      type(1)
      yield* TestClock.adjust("300 millis")
      assert.deepStrictEqual([errors.map(({ _tag }) => _tag), yield* stored], [["SessionInvalid"], 1])
    }))

  it.effect("because the adapter breaks rejects with what broke, and leaves the autosave working", () =>
    Effect.gen(function*() {
      let isBroken = true
      const storage = storageWith((memory) => ({
        commit: (change) => isBroken ? Effect.die(mine) : memory.commit(change)
      }))
      const { autosave, stored, type } = yield* makeTyping(storage)
      type(1)
      assert.strictEqual(yield* Effect.promise(() => rejection(autosave.flush())), mine)
      assert.strictEqual(autosave.status.state, "failed")
      isBroken = false
      yield* Effect.promise(() => autosave.flush())
      assert.strictEqual(yield* stored, 1)
    }))
})

describe("an autosave of a session that must be present", () => {
  it.effect("does not bring a removed session back", () =>
    Effect.gen(function*() {
      const { chats, errors, stored, type } = yield* makeTyping(MemoryAdapter.layer, { expect: "present" })
      yield* Effect.promise(() => chats.create(draft, { id: "a" }))
      type(1)
      yield* Effect.promise(() => chats.remove("a"))
      yield* TestClock.adjust("300 millis")
      assert.strictEqual(yield* stored, undefined)
      assert.instanceOf(errors[0], SessionConflict)
    }))
})

describe("an autosave that is closed", () => {
  it.effect("has saved what was pending, and takes nothing more", () =>
    Effect.gen(function*() {
      const { commits, storage } = makeCounted()
      const { autosave, chats, stored, type } = yield* makeTyping(storage)
      type(1)
      yield* Effect.promise(() => autosave.close())
      assert.deepStrictEqual([commits(), yield* stored], [1, 1])
      assert.throws(() => type(2), "memory.commit \"a\": the store is closed; nothing was changed")
      yield* TestClock.adjust("1 minutes")
      yield* Effect.promise(() => autosave.close())
      yield* Effect.promise(() => chats.close())
      assert.strictEqual(commits(), 1)
    }))

  it.effect("keeps what could not be saved until closing it again succeeds", () =>
    Effect.gen(function*() {
      const flaky = makeFlakyStorage()
      const { autosave, stored, type } = yield* makeTyping(flaky.storage)
      type(1)
      const error = flaky.break()
      assert.strictEqual(yield* Effect.promise(() => rejection(autosave.close())), error)
      flaky.mend()
      yield* Effect.promise(() => autosave.close())
      assert.strictEqual(yield* stored, 1)
    }))

  it("by await using has saved what was pending", async () => {
    await using chats = await openChats()
    {
      await using autosave = chats.autosave("a", { onError: assert.fail.bind(assert, "failed") })
      autosave.set(draft)
    }
    assert.deepStrictEqual((await chats.load("a")).state, draft)
  })

  it.effect("has had one timer, and leaves none behind that would keep the program alive", () =>
    Effect.gen(function*() {
      const clock = yield* Clock.Clock
      let started = 0
      let sleeping = 0
      const sleep = (duration: Duration.Duration) =>
        Effect.acquireUseRelease(
          Effect.sync(() => {
            started += 1
            sleeping += 1
          }),
          () => clock.sleep(duration),
          () => Effect.sync(() => sleeping -= 1)
        )
      const { autosave, type } = yield* Effect.provideService(
        makeTyping(MemoryAdapter.layer),
        Clock.Clock,
        clockWith(clock, { sleep })
      )
      for (const count of [1, 2, 3]) type(count)
      assert.strictEqual(sleeping, 1)
      yield* Effect.promise(() => autosave.close())
      yield* rest
      assert.deepStrictEqual([started, sleeping], [1, 0])
    }))

  it("with the store tells every later save that it is closed", async () => {
    const chats = await openChats()
    await chats.close()
    const autosave = chats.autosave("a", { onError: () => {} })
    autosave.set(draft)
    assert.strictEqual(await storageReason(autosave.flush()), "Closed")
  })
})
