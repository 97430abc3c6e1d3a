/**
 * Model-based sequences: random commands over a few keys, two instances and some concurrency, each answer
 * judged by the reference model.
 *
 * What runs at the same time must be explained by some serial order. Where several orders explain the
 * answers, all of them are kept until a later answer decides. A failure shows the shortest sequence that
 * was found and a token that replays it.
 */
import * as Arbitrary from "effect/Arbitrary"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { withClock } from "./clocks.ts"
import { type Command, sequencesOf } from "./commands.ts"
import type { Harness } from "./Harness.ts"
import { describeCause } from "./Law.ts"
import { runSequence, SequenceBroken } from "./sequenceRun.ts"

export interface SequenceOptions {
  /** How many sequences. */
  readonly runs: number
  /** How many commands a sequence has at most. */
  readonly length: number
  /** Drawn and printed when absent. */
  readonly seed?: string | number | undefined
  /** How many shorter sequences are tried after a failure; 2,000 by default. */
  readonly shrinks?: number | undefined
  /** The token of an earlier failure: runs its sequence and nothing else. */
  readonly replay?: string | undefined
}

export interface SequenceSummary {
  readonly runs: number
  readonly commandCount: number
  readonly seed: string | number
}

/** Some sequence of commands is answered in a way that the model does not allow. */
export class SequencesBroken extends Data.TaggedError("SequencesBroken")<{
  readonly message: string
  readonly replay: string | undefined
}> {}

// A candidate costs one short run; forty commands shrink to a handful within a few hundred.
const shrinksDefault = 2000

// Draws are bounded by themselves; the size only has to stay out of their way.
const drawSize = 1000

const seedMax = 2 ** 31

const asBroken = (cause: Cause.Cause<unknown>): Effect.Effect<never, SequenceBroken> => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
  const error = Cause.squash(cause)
  return Effect.fail(
    error instanceof SequenceBroken ? error : new SequenceBroken({ why: describeCause(cause), trace: [] })
  )
}

/** Runs one sequence on fresh storage. */
const checkOne = (harness: Harness, commands: ReadonlyArray<Command>): Effect.Effect<boolean, SequenceBroken> =>
  Effect.gen(function*() {
    yield* runSequence(yield* harness.fresh, commands)
    return true
  }).pipe(Effect.scoped, (run) => withClock("advancing", run), Effect.catchCause(asBroken))

interface Failure {
  readonly name: string
  readonly seed: string | number
  readonly error: SequenceBroken
  readonly replay: string
}

const describeFailure = ({ error, name, replay, seed }: Failure): string =>
  [
    `${name} answers a sequence in a way that the model does not allow:`,
    ...error.trace.map((line) => `  ${line}`),
    error.why,
    `seed: ${seed}`,
    `replay: ${replay}`
  ].join("\n")

/** Checks random sequences against the reference model. Prints the seed. */
export const checkSequences = Effect.fnUntraced(function*(
  harness: Harness,
  options: SequenceOptions
): Effect.fn.Return<SequenceSummary, SequencesBroken> {
  const { replay, runs } = options
  const seed = options.seed ?? (yield* Random.nextIntBetween(0, seedMax))
  yield* Console.log(`${harness.name}: sequences with ${replay === undefined ? `seed ${seed}` : `replay ${replay}`}`)
  let commandCount = 0
  const check = (commands: ReadonlyArray<Command>) =>
    Effect.suspend(() => {
      commandCount += commands.length
      return checkOne(harness, commands)
    })
  const checkOptions = { runs, seed, replay, size: drawSize, maxShrinks: options.shrinks ?? shrinksDefault }
  const result = yield* Arbitrary.checkEffect(sequencesOf(options.length), check, checkOptions)
  if (result._tag === "Passed") return { runs: result.runs, commandCount, seed }
  if (result._tag === "Falsified" && result.failure._tag === "PropertyError") {
    const { failure: { error }, replay } = result
    const message = describeFailure({ name: harness.name, seed, error, replay })
    return yield* new SequencesBroken({ message, replay })
  }
  const message = Arbitrary.formatCheckFailure(result) ?? "the check came to no end"
  return yield* new SequencesBroken({ message, replay: undefined })
})
