/**
 * Records: what an adapter holds and gives back.
 *
 * Times are epoch milliseconds, bodies, summaries and entries JSON text. A record's incarnation is
 * drawn when its key is created: what a former life of the key left behind belongs to another one.
 */
import type { SessionKey } from "./SessionKey.ts"
import type { Version } from "./Version.ts"

/** One applied write, as a record remembers it: how a repeated write is recognised and answered. */
export interface AppliedWrite {
  readonly id: string
  readonly version: Version
  readonly at: number
  readonly entryCount: number
}

/** How many writes a record remembers; older ones scroll out. */
export const appliedWritesMax = 16

/** What a listing shows of a session: everything but its body. */
export interface StoredHead {
  readonly _tag: "StoredHead"
  readonly key: SessionKey
  readonly kind: string
  readonly schemaVersion: number
  readonly version: Version
  readonly incarnation: string
  readonly createdAt: number
  readonly updatedAt: number
  readonly summary: string
  readonly entryCount: number
}

/** A session's head and body, and what it remembers of the writes that made it. */
export interface StoredSession {
  readonly head: StoredHead
  readonly body: string
  /** The last writes, at most `appliedWritesMax` of them, the newest last; those that added entries included. */
  readonly writes: ReadonlyArray<AppliedWrite>
}

/** One entry of a session's list; `index` counts from 0. */
export interface StoredEntry {
  readonly _tag: "StoredEntry"
  readonly index: number
  readonly at: number
  readonly version: Version
  readonly schemaVersion: number
  readonly entry: string
  /** The id of the write that added it, on the last entry that the write added. */
  readonly writeId?: string | undefined
}

/**
 * Which entries to read: `from` (inclusive) to `to` (exclusive), or the `last` so many of those.
 * Indices count from 0; a bound beyond the end is the end.
 */
export interface EntryRange {
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly last?: number | undefined
}

/** The half-open interval of indices that a range selects from a list of `count` entries. */
export const selectRange = (range: EntryRange, count: number): readonly [from: number, to: number] => {
  const to = Math.min(count, Math.max(0, range.to ?? count))
  const from = Math.min(to, Math.max(0, range.from ?? 0))
  return [range.last === undefined ? from : Math.max(from, to - Math.max(0, range.last)), to]
}
