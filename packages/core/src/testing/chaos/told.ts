/**
 * Health as an adapter tells it when not all that its callers are told comes from the storage.
 *
 * It follows what the last write was answered, as the port demands: a write that failed by a mishap makes it failing,
 * with the error that the caller got, until a write succeeds. A caller's own mistake changes nothing.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type { Health } from "../../errors/Health.ts"
import type { StorageError } from "../../errors/StorageError.ts"

interface Failing {
  readonly since: number
  readonly error: StorageError
}

/** What callers were told, and the health that follows from it. */
interface Told {
  /** Runs a write and takes note of its answer. */
  readonly noting: <A>(write: Effect.Effect<A, StorageError>) => Effect.Effect<A, StorageError>
  /** The current health, then every change. */
  readonly health: (below: Stream.Stream<Health>) => Stream.Stream<Health>
}

const failing = (health: Health, { error, since }: Failing): Health => {
  const facts = { state: "failing", since, lastError: Option.some(error) } as const
  return { ...health, ...facts, tiers: health.tiers.map((tier) => ({ ...tier, ...facts })) }
}

/** Starts with nothing told. */
export const makeTold: Effect.Effect<Told> = Effect.gen(function*() {
  const last = yield* SubscriptionRef.make(Option.none<Failing>())
  const isFailing = () => Option.isSome(SubscriptionRef.getUnsafe(last))
  const forget = Effect.suspend(() => isFailing() ? SubscriptionRef.set(last, Option.none()) : Effect.void)
  const remember = (error: StorageError) =>
    Effect.flatMap(
      Clock.currentTimeMillis,
      (now) =>
        SubscriptionRef.update(last, (before) =>
          Option.some({
            error,
            since: Option.match(before, { onNone: () => now, onSome: ({ since }) => since })
          }))
    )
  return {
    noting: (write) =>
      write.pipe(
        Effect.tap(() => forget),
        Effect.tapError((error) => error.remedy === "caller" ? Effect.void : remember(error))
      ),
    health: (below) =>
      Stream.zipLatestWith(
        below,
        SubscriptionRef.changes(last),
        (health, told) => Option.match(told, { onNone: () => health, onSome: (facts) => failing(health, facts) })
      )
  }
})
