/**
 * The search for a schedule that a chain does not survive. Prints the seed and the shortest schedule that it finds.
 *
 * `HOLDFAST_SEED` sets the seed.
 */
import { assert, it } from "@effect/vitest"
import { Arbitrary, Cause, Effect, Random } from "effect"
import { withClock } from "../../../src/testing/clocks.ts"
import { Broken, play } from "./playing.ts"
import { schedules, type Step } from "./schedule.ts"

const one = (steps: ReadonlyArray<Step>) =>
  // Processes do not restart within one reading of the clock.
  withClock("advancing", play(steps)).pipe(
    Effect.as(true),
    Effect.catchCause((cause) => {
      const error = Cause.squash(cause)
      return Effect.fail(error instanceof Broken ? error.message : Cause.pretty(cause))
    })
  )

const check = Effect.fnUntraced(function*(runs: number, lengthMax: number) {
  const seed = process.env["HOLDFAST_SEED"] ?? String(yield* Random.nextIntBetween(0, 2 ** 31))
  const result = yield* Arbitrary.checkEffect(schedules(lengthMax), one, { runs, seed, size: 1000, maxShrinks: 1500 })
  if (result._tag === "Passed") return result.runs
  const failure = result._tag === "Falsified" && result.failure._tag === "PropertyError"
    ? result.failure.error
    : Arbitrary.formatCheckFailure(result)
  return yield* Effect.die(new Error(`seed ${seed}\n${failure}`))
})

/** Declares a test of so many schedules. */
export const survivesSchedules = (runs: number): void => {
  it.live(
    `${runs} schedules of writes, failures, crashes and restarts lose nothing and invent nothing`,
    () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* check(runs, 30), runs)
      }),
    900_000
  )
}
