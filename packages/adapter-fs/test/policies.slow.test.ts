/** Every policy round a store of files keeps the laws of the port, whatever its harness offers to play; a retry loses and doubles nothing. */
import { assert, describe, it } from "@effect/vitest"
import { conformance } from "@holdfast/core/testing/vitest"
import { Effect, identity } from "effect"
import { manners, playLossy } from "../../../testing/lossy.ts"
import { withEveryPolicy } from "../../../testing/policies.ts"
import { renamed } from "./harness.ts"

for (const harness of withEveryPolicy(renamed)) conformance(harness)

const seeds = Array.from({ length: 20 }, (_, seed) => seed)

describe("a retry over files that lose answers and apply late", () => {
  for (const others of manners) {
    it.live(
      `doubles no entry, reverts no save and invents no conflict, while others ${others}`,
      () =>
        Effect.gen(function*() {
          for (const seed of seeds) {
            const { open } = yield* renamed.fresh
            const run = yield* playLossy(open, { seed, others, writeCount: 22, inTime: identity })
            assert.deepStrictEqual(run.read, run.acknowledged, `seed ${seed}`)
            assert.deepStrictEqual(run.versions, [...new Set(run.versions)].toSorted((a, b) => a - b), `seed ${seed}`)
            assert.isAbove(run.mishapCount, 5)
          }
        }),
      120_000
    )
  }
})
