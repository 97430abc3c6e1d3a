/**
 * The storage port: what a backend does for sessions.
 *
 * One service and no optional methods. What an adapter cannot do it declares in its capability and
 * refuses with `Unsupported` before any I/O. Bodies, summaries and entries are JSON text: the port
 * knows no schemas. The conformance laws in `@holdfast/core/testing` are its definition; the memory
 * adapter is its reference reading.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Health } from "../errors/Health.ts"
import type { AdapterReceipt } from "../errors/Receipt.ts"
import type { StorageError } from "../errors/StorageError.ts"
import type { Finding, Unreadable, UnreadableEntry } from "../errors/Unreadable.ts"
import type { Capability } from "../model/Capability.ts"
import type { Change } from "../model/Change.ts"
import type { ListQuery } from "../model/ListQuery.ts"
import type { SessionKey } from "../model/SessionKey.ts"
import type { EntryRange, StoredEntry, StoredHead, StoredSession } from "../model/StoredRecord.ts"
import type { StorageChange } from "./StorageChange.ts"
import type { StoreRole } from "./StoreRole.ts"

/** A row of a listing: a head, or what could not be read. */
export type Listed = StoredHead | Unreadable

/** One check of a probe: what was tried, whether it worked, and the code when it did not. */
export interface ProbeCheck {
  readonly name: string
  readonly place: string
  readonly outcome: "works" | "fails" | "notTried"
  readonly detail: string
}

/** What a probe found out about the storage under an adapter, by trying. */
export interface ProbeReport {
  readonly adapter: string
  readonly location: string
  readonly checks: ReadonlyArray<ProbeCheck>
}

export class StorageAdapter extends Context.Service<StorageAdapter, {
  /** Which adapter, as errors and receipts name it: `fs`, `sqlite`, `memory`, or a composed name. */
  readonly name: string
  /** Where it stores, printable, with secrets redacted. */
  readonly location: string
  /** What callers may rely on; what it does not promise is refused with `Unsupported`. */
  readonly capability: Capability

  /**
   * Reads a session's head.
   *
   * - Ensures: none means that the session is known to be absent. What cannot be read is a failure.
   * - Fails with: `InvalidKey` before any I/O; what the read met.
   * - On interruption: nothing was changed.
   */
  readonly head: (key: SessionKey) => Effect.Effect<Option.Option<StoredHead>, StorageError>

  /**
   * Reads a session's head and body, as one version wrote them.
   *
   * - Ensures: a whole version, at least the last acknowledged one; never a mixture.
   * - Fails with: as `head`.
   * - On interruption: nothing was changed.
   */
  readonly load: (key: SessionKey) => Effect.Effect<Option.Option<StoredSession>, StorageError>

  /**
   * Applies a change.
   *
   * - Needs: `atomicity: "manyKeys"` when the operations name several keys; `compareAndSet` says
   *   among whom the preconditions hold.
   * - Ensures: when it succeeds, the change is as durable as the receipt says. All operations on one
   *   key are one step and one new version. A write id that was applied before changes nothing and is
   *   answered as it was then.
   * - Fails with: `Conflict` when a precondition does not hold; the read's error when what is there
   *   cannot be read; `Unavailable` when the store was retired; what the write met. `outcome` says whether
   *   anything was changed.
   * - On interruption: the caller stops waiting; a write that has begun goes on to its end.
   */
  readonly commit: (change: StorageChange) => Effect.Effect<AdapterReceipt, StorageError>

  /**
   * Reads a session's entries in their order. A session that is absent has none.
   *
   * - Ensures: every entry of the range that was acknowledged when the stream began, once; what
   *   cannot be read is a row.
   * - Fails with: as `head`.
   * - On interruption: nothing was changed.
   */
  readonly entries: (key: SessionKey, range: EntryRange) => Stream.Stream<StoredEntry | UnreadableEntry, StorageError>

  /**
   * Lists heads: first what could not be read, then the heads in the query's order.
   *
   * - Ensures: every session that was acknowledged when the stream began and is selected is a head or
   *   a row that could not be read. An unreadable store is a failure, never an empty listing.
   * - Fails with: `DirectoryUnreadable` and what else the reads met.
   * - On interruption: nothing was changed.
   */
  readonly list: (query: ListQuery) => Stream.Stream<Listed, StorageError>

  /**
   * Watches the store: what is written and removed from the subscription on.
   *
   * - Needs: `watch`, which says whose writes are reported.
   * - Ensures: subscribed when it succeeds. Every write that is acknowledged from then on is reported, or
   *   `Missed` is; writes of one key may be reported as one, with the newest version. Versions of one key
   *   rise. The stream is read once and ends with the scope.
   * - Fails with: `Closed` and what watching met. The stream fails with `Closed` when the adapter is closed.
   * - On interruption: nothing was changed.
   */
  readonly changes: Effect.Effect<Stream.Stream<Change, StorageError>, StorageError, Scope.Scope>

  /** The current health, then every change of it. It follows the outcome of the last write. */
  readonly health: Stream.Stream<Health>

  /** The store-level record, which switching between backends reads and writes. */
  readonly role: StoreRole

  /** Finds out by trying what the storage can do. Touches only files of its own and removes them; a failed check is in the report. */
  readonly probe: Effect.Effect<ProbeReport>

  /**
   * Looks for what crashes and other programs left behind; with `apply` brings it in order.
   *
   * - Ensures: nothing that may be an only copy is deleted. A second `apply` finds nothing to do.
   * - Fails with: `DirectoryUnreadable` when the store cannot be looked through.
   * - On interruption: what was brought in order stays so; running it again goes on.
   */
  readonly recover: (mode: "inspect" | "apply") => Stream.Stream<Finding, StorageError>
}>()("@holdfast/core/port/StorageAdapter") {}
