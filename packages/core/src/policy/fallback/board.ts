/**
 * What a fallback tells of itself: its health, which is one value, and events.
 *
 * Healthy: every tier does its part and nothing lies below. Degraded: writes land, but lower, or something is not
 * known. Failing: the last write found no tier that took it.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type { Health, HealthState, TierHealth } from "../../errors/Health.ts"
import type { StorageError } from "../../errors/StorageError.ts"
import type { StorageEvent } from "../../errors/StorageEvent.ts"
import { displayKey } from "../../model/SessionKey.ts"
import { displacedOf, type Failing, noteFailure, noteSuccess, type Tier } from "./tiers.ts"

// Whoever reads events slower than that misses the oldest ones; the health is always true.
const eventsMax = 1024

export interface Board {
  readonly health: Stream.Stream<Health>
  readonly events: Stream.Stream<StorageEvent>
  readonly tell: (event: StorageEvent) => Effect.Effect<void>
  /** A tier did its part, or did not. */
  readonly note: (tier: Tier, error: Option.Option<StorageError>) => Effect.Effect<void>
  /** No tier took a write, or one did. */
  readonly noteWrite: (error: Option.Option<StorageError>) => Effect.Effect<void>
  /** Brings the health up to date with what lies where. */
  readonly refresh: Effect.Effect<void>
}

const tierHealth = (tier: Tier, lower: ReadonlyArray<Tier>): TierHealth => {
  const displacedCount = displacedOf(lower.filter(({ place }) => place > tier.place)).size
  return Option.match(tier.failing, {
    onNone: () => ({
      name: tier.name,
      state: "healthy" as const,
      since: tier.healthySince,
      lastError: Option.none(),
      displacedCount
    }),
    onSome: ({ error, since }) => ({
      name: tier.name,
      state: "failing" as const,
      since,
      lastError: Option.some(error),
      displacedCount
    })
  })
}

const stateOf = (tiers: ReadonlyArray<TierHealth>, hasFailed: boolean, isUnknown: boolean): HealthState => {
  if (hasFailed) return "failing"
  const isWhole = tiers.every(({ displacedCount, state }) => state === "healthy" && displacedCount === 0)
  return isWhole && !isUnknown ? "healthy" : "degraded"
}

/** Makes the board of some tiers. */
export const makeBoard = Effect.fnUntraced(function*(tiers: ReadonlyArray<Tier>) {
  const events = yield* PubSub.sliding<StorageEvent>(eventsMax)
  const started = yield* Clock.currentTimeMillis
  const lower = tiers.slice(1)
  let failed = Option.none<Failing>()

  const current = (before: Option.Option<Health>, now: number): Health => {
    const rows = tiers.map((tier) => tierHealth(tier, lower))
    const state = stateOf(rows, Option.isSome(failed), lower.some(({ isInventoried }) => !isInventoried))
    const since = Option.match(Option.filter(before, (health) => health.state === state), {
      onNone: () => now,
      onSome: (health) => health.since
    })
    const lastError = Option.orElse(
      Option.map(failed, ({ error }) => error),
      () => Option.firstSomeOf(rows.map((row) => row.lastError))
    )
    return { state, since, lastError, displacedCount: displacedOf(lower).size, tiers: rows }
  }
  const ref = yield* SubscriptionRef.make(current(Option.none(), started))

  const refresh = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const before = yield* SubscriptionRef.get(ref)
    const after = current(Option.some(before), now)
    const isSame = after.state === before.state && after.displacedCount === before.displacedCount
      && after.lastError === before.lastError
      && after.tiers.every((row, place) =>
        row.state === before.tiers[place]!.state && row.displacedCount === before.tiers[place]!.displacedCount
      )
    if (!isSame) yield* SubscriptionRef.set(ref, after)
  })
  const tell: Board["tell"] = Effect.fnUntraced(function*(event) {
    // It may happen while the chain is opened, when nobody has subscribed yet.
    if (event._tag === "Conflict") {
      const fork = Option.match(event.fork, { onNone: () => "nothing", onSome: displayKey })
      yield* Effect.logWarning(`holdfast: two tiers had changed ${displayKey(event.key)}; what lost is kept as ${fork}`)
    }
    yield* PubSub.publish(events, event)
  })

  return {
    health: SubscriptionRef.changes(ref),
    events: Stream.fromPubSub(events),
    tell,
    refresh,
    note: Effect.fnUntraced(function*(tier, error) {
      const isChanged = Option.isSome(error) ? yield* noteFailure(tier, error.value) : yield* noteSuccess(tier)
      if (isChanged) {
        yield* tell(
          Option.isSome(error)
            ? { _tag: "Degraded", tier: tier.name, because: error.value }
            : { _tag: "Recovered", tier: tier.name }
        )
      }
      yield* refresh
    }),
    noteWrite: Effect.fnUntraced(function*(error) {
      const now = yield* Clock.currentTimeMillis
      failed = Option.map(error, (why): Failing => ({ error: why, since: now }))
      yield* refresh
    })
  } satisfies Board
})
