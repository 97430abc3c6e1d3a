/** One sync of a folder covers all who asked before it began, and nobody who asked later. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Latch } from "effect"
import { IoFailure } from "../../src/io/Io.ts"
import { makeSharedSync } from "../../src/io/sharedSync.ts"

const failure = new IoFailure({ code: "EIO", errno: -5, syscall: "fsync", path: "/f", cause: undefined })

/** A sync that counts how often it began, and ends when it is let. */
const slowSync = Effect.gen(function*() {
  const gate = yield* Latch.make()
  const counts = { begun: 0, ended: 0 }
  const sync = Effect.gen(function*() {
    counts.begun += 1
    yield* gate.await
    counts.ended += 1
  })
  return { gate, counts, sync }
})

describe("a shared sync", () => {
  it.live("runs twice for many who ask while one is under way", () =>
    Effect.gen(function*() {
      const { counts, gate, sync } = yield* slowSync
      const shared = makeSharedSync()
      const fibers = yield* Effect.forEach(Array.from({ length: 20 }), () =>
        Effect.forkChild(shared("/f", sync), { startImmediately: true }))
      yield* gate.open
      yield* Effect.forEach(fibers, Fiber.join)
      assert.deepStrictEqual(counts, { begun: 2, ended: 2 })
    }))

  it.live("answers nobody before a sync has ended that began after he asked", () =>
    Effect.gen(function*() {
      const { counts, gate, sync } = yield* slowSync
      const shared = makeSharedSync()
      const first = yield* Effect.forkChild(shared("/f", sync), { startImmediately: true })
      const seen: Array<number> = []
      const late = yield* Effect.forkChild(
        Effect.tap(shared("/f", sync), () => Effect.sync(() => seen.push(counts.ended))),
        { startImmediately: true }
      )
      yield* gate.open
      yield* Fiber.join(first)
      yield* Fiber.join(late)
      assert.deepStrictEqual(seen, [2])
    }))

  it.live("runs at once for another folder", () =>
    Effect.gen(function*() {
      const { counts, gate, sync } = yield* slowSync
      const shared = makeSharedSync()
      yield* Effect.forkChild(shared("/f", sync), { startImmediately: true })
      yield* shared("/g", Effect.void)
      assert.strictEqual(counts.ended, 0)
      yield* gate.open
    }))

  it.live("fails for all who share it, and begins afresh for those who come later", () =>
    Effect.gen(function*() {
      const gate = yield* Latch.make()
      const shared = makeSharedSync()
      let runs = 0
      const failing = Effect.gen(function*() {
        runs += 1
        yield* gate.await
        return yield* failure
      })
      const fibers = yield* Effect.forEach(Array.from({ length: 4 }), () =>
        Effect.forkChild(Effect.flip(shared("/f", failing)), { startImmediately: true }))
      yield* gate.open
      const codes = yield* Effect.forEach(fibers, (fiber) =>
        Effect.map(Fiber.join(fiber), ({ code }) => code))
      assert.deepStrictEqual([codes, runs], [["EIO", "EIO", "EIO", "EIO"], 2])
      yield* shared("/f", Effect.void)
    }))
})
