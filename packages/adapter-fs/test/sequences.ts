/**
 * Random sequences over file stores, judged by the reference model.
 *
 * `HOLDFAST_SEED` sets the seed, `HOLDFAST_REPLAY` repeats the failure that a token stands for.
 */
import { assert, it } from "@effect/vitest"
import { checkSequences, type Harness } from "@holdfast/core/testing"
import { Effect } from "effect"

const seed = process.env["HOLDFAST_SEED"]
const replay = process.env["HOLDFAST_REPLAY"]

// Lengths are drawn up to the maximum, so sequences have forty commands on average.
const lengthMax = 80

/** Declares a test of so many sequences for each store. */
export const answersSequences = (harnesses: ReadonlyArray<Harness>, runs: number): void => {
  for (const harness of harnesses) {
    it.live(`${harness.name}: ${runs} random sequences are answered as the model does`, () =>
      Effect.gen(function*() {
        const { commandCount } = yield* checkSequences(harness, { runs, length: lengthMax, seed, replay })
        if (replay === undefined) assert.isAtLeast(commandCount, runs * 12)
      }))
  }
}
