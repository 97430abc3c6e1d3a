/**
 * Health: one value that says whether saves work, and since when they do not.
 *
 * It follows the outcome of writes; what a caller was refused for a mistake of its own does not count.
 * Apps show it, so that a store which stopped saving is never silent.
 */
import type * as Option from "effect/Option"
import type { StorageError } from "./StorageError.ts"

/** `healthy`: the last write did what the store promises. `degraded`: it landed lower. `failing`: it failed. */
export type HealthState = "healthy" | "degraded" | "failing"

/** The health of one adapter of a store. `since` is epoch milliseconds. */
export interface TierHealth {
  readonly name: string
  readonly state: HealthState
  readonly since: number
  readonly lastError: Option.Option<StorageError>
  /** How many sessions lie below because this tier refused them. */
  readonly displacedCount: number
}

/** The health of a store: the worst that matters to a caller, and each tier's own. */
export interface Health {
  readonly state: HealthState
  readonly since: number
  readonly lastError: Option.Option<StorageError>
  readonly displacedCount: number
  readonly tiers: ReadonlyArray<TierHealth>
}
