/** The gate between those who commit and whoever replaces the store-level record. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Latch } from "effect"
import { makeGate } from "../../src/commit/gate.ts"

const fork = <A, E>(effect: Effect.Effect<A, E>) => Effect.forkChild(effect, { startImmediately: true })

describe("a gate", () => {
  it.live("is passed side by side, and shut while nobody is inside", () =>
    Effect.gen(function*() {
      const gate = makeGate()
      const leave = yield* Latch.make()
      const seen: Array<string> = []
      const say = (what: string) => Effect.sync(() => void seen.push(what))
      const insiders = yield* Effect.forEach(
        [1, 2],
        () => fork(gate.pass(Effect.andThen(say("in"), Effect.andThen(leave.await, say("out")))))
      )
      const shutting = yield* fork(gate.shut(say("alone")))
      const late = yield* fork(gate.pass(say("late")))
      yield* Effect.sleep(5)
      assert.deepStrictEqual([seen, gate.isShut()], [["in", "in"], true])
      yield* leave.open
      for (const fiber of [...insiders, shutting, late]) yield* Fiber.join(fiber)
      assert.deepStrictEqual(seen, ["in", "in", "out", "out", "alone", "late"])
      assert.isFalse(gate.isShut())
    }))

  it.live("keeps two who shut it apart, and is open again when one of them gives up waiting", () =>
    Effect.gen(function*() {
      const gate = makeGate()
      const leave = yield* Latch.make()
      let inside = 0
      let most = 0
      const alone = Effect.gen(function*() {
        most = Math.max(most, ++inside)
        yield* Effect.sleep(1)
        inside -= 1
      })
      yield* Effect.forEach(Array.from({ length: 5 }), () => gate.shut(alone), { concurrency: "unbounded" })
      assert.strictEqual(most, 1)

      const insider = yield* fork(gate.pass(leave.await))
      const given = yield* fork(gate.shut(Effect.void))
      const waiting = yield* fork(gate.pass(Effect.void))
      yield* Fiber.interrupt(given)
      yield* Fiber.join(waiting)
      assert.isFalse(gate.isShut())
      yield* leave.open
      yield* Fiber.join(insider)
      yield* gate.shut(Effect.void)
    }))

  it.live("lets whoever shuts it in before those who go on coming", () =>
    Effect.gen(function*() {
      const gate = makeGate()
      let hasShut = false
      const coming = Effect.suspend(() => hasShut ? Effect.void : gate.pass(Effect.sleep(1)))
      const lanes = yield* Effect.forEach(
        [1, 2, 3],
        () => fork(Effect.forEach(Array.from({ length: 2_000 }), () => coming, { discard: true }))
      )
      yield* gate.shut(Effect.sync(() => {
        hasShut = true
      })).pipe(Effect.timeout("1 second"))
      for (const lane of lanes) yield* Fiber.join(lane)
      assert.isTrue(hasShut)
    }))
})
