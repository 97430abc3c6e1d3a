/** Updates of a session store over an adapter that loses answers: a function is never run on what it made itself. */
import { assert, describe, it } from "@effect/vitest"
import { makeMemory, makeMemoryAdapter, Session, type StorageError } from "@holdfast/core"
import { Chaos } from "@holdfast/core/testing"
import { Effect, Schema } from "effect"
import { type Policy, retried } from "../../src/policy/Policy.ts"
import { storeOver } from "../store/chats.ts"
import { inTime } from "./scripted.ts"

const Counter = Session.define("Counter", { state: Schema.Struct({ count: Schema.Int }), summary: ["count"] })

const loses = (nth: number, mishap: Chaos.Mishap = Chaos.loseAnswer): Chaos.Options => ({
  rules: [{ operation: "commit", nth, mishap }]
})

/** A counter at 0, in a memory in trouble below a policy. After a failed try another writer saves other counts. */
const openCounter = Effect.fnUntraced(function*(
  policy: Policy,
  trouble: Chaos.Options,
  others: ReadonlyArray<number> = []
) {
  const memory = yield* makeMemoryAdapter(makeMemory())
  const { adapter, control } = yield* Chaos.make(memory, trouble)
  const other = yield* storeOver(memory, Counter)
  const commit: typeof adapter.commit = (change) =>
    Effect.tapError(
      adapter.commit(change),
      () => Effect.orDie(Effect.forEach(others, (count) => other.save("a", { count })))
    )
  const store = yield* storeOver(policy({ ...adapter, commit }), Counter)
  yield* other.create({ count: 0 }, { id: "a" })
  let calls = 0
  const update = store.update("a", ({ count }) => {
    calls++
    return { count: count + 1 }
  })
  return {
    control,
    update,
    calls: () => calls,
    count: Effect.map(other.load("a"), ({ state }) => state.count)
  }
})

const unchanged: Policy = (adapter) => adapter

describe("an update whose answer is lost", () => {
  it.effect("fails with an unknown outcome and has run its function once", () =>
    Effect.gen(function*() {
      const { calls, count, update } = yield* openCounter(unchanged, loses(1))
      const error = yield* inTime(Effect.flip(update))
      assert.strictEqual((error as StorageError).reason._tag, "OutcomeUnknown")
      assert.deepStrictEqual([calls(), yield* count], [1, 1])
    }))

  it.effect("is sent again by a retry and has run its function once", () =>
    Effect.gen(function*() {
      for (const mishap of [Chaos.loseAnswer, Chaos.applyLate({ others: "overtake", after: "1 minutes" })]) {
        const { calls, count, update } = yield* openCounter(retried(), loses(1, mishap))
        const saved = yield* inTime(update)
        assert.deepStrictEqual([saved.state.count, calls(), yield* count], [1, 1, 1])
      }
    }))

  it.effect("and is overtaken by another writer before it is sent again has run its function once", () =>
    Effect.gen(function*() {
      const { calls, count, update } = yield* openCounter(retried(), loses(1), [100])
      const saved = yield* inTime(update)
      assert.deepStrictEqual([saved.state.count, calls(), yield* count], [1, 1, 100])
    }))

  it.effect("among fifty of them, every one of which meets with something, counts each exactly once", () =>
    Effect.gen(function*() {
      const chances = { lostAnswer: 0.4, lateApplication: 0.4 }
      const seed: Chaos.Seed = { seed: 20_261_123, chances, late: { others: "wait", after: "1 seconds" } }
      const { calls, control, count, update } = yield* openCounter(retried({ attemptsMax: 99, timeMax: "1 day" }), {
        seed
      })
      for (let n = 0; n < 50; n++) yield* inTime(update)
      assert.deepStrictEqual([calls(), yield* count], [50, 50])
      assert.isAbove((yield* control.log).length, 50)
    }))
})
