/**
 * What could not be read, as data: a row of a listing, an entry of a session, a finding of a recovery.
 *
 * A store never hides what it cannot read: it says where it lies and why, and what it knows of the
 * key. Nothing here holds session content.
 */
import type * as Option from "effect/Option"
import type { SessionKey } from "../model/SessionKey.ts"
import type { SessionInvalid } from "./SessionErrors.ts"
import type { StorageError } from "./StorageError.ts"

/** Something in the store that may be a session and could not be read. */
export interface Unreadable {
  readonly _tag: "Unreadable"
  /** The key, where it is known. */
  readonly key: Option.Option<SessionKey>
  /** Where it lies: a path, a table row; printable. */
  readonly place: string
  readonly error: StorageError | SessionInvalid
}

/** One entry that is counted and could not be read; the entries round it are served. */
export interface UnreadableEntry {
  readonly _tag: "UnreadableEntry"
  readonly index: number
  readonly error: StorageError | SessionInvalid
}

/** What a recovery saw, and what it did or would do about it. */
export interface Finding {
  /** What it is, for example `orphanTemp`, `tornSlot`, `foreign`. */
  readonly kind: string
  readonly place: string
  readonly key: Option.Option<SessionKey>
  /** What helps: `none` when it is only reported. */
  readonly action: "adopt" | "delete" | "quarantine" | "repair" | "none"
  /** Whether the action was taken in this run. */
  readonly applied: boolean
  /** One line for people, without session content. */
  readonly detail: string
}
