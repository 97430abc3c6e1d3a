/**
 * What a policy knows of a store's health and the adapter below cannot know: a write that nobody waits for
 * any more, an open circuit, a mirror that is behind.
 *
 * The note is laid over the health of the adapter below, and whoever watches the health is told of every
 * change of either. It holds no history: what was noted last is what is true.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type { Health } from "../errors/Health.ts"
import type { StorageError } from "../errors/StorageError.ts"

/** A failure that stands, and since when, in epoch milliseconds. */
export interface Trouble {
  readonly since: number
  readonly error: StorageError
}

export interface HealthNote {
  /** Notes a failure; it stands since the first one that was noted. */
  readonly report: (error: StorageError) => Effect.Effect<void>
  /** Notes that the failure is over. */
  readonly clear: Effect.Effect<void>
  /** The health below with the note over it. */
  readonly over: (health: Stream.Stream<Health>) => Stream.Stream<Health>
}

/** How a health reads while there is a failure that only the policy knows. */
const failingBy = (health: Health, { error, since }: Trouble): Health => {
  const facts = { state: "failing" as const, since, lastError: Option.some(error) }
  return { ...health, ...facts, tiers: health.tiers.map((tier, index) => index === 0 ? { ...tier, ...facts } : tier) }
}

/** Makes the note of one wrapped adapter. `lay` says how a health reads with it, and with none. */
export const makeHealthNote = (lay: (health: Health, trouble: Option.Option<Trouble>) => Health): HealthNote => {
  // Making a reference waits for nothing, so a policy stays a plain function.
  const note = Effect.runSync(SubscriptionRef.make(Option.none<Trouble>()))
  return {
    report: Effect.fnUntraced(function*(error) {
      const now = yield* Clock.currentTimeMillis
      yield* SubscriptionRef.update(
        note,
        (before) => Option.some({ error, since: Option.match(before, { onNone: () => now, onSome: (it) => it.since }) })
      )
    }),
    clear: Effect.suspend(() =>
      Option.isNone(SubscriptionRef.getUnsafe(note)) ? Effect.void : SubscriptionRef.set(note, Option.none())
    ),
    over: (health) => Stream.zipLatestWith(health, SubscriptionRef.changes(note), lay)
  }
}

/** A note under which a store is failing. */
export const makeFailingNote = (): HealthNote =>
  makeHealthNote((health, trouble) =>
    Option.match(trouble, { onNone: () => health, onSome: (it) => failingBy(health, it) })
  )
