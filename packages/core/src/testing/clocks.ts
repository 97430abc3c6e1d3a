/**
 * Clocks for laws: time that moves as a law needs it, so that no law sleeps and none depends on how fast
 * the machine is.
 *
 * Only the wall clock is replaced; sleeping and measuring stay as they are, so timeouts work.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** `advancing`: every reading is later than the one before. `standing`: none is. `goingBack`: each is earlier. */
export type ClockKind = "advancing" | "standing" | "goingBack"

const nanosPerMilli = 1_000_000n

// A second per reading, so that a version seeded by the clock would fall by far more than writes add to it.
const stepBackMillis = 1000

const readings = (kind: ClockKind, clock: Clock.Clock): () => number => {
  const start = clock.currentTimeMillisUnsafe()
  let last = start
  switch (kind) {
    case "standing":
      return () => start
    case "goingBack":
      return () => last -= stepBackMillis
    case "advancing":
      return () => last = Math.max(last + 1, clock.currentTimeMillisUnsafe())
  }
}

const withReadings = (clock: Clock.Clock, read: () => number): Clock.Clock => ({
  currentTimeMillisUnsafe: read,
  currentTimeMillis: Effect.sync(read),
  currentTimeNanosUnsafe: () => BigInt(read()) * nanosPerMilli,
  currentTimeNanos: Effect.sync(() => BigInt(read()) * nanosPerMilli),
  monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
  monotonicTimeNanos: clock.monotonicTimeNanos,
  sleep: (duration) => clock.sleep(duration)
})

/** Runs an effect under a wall clock of this kind. */
export const withClock = <A, E, R>(kind: ClockKind, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Clock.clockWith((clock) => Effect.provideService(effect, Clock.Clock, withReadings(clock, readings(kind, clock))))
