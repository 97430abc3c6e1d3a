import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { ioError, storageWith } from "./promiseStores.ts"
import { makeTyping, rest } from "./promiseTyping.ts"

const Step = Schema.Union([
  Schema.TaggedStruct("set", {}),
  Schema.TaggedStruct("wait", { millis: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 900 })) }),
  Schema.TaggedStruct("flush", {}),
  Schema.TaggedStruct("break", {}),
  Schema.TaggedStruct("mend", {})
])

type Step = typeof Step.Type

/** A memory whose commits take their time and fail while it is broken; it notes what it was asked to store. */
const makeWitness = (commitMillis: number) => {
  let isBroken = false
  let underWay = 0
  const seen = { counts: new Array<number>(), most: 0 }
  const storage = storageWith((memory) => ({
    commit: Effect.fnUntraced(function*(change) {
      underWay += 1
      seen.most = Math.max(seen.most, underWay)
      const [put] = change.operations
      if (put?._tag === "Put") seen.counts.push(JSON.parse(put.body).count)
      yield* Effect.sleep(commitMillis)
      underWay -= 1
      return isBroken ? yield* ioError("commit") : yield* memory.commit(change)
    })
  }))
  return {
    storage,
    seen,
    break: (): void => {
      isBroken = true
    },
    mend: (): void => {
      isBroken = false
    }
  }
}

const isRising = (counts: ReadonlyArray<number>) => counts.every((count, index) => count >= (counts[index - 1] ?? 0))

describe("an autosave, whatever comes in whatever order,", () => {
  it.effect.prop("loses nothing, and never overlaps, reorders or withholds a save", {
    steps: Arbitrary.array(Arbitrary.schema(Step), { maxLength: 30 }),
    commitMillis: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1500 })))
  }, ({ commitMillis, steps }) =>
    Effect.gen(function*() {
      const witness = makeWitness(commitMillis)
      const { autosave, stored, type } = yield* makeTyping(witness.storage)
      const flushes: Array<Promise<unknown>> = []
      let last = 0
      const take = (step: Step): Effect.Effect<void> => {
        switch (step._tag) {
          case "set":
            return Effect.sync(() => type(last += 1))
          case "wait":
            return TestClock.adjust(step.millis)
          case "flush":
            return Effect.sync(() => void flushes.push(Promise.allSettled([autosave.flush()])))
          case "break":
          case "mend":
            return Effect.sync(witness[step._tag])
        }
      }
      for (const step of steps) yield* take(step)
      yield* TestClock.adjust("1 minutes")
      const wasHealthy = steps.every(({ _tag }) => _tag !== "break")
      if (wasHealthy) assert.deepStrictEqual([autosave.status.state, yield* stored], ["idle", last || undefined])
      witness.mend()
      const flushed = autosave.flush()
      yield* TestClock.adjust("1 minutes")
      yield* rest
      yield* Effect.promise(() => Promise.all([flushed, ...flushes]))
      assert.deepStrictEqual([autosave.status.state, yield* stored], ["idle", last || undefined])
      assert.isTrue(isRising(witness.seen.counts), `stored ${String(witness.seen.counts)}`)
      assert.isAtMost(witness.seen.most, 1)
    }), { arbitrary: { runs: 100, size: 1000 } })
})
