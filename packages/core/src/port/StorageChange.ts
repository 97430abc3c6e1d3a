/**
 * Changes: what a caller asks an adapter to commit.
 *
 * A change is one atomic write per key, named by a random id that an adapter applies once. What it does
 * to a key is decided by `planChange`; a restore brings its entries as a stream, which is read before that.
 */
import type * as Stream from "effect/Stream"
import type { StorageError } from "../errors/StorageError.ts"
import type { Edit, Expect } from "../model/operations.ts"
import { keyText, type SessionKey } from "../model/SessionKey.ts"
import type { StoredEntry, StoredSession } from "../model/StoredRecord.ts"

/**
 * Writes a record verbatim: its version, times, incarnation, write ids, content and entries.
 *
 * **Details**
 *
 * It replaces what the key holds, entries included, and is refused with `Conflict` unless the record's version
 * is above whatever the key had. A record that is there already, with its last write, changes nothing.
 * `record.head.key` may be another key: the record is written under `key`. The stream gives the entries from the
 * first to the last; when it fails, nothing is changed. Transfer, drain and import are built on it.
 */
export interface Restore {
  readonly _tag: "Restore"
  readonly key: SessionKey
  readonly expect: Expect
  readonly record: StoredSession
  readonly entries: Stream.Stream<StoredEntry, StorageError>
}

export type Operation = Edit | Restore

/** One atomic write, named by a random id: an adapter applies each id once. */
export interface StorageChange {
  readonly writeId: string
  readonly operations: ReadonlyArray<Operation>
  /**
   * 1, or absent, for the first try; higher when the same write id was sent before. Only a repeated
   * try may be answered `OutcomeUnknown` when its write id may have been forgotten.
   */
  readonly attempt?: number | undefined
}

/** The operations of a change, key by key, in the order of the keys' first operations. */
export const operationsByKey = <One extends { readonly key: SessionKey }>(
  operations: ReadonlyArray<One>
): ReadonlyArray<ReadonlyArray<One>> =>
  operations.length < 2
    ? [operations]
    : [...Map.groupBy(operations, (operation) => keyText(operation.key)).values()]
