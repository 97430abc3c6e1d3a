/**
 * Patience: how long a law waits for something that comes by itself, as a change that is reported.
 *
 * It bounds what takes as long as it takes and says what did not come. No law sleeps for so long: a law that
 * holds goes on as soon as it has seen what it waits for.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { broken, type LawBroken } from "./claims.ts"

/** The patience of the laws that run: 10 seconds unless a run says otherwise. */
export const Patience: Context.Reference<Duration.Duration> = Context.Reference<Duration.Duration>(
  "@holdfast/core/testing/Patience",
  { defaultValue: () => Duration.seconds(10) }
)

/** Claims that an effect comes to its end within the law's patience. */
export const inTime = <A, E, R>(effect: Effect.Effect<A, E, R>, claim: string): Effect.Effect<A, E | LawBroken, R> =>
  Effect.flatMap(Patience, (duration) =>
    Effect.timeoutOrElse(effect, {
      duration,
      orElse: () => broken(`not within ${Duration.format(duration)}: ${claim}`)
    }))
