/**
 * The memory adapter answers random sequences as the reference model does.
 *
 * `HOLDFAST_SEED` sets the seed, `HOLDFAST_REPLAY` repeats the failure that a token stands for.
 */
import { assert, it } from "@effect/vitest"
import { checkSequences } from "@holdfast/core/testing"
import { Effect } from "effect"
import { memory, smallMemory } from "./harness.ts"

const seed = process.env["HOLDFAST_SEED"]
const replay = process.env["HOLDFAST_REPLAY"]

it.live("memory answers sequences as the model does", () =>
  Effect.gen(function*() {
    const { commandCount, runs } = yield* checkSequences(memory, { runs: 200, length: 80, seed, replay })
    if (replay === undefined) assert.isAtLeast(commandCount, 160 * 40, `${runs} sequences are long enough`)
  }))

it.live("memory that promises less answers sequences as the model does", () =>
  checkSequences(smallMemory, { runs: 30, length: 80, seed, replay }))
