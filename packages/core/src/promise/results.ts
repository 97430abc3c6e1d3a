/**
 * What the promises give: the same shapes as the store's, for callers who know no Effect.
 *
 * Every time is a `Date`, and what may be missing is `undefined`. Errors are passed on as the very
 * instances that the store failed with, so a field of an error may still be an `Option`.
 */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import type * as StoreHealth from "../errors/Health.ts"
import type * as StoreReceipt from "../errors/Receipt.ts"
import type { SessionInvalid } from "../errors/SessionErrors.ts"
import type { StorageError } from "../errors/StorageError.ts"
import type * as StoreUnreadable from "../errors/Unreadable.ts"
import type { Durability } from "../model/Capability.ts"
import type { SessionKey } from "../model/SessionKey.ts"
import type { Version } from "../model/Version.ts"
import type * as Store from "../store/Session.ts"

/** What a write did: which version it made, where that lies, how durable it is, and what it took. */
export interface Receipt {
  readonly key: SessionKey
  readonly version: Version
  /** The adapter that holds the write. */
  readonly adapter: string
  /** Where, printable and without secrets. */
  readonly location: string
  readonly durability: Durability
  /** How: `rename`, `slots`, `wal`, `memory`, ... */
  readonly protocol: string
  /** How many times the write was tried in one way or another; 1 when the first way worked. */
  readonly attempts: number
  /** What failed on the way to the success, in order. */
  readonly failures: ReadonlyArray<StorageError>
  /** Set when the write went to another place than it should have. */
  readonly degraded: StoreReceipt.Degraded | undefined
}

/** A session: one document of state and the count of its entries. */
export interface Session<State> {
  readonly key: SessionKey
  readonly version: Version
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly state: State
  readonly entryCount: number
}

/** A session as a write left it, with the receipt of that write. */
export interface Saved<State> extends Session<State> {
  readonly receipt: Receipt
}

/** What appending gives: the session's version and number of entries, with the receipt. */
export interface Appended {
  readonly key: SessionKey
  readonly version: Version
  readonly entryCount: number
  readonly receipt: Receipt
}

/** What a listing shows of a session. */
export interface Head<Summary> {
  readonly _tag: "Head"
  readonly key: SessionKey
  readonly version: Version
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly summary: Summary
  readonly entryCount: number
}

/** One entry of a session's list; `index` counts from 0. */
export interface Entry<A> {
  readonly _tag: "Entry"
  readonly index: number
  readonly at: Date
  readonly entry: A
}

/** Something in the store that may be a session and could not be read. */
export interface Unreadable {
  readonly _tag: "Unreadable"
  /** The key, where it is known. */
  readonly key: SessionKey | undefined
  /** Where it lies: a path, a table row; printable. */
  readonly place: string
  readonly error: StorageError | SessionInvalid
}

/** One page of a listing. */
export interface Listing<Summary> {
  readonly sessions: ReadonlyArray<Head<Summary>>
  /** What may be a session and could not be read, with its error and place. */
  readonly unreadable: ReadonlyArray<Unreadable>
  /** Whether `sessions` is all that this page has to show. */
  readonly complete: boolean
  /** What to pass as `after` for the next page; `undefined` on the last one. */
  readonly next: string | undefined
}

/** The health of one adapter of a store. */
export interface TierHealth {
  readonly name: string
  readonly state: StoreHealth.HealthState
  readonly since: Date
  readonly lastError: StorageError | undefined
  /** How many sessions lie below because this tier refused them. */
  readonly displacedCount: number
}

/** Whether saves work, since when, and what stopped them. */
export interface Health {
  readonly state: StoreHealth.HealthState
  readonly since: Date
  readonly lastError: StorageError | undefined
  readonly displacedCount: number
  readonly tiers: ReadonlyArray<TierHealth>
}

interface Timed {
  readonly createdAt: DateTime.Utc
  readonly updatedAt: DateTime.Utc
}

const withDates = <A extends Timed>(timed: A) => ({
  ...timed,
  createdAt: DateTime.toDateUtc(timed.createdAt),
  updatedAt: DateTime.toDateUtc(timed.updatedAt)
})

export const toReceipt = (receipt: StoreReceipt.Receipt): Receipt => ({
  ...receipt,
  degraded: Option.getOrUndefined(receipt.degraded)
})

export const toSession = <State>(session: Store.Session<State>): Session<State> => withDates(session)

export const toSaved = <State>(saved: Store.Saved<State>): Saved<State> => ({
  ...withDates(saved),
  receipt: toReceipt(saved.receipt)
})

export const toAppended = (appended: Store.Appended): Appended => ({
  ...appended,
  receipt: toReceipt(appended.receipt)
})

const toUnreadable = (row: StoreUnreadable.Unreadable): Unreadable => ({
  ...row,
  key: Option.getOrUndefined(row.key)
})

export const toListed = <Summary>(
  row: Store.Head<Summary> | StoreUnreadable.Unreadable
): Head<Summary> | Unreadable => row._tag === "Head" ? withDates(row) : toUnreadable(row)

export const toListing = <Summary>(listing: Store.Listing<Summary>): Listing<Summary> => ({
  ...listing,
  sessions: listing.sessions.map(withDates),
  unreadable: listing.unreadable.map(toUnreadable),
  next: Option.getOrUndefined(listing.next)
})

export const toEntryRow = <A>(
  row: Store.Entry<A> | StoreUnreadable.UnreadableEntry
): Entry<A> | StoreUnreadable.UnreadableEntry => row._tag === "Entry" ? { ...row, at: DateTime.toDateUtc(row.at) } : row

const withSince = <A extends Pick<StoreHealth.TierHealth, "since" | "lastError">>(health: A) => ({
  ...health,
  since: new Date(health.since),
  lastError: Option.getOrUndefined(health.lastError)
})

export const toHealth = (health: StoreHealth.Health): Health => ({
  ...withSince(health),
  tiers: health.tiers.map(withSince)
})
