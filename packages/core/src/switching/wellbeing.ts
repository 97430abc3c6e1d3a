/**
 * The health of a switching adapter: that of the backend that serves, with a row for every backend.
 *
 * A backend that does not serve is healthy unless it failed when it was opened last. After a cut-over the health is that
 * of the next backend: what its writes come to, not what those of the one before came to.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type { Health, TierHealth } from "../errors/Health.ts"
import type { StorageError } from "../errors/StorageError.ts"
import type { Backend } from "./backends.ts"
import type { Helm } from "./helm.ts"

type Rows = ReadonlyMap<string, TierHealth>

const rowOf = (name: string, since: number, lastError: Option.Option<StorageError>): TierHealth => ({
  name,
  state: Option.isSome(lastError) ? "failing" : "healthy",
  since,
  lastError,
  displacedCount: 0
})

const withRows = (health: Health, serving: string, rows: Rows): Health => {
  const { displacedCount, lastError, since, state } = health
  const tiers = [...rows.values()].map((row) =>
    row.name === serving ? { name: row.name, state, since, lastError, displacedCount } : row
  )
  return { ...health, tiers }
}

const isSame = (self: Health, that: Health): boolean =>
  self.state === that.state && self.since === that.since && self.displacedCount === that.displacedCount
  && Option.getOrUndefined(self.lastError) === Option.getOrUndefined(that.lastError)
  && self.tiers.every((tier, place) =>
    tier.state === that.tiers[place]?.state && tier.since === that.tiers[place].since
  )

/** Starts with every backend healthy. */
export const makeWellbeing = Effect.fnUntraced(function*(names: ReadonlyArray<string>) {
  const now = yield* Clock.currentTimeMillis
  const rows = yield* SubscriptionRef.make<Rows>(
    new Map(names.map((name) => [name, rowOf(name, now, Option.none())]))
  )

  const note = Effect.fnUntraced(function*(name: string, error: Option.Option<StorageError>) {
    const before = SubscriptionRef.getUnsafe(rows).get(name)
    if (Option.isNone(error) && before?.state === "healthy") return
    const since = yield* Clock.currentTimeMillis
    yield* SubscriptionRef.update(rows, (known) => new Map([...known, [name, rowOf(name, since, error)]]))
  })

  return {
    /** A backend whose openings are told. */
    watched: ({ name, open }: Backend): Backend => ({
      name,
      open: open.pipe(
        Effect.tap(() => note(name, Option.none())),
        Effect.tapError((error) => note(name, Option.some(error)))
      )
    }),
    /** The current health, then every change of it, whatever serves. */
    healthOf: (helm: Helm): Stream.Stream<Health> =>
      Stream.zipLatest(helm.names, SubscriptionRef.changes(rows)).pipe(
        Stream.switchMap(([name, known]) =>
          Stream.map(helm.seat().adapter.health, (health) => withRows(health, name, known))
        ),
        Stream.changesWith(isSame)
      )
  }
})
