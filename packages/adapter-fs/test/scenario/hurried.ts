/** Haste for sweeps: short waits between tries are over at once, long ones are a fiftieth, and errors have no stack. */
import { Clock, Duration, Effect } from "effect"

// Waits between tries are shorter, and what waits for an answer that does not come is longer.
const waitMax = Duration.millis(100)

/** Runs an effect in a hurry. */
export const hurried = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Clock.clockWith((clock) =>
    Effect.provideService(effect, Clock.Clock, {
      currentTimeMillis: clock.currentTimeMillis,
      currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe(),
      currentTimeNanos: clock.currentTimeNanos,
      currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
      monotonicTimeNanos: clock.monotonicTimeNanos,
      monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
      sleep: (duration) =>
        Duration.isLessThan(duration, waitMax) ? Effect.yieldNow : clock.sleep(Duration.times(duration, 0.02))
    })
  )

/** Without stacks errors cost a fifth, and most of what a sweep does is to fail. */
export const stackless = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const limit = Error.stackTraceLimit
      Error.stackTraceLimit = 0
      return limit
    }),
    () => effect,
    (limit) => Effect.sync(() => Error.stackTraceLimit = limit)
  )
