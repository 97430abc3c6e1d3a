/**
 * The store-level record of a chain: that of its primary.
 *
 * Lower tiers hold what was written for the primary, so a chain is retired with it. While the primary cannot be read,
 * the record counts that was last seen: a store that this chain knows to be retired takes nothing in a lower tier.
 * A primary that was never read since the chain was opened keeps nobody from writing lower.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { StoreRecord, StoreRole } from "../../port/StoreRole.ts"
import { adapterOf, type Tier } from "./tiers.ts"

export interface ChainRole extends StoreRole {
  /** The record, or as long as it cannot be read the one that was last seen. */
  readonly known: Effect.Effect<Option.Option<StoreRecord>>
}

/** Makes the record of a chain with a primary. `alone` runs an effect while no write is under way. */
export const makeRole = (
  primary: Tier,
  alone: <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>
): ChainRole => {
  let seen = Option.none<StoreRecord>()
  const own = Effect.map(Effect.suspend(() => adapterOf(primary)), ({ role }) => role)
  const read = Effect.tap(
    Effect.flatMap(own, (role) => role.read),
    (record) =>
      Effect.sync(() => {
        seen = record
      })
  )
  return {
    read,
    known: Effect.catch(read, () => Effect.sync(() => seen)),
    compareAndSet: (expected, next) =>
      alone(Effect.flatMap(own, (role) => role.compareAndSet(expected, next))).pipe(
        Effect.tap((isSet) =>
          Effect.sync(() => {
            if (isSet) seen = Option.some(next)
          })
        )
      )
  }
}
