/** A retry over memory that loses answers and applies late by seed comes out as if each write had been sent once. */
import { assert, describe, it } from "@effect/vitest"
import { makeMemory, makeMemoryAdapter } from "@holdfast/core"
import { Arbitrary, Effect, Schema } from "effect"
import { manners, playLossy } from "../../../../testing/lossy.ts"
import { inTime } from "./scripted.ts"

const seeds = Arbitrary.schema(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 }))))

describe("a retry over chaos", () => {
  for (const others of manners) {
    it.effect.prop(
      `doubles no entry, reverts no save and invents no conflict, while others ${others}`,
      { seed: seeds },
      ({ seed }) =>
        Effect.gen(function*() {
          const run = yield* playLossy(makeMemoryAdapter(makeMemory()), { seed, others, writeCount: 22, inTime })
          assert.deepStrictEqual(run.read, run.acknowledged)
          assert.deepStrictEqual(run.versions, [...new Set(run.versions)].toSorted((a, b) => a - b))
          assert.isAbove(run.mishapCount, 5)
        }),
      { arbitrary: { runs: 8 } }
    )
  }
})
