/**
 * Random sequences over a SQLite store, judged by the reference model.
 *
 * `HOLDFAST_SEED` sets the seed, `HOLDFAST_REPLAY` repeats the failure that a token stands for.
 */
import { assert, it } from "@effect/vitest"
import { checkSequences } from "@holdfast/core/testing"
import { Effect } from "effect"
import { sqlite } from "./harness.ts"

const seed = process.env["HOLDFAST_SEED"]
const replay = process.env["HOLDFAST_REPLAY"]

// Lengths are drawn up to the maximum: forty commands on average, and of 25 sequences now and then fewer than 25.
const lengthMax = 80
const lengthAtLeast = 12

/** Declares a test of so many sequences. */
export const answersSequences = (runs: number): void => {
  it.live(`sqlite: ${runs} random sequences are answered as the model does`, () =>
    Effect.gen(function*() {
      const { commandCount } = yield* checkSequences(sqlite, { runs, length: lengthMax, seed, replay })
      if (replay === undefined) assert.isAtLeast(commandCount, runs * lengthAtLeast)
    }))
}
