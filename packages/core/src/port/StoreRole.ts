/**
 * The store-level record: which part a store plays when an app switches between backends.
 *
 * It lies in the store itself, durable like a session, and every commit checks it inside its own lock or
 * transaction. So a store that was retired takes no write any more, from whichever process, from the
 * moment on at which its record says so; and a restart finds out which store is current from the stores.
 */
import type * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Reason, Unavailable } from "../errors/reasons.ts"
import type { StorageError } from "../errors/StorageError.ts"

/** What a store says of itself. A store without a record was never switched to or from. */
export interface StoreRecord {
  /** The switch that wrote it. */
  readonly switchId: string
  /** Rises with every switch: of two stores that call themselves current, the higher one is. */
  readonly epoch: number
  readonly state: "current" | "copying" | "retired"
  /** The backend that a retired store was retired to. */
  readonly successor?: string | undefined
}

/** Reads and replaces the record of a store. */
export interface StoreRole {
  /**
   * The record, or none.
   *
   * - Fails with: what the read met; an unreadable record is never none.
   */
  readonly read: Effect.Effect<Option.Option<StoreRecord>, StorageError>
  /**
   * Replaces the record if it is `expected`, in one step among all who have the store open.
   *
   * - Ensures: true when `next` is there and as durable as a commit; false when another record is there, and nothing
   *   was changed. When it made the store retired, every commit that was acknowledged came before it, and every
   *   later one fails with `Unavailable`.
   * - Fails with: what the write met.
   * - On interruption: as `commit`.
   */
  readonly compareAndSet: (
    expected: Option.Option<StoreRecord>,
    next: StoreRecord
  ) => Effect.Effect<boolean, StorageError>
}

/** Whether two records are the same one. */
export const sameStoreRecord = (self: Option.Option<StoreRecord>, that: Option.Option<StoreRecord>): boolean =>
  Option.isNone(self) || Option.isNone(that)
    ? Option.isNone(self) && Option.isNone(that)
    : self.value.switchId === that.value.switchId && self.value.epoch === that.value.epoch
      && self.value.state === that.value.state && self.value.successor === that.value.successor

/** Why a commit is refused in a store with this record, where it is. */
export const refusedByRole = (record: Option.Option<StoreRecord>): Option.Option<Reason> =>
  Option.map(
    Option.filter(record, ({ state }) => state === "retired"),
    ({ successor = "another backend" }) =>
      new Unavailable({ outcome: "notApplied", what: `this store, which was retired to ${successor},` })
  )
