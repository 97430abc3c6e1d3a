/**
 * Operations: what a change can do to a key.
 *
 * All operations of one change on one key are one atomic step and one new version; every `expect`
 * is judged against the state before the change. Bodies, summaries and entries are JSON text as
 * `JSON.stringify` writes it: the port knows no schemas.
 */
import type { SessionKey } from "./SessionKey.ts"
import type { StoredEntry, StoredSession } from "./StoredRecord.ts"
import type { Version } from "./Version.ts"

/** What must be true of a key before a write: anything, no record, some record, or exactly this version. */
export type Expect = "any" | "absent" | "present" | Version

/** Writes a session's state; the entries that it has stay. */
export interface Put {
  readonly _tag: "Put"
  readonly key: SessionKey
  readonly expect: Expect
  readonly kind: string
  readonly schemaVersion: number
  readonly summary: string
  readonly body: string
  /** Whether the store drew the key's id at random for this put: then nobody has used it, in whichever backend. */
  readonly isFreshId?: boolean | undefined
  readonly floor?: Version | undefined
}

/** Adds entries, as JSON text, at the end of a session's list. */
export interface Append {
  readonly _tag: "Append"
  readonly key: SessionKey
  readonly expect: Expect
  readonly kind: string
  readonly schemaVersion: number
  readonly entries: ReadonlyArray<string>
  /**
   * When these entries were added, in epoch milliseconds: for copies of entries, together with a `Put` of
   * the key. The time of the change when absent.
   */
  readonly at?: number | undefined
  readonly floor?: Version | undefined
}

/** Removes a session and its entries; the version goes on above it. */
export interface Remove {
  readonly _tag: "Remove"
  readonly key: SessionKey
  readonly expect: Expect
  readonly floor?: Version | undefined
}

/** An operation whose version is the adapter's to choose. */
export type Edit = Put | Append | Remove

/** Writes a record as it was held elsewhere, with its entries at hand: what a restore is when it is planned. */
export interface Restoration {
  readonly _tag: "Restore"
  readonly key: SessionKey
  readonly expect: Expect
  readonly record: StoredSession
  readonly entries: ReadonlyArray<StoredEntry>
}

/** An operation with all that it writes at hand. */
export type PlannedOperation = Edit | Restoration
