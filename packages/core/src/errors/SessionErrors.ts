/**
 * The errors of the typed store beside `StorageError`: absence, conflict and invalid content.
 *
 * None of them holds session content: fields are named by the schema, values are never shown. Nothing
 * was changed when a call fails with one of them.
 */
import * as Data from "effect/Data"
import type * as Option from "effect/Option"
import type { Expect } from "../model/operations.ts"
import { displayKey, type SessionKey } from "../model/SessionKey.ts"
import type { Version } from "../model/Version.ts"

/** The session is known not to be there. What cannot be read is a `StorageError` instead. */
export class SessionNotFound extends Data.TaggedError("SessionNotFound")<{ readonly key: SessionKey }> {
  override get message() {
    return `no session ${displayKey(this.key)}`
  }
}

/** A session with the key to create is there. */
export class SessionExists extends Data.TaggedError("SessionExists")<{ readonly key: SessionKey }> {
  override get message() {
    return `the session ${displayKey(this.key)} exists; nothing was changed`
  }
}

/** The session was not as the write expected it; `actual` is none when there is no session. */
export class SessionConflict extends Data.TaggedError("SessionConflict")<
  { readonly key: SessionKey; readonly expected: Expect; readonly actual: Option.Option<Version> }
> {
  override get message() {
    const actual = this.actual._tag === "None" ? "no session" : `version ${this.actual.value}`
    return `expected ${this.expected} for ${displayKey(this.key)}, found ${actual}; nothing was changed`
  }
}

/** The value does not fit the definition's schema; refused before any I/O. `issue` names fields, never values. */
export class NotEncodable extends Data.TaggedError("NotEncodable")<{ readonly issue: string }> {
  override get message() {
    return `does not fit the schema: ${this.issue}`
  }
}

/** What is stored does not decode by the definition's schema. */
export class NotDecodable extends Data.TaggedError("NotDecodable")<{ readonly issue: string }> {
  override get message() {
    return `is stored in a shape that does not decode: ${this.issue}`
  }
}

/** What is stored was written by a newer version of the definition. */
export class NewerVersion extends Data.TaggedError("NewerVersion")<
  { readonly stored: number; readonly known: number }
> {
  override get message() {
    return `is stored in schema version ${this.stored}, this definition knows up to ${this.known}`
  }
}

/** What is stored is a session of another definition. */
export class OtherKind extends Data.TaggedError("OtherKind")<{ readonly stored: string; readonly expected: string }> {
  override get message() {
    return `is a ${this.stored}, not a ${this.expected}`
  }
}

/** The session's content and the definition do not fit. */
export class SessionInvalid extends Data.TaggedError("SessionInvalid")<
  { readonly key: SessionKey; readonly reason: NotEncodable | NotDecodable | NewerVersion | OtherKind }
> {
  override get message() {
    return `session ${displayKey(this.key)} ${this.reason.message}; nothing was changed`
  }
}

/** A cursor that this store did not hand out, or that belongs to another order. */
export class InvalidCursor extends Data.TaggedError("InvalidCursor")<{ readonly problem: string }> {
  override get message() {
    return `invalid cursor: ${this.problem}`
  }
}
