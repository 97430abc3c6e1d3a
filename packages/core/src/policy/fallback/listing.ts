/**
 * Listing through tiers: what the primary lists, with what lies below in its place.
 *
 * Each displaced head may stand for one that the primary lists, so a page is asked for wider by as many. A tier that
 * cannot be listed is a row that says so; when nothing else can be shown, its error is the answer.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { StorageError } from "../../errors/StorageError.ts"
import { evaluateQuery, type ListQuery } from "../../model/ListQuery.ts"
import { isWithin, keyText } from "../../model/SessionKey.ts"
import type { StoredHead } from "../../model/StoredRecord.ts"
import type { Listed } from "../../port/StorageAdapter.ts"
import { headWithCount } from "./reading.ts"
import { adapterOf, displacedOf, inventory, type Tier } from "./tiers.ts"

/** A row that says that a tier could not be listed. */
const missing = (tier: Tier, error: StorageError): Listed => ({
  _tag: "Unreadable",
  key: Option.none(),
  place: `tier ${tier.name}`,
  error
})

/** Lists what the tiers hold together: displaced sessions where they stand now, removals not at all. */
export const listThrough = (tiers: ReadonlyArray<Tier>, query: ListQuery): Stream.Stream<Listed, StorageError> =>
  Stream.unwrap(Effect.gen(function*() {
    const primary = tiers[0]!
    const lower = tiers.slice(1)
    // Bottom-up, as the drain moves: what leaves a tier meanwhile is found in a higher one.
    const unlisted = yield* Effect.forEach(
      lower.toReversed(),
      (tier) =>
        Effect.map(
          Effect.result(inventory(tier)),
          (listed) => Result.isFailure(listed) ? [missing(tier, listed.failure)] : []
        )
    )
    const displaced = displacedOf(lower)
    const own = yield* Effect.forEach(
      [...displaced.values()].filter(({ mark }) => !mark.isRemoval),
      (held) => headWithCount(primary, held)
    )
    // Each displaced head may stand for one that the primary lists.
    const wider = query.limit === undefined ? query : { ...query, limit: query.limit + displaced.size }
    const above = yield* Effect.result(
      Effect.flatMap(adapterOf(primary), (adapter) => Stream.runCollect(adapter.list(wider)))
    )
    const isShown = own.some(({ key }) => isWithin(key.namespace, query.namespace))
    if (Result.isFailure(above) && !isShown) return yield* above.failure
    const rows = Result.isSuccess(above) ? above.success : [missing(primary, above.failure)]
    const heads = rows.filter((row): row is StoredHead => row._tag === "StoredHead")
    const current = heads.filter(({ key }) => !displaced.has(keyText(key)))
    const unread = rows.filter((row) =>
      row._tag === "Unreadable" && !Option.exists(row.key, (key) => displaced.has(keyText(key)))
    )
    return Stream.fromIterable<Listed>([
      ...unlisted.flat(),
      ...unread,
      ...evaluateQuery([...current, ...own], query)
    ])
  }))
