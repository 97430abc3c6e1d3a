/**
 * The reference model watches: random sequences see flaws without a law that is made for them, and show them
 * in a short sequence that can be replayed.
 */
import { assert, it } from "@effect/vitest"
import { checkSequences, SequencesBroken } from "@holdfast/core/testing"
import { Effect } from "effect"
import { mutants } from "./mutants.ts"

/** One flaw of each kind that sequences are made to find. */
const seen: ReadonlyArray<string> = [
  "putClearsEntries",
  "forgetsVersions",
  "ignoresFloor",
  "anyVersionWill",
  "keyByKey",
  "writesInHalves",
  "includesEnd",
  "repeatsAppends",
  "remembersInInstance",
  "forgetsRemovedIds",
  "oldIncarnation",
  "listsByPrefix",
  "tiesById",
  "skipsTies",
  "forgetsOnOpen",
  "checksThenWrites",
  "appendsOverEachOther",
  "tearsBatches"
]

const harnessOf = (id: string) => mutants.find((mutant) => mutant.id === id)!.harness

for (const id of seen) {
  it.live(`sequences see ${id}`, () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(checkSequences(harnessOf(id), { runs: 200, length: 60, seed: 7, shrinks: 0 }))
      assert.instanceOf(error, SequencesBroken)
    }))
}

it.live("a failure is shown in its shortest sequence, and its token replays it", () =>
  Effect.gen(function*() {
    const harness = harnessOf("putClearsEntries")
    const error = yield* Effect.flip(checkSequences(harness, { runs: 200, length: 60, seed: 7 }))
    const steps = error.message.split("\n").filter((line) => line.startsWith("  "))
    assert.isAtMost(steps.length, 3, error.message)
    assert.include(error.message, "seed: 7")
    const again = yield* Effect.flip(checkSequences(harness, { runs: 1, length: 60, replay: error.replay }))
    assert.deepStrictEqual(again.message.split("\n").filter((line) => line.startsWith("  ")).length, steps.length)
  }))
