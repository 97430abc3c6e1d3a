import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { full, judgeProgram, knownBad } from "./programs.ts"

describe("the model of a power cut", () => {
  for (const names of ["journal", "any"] as const) {
    it.effect(`finds nothing wrong with the full protocol, names in order: ${names}`, () =>
      Effect.gen(function*() {
        const { states, wrong } = yield* judgeProgram(full, names)
        assert.deepStrictEqual(wrong, [])
        assert.isAbove(states, 15)
      }))
  }

  for (const [what, program] of Object.entries(knownBad)) {
    it.effect(`finds the loss in ${what}`, () =>
      Effect.gen(function*() {
        const { states, wrong } = yield* judgeProgram(program(), "journal")
        assert.isAbove(wrong.length, 0)
        assert.isBelow(wrong.length, states)
      }))
  }
})
