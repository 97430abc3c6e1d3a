/**
 * Versions: the token for compare-and-set.
 *
 * Per key a version strictly increases, also across removal and re-creation. Users compare versions
 * for equality only. The clock seeds the first version of a key and never takes part in a comparison.
 */
import * as Brand from "effect/Brand"

/** A session's version: opaque, strictly increasing per key. A safe integer above zero. */
export type Version = Brand.Branded<number, "@holdfast/core/Version">

/** Brands a number that an adapter assigned or read as a version. */
export const Version: Brand.Constructor<Version> = Brand.nominal<Version>()

/** What a key held before, as far as the next version must rise above it. */
export interface VersionBounds {
  /** The version of the live record, 0 when there is none. */
  readonly current: number
  /** The version that a removal left, 0 when there is none. */
  readonly removed: number
  /** What the caller knows of versions elsewhere, 0 when nothing. */
  readonly floor: number
  /** The wall clock in milliseconds; used only when there is no live record. */
  readonly now: number
}

/**
 * The next version of a key.
 *
 * **Details**
 *
 * A live record counts by one. A key with no record starts above its removal, the floor and the
 * wall clock in microseconds, so that a version of a former life, of which nothing may be left,
 * is not handed out again.
 */
export const nextVersion = (bounds: VersionBounds): Version =>
  Version(
    bounds.current > 0
      ? Math.max(bounds.current, bounds.floor) + 1
      : Math.max(bounds.removed, bounds.floor, Math.floor(bounds.now * 1000)) + 1
  )
