/**
 * Reasons: why a storage operation failed, as a closed union of tagged errors.
 *
 * Every reason answers two questions as data. `outcome`: was anything changed? It is set where the
 * failure is seen, because an I/O error of a read and of a write differ. `remedy`: what may help?
 * Retry and fallback policies read only these two. Messages name places and codes, never content.
 */
import * as Data from "effect/Data"
import type * as Option from "effect/Option"
import type { Durability } from "../model/Capability.ts"
import type { Expect } from "../model/operations.ts"
import type { Version } from "../model/Version.ts"
import type { Receipt } from "./Receipt.ts"

/** Whether the failed operation changed anything: nothing, the whole change, or nobody can tell. */
export type Outcome = "notApplied" | "applied" | "unknown"

/** What may help: the same call again, another backend, or only the caller. */
export type Remedy = "retry" | "fallback" | "caller"

interface Failure {
  readonly outcome: Outcome
  /** The error of the layer below, for people who debug; never part of a message. */
  readonly cause?: unknown
}

interface At extends Failure {
  /** The file or folder that the failing call named. */
  readonly path: string
  /** The code that the platform gave, for example `ENOSPC`. */
  readonly code: string
}

/** A rename or link was refused as crossing devices, although both names may be in one folder (MSIX, bind mounts, portals). */
export class CrossDevice
  extends Data.TaggedError("CrossDevice")<Failure & { readonly from: string; readonly to: string }>
{
  readonly remedy: Remedy = "fallback"
  override get message() {
    return `EXDEV renaming ${this.from} to ${this.to}`
  }
}

/** A container redirects the path: what was asked for is not where it really lies. */
export class Virtualized extends Data.TaggedError("Virtualized")<
  Failure & { readonly given: string; readonly actual: string; readonly container: string }
> {
  readonly remedy: Remedy = "fallback"
  override get message() {
    return this.given === this.actual
      ? `${this.container} stands in the way at ${this.given}`
      : `${this.container} redirects ${this.given} to ${this.actual}`
  }
}

/** A folder cannot be listed: what is in it is unknown, which is not the same as empty. */
export class DirectoryUnreadable extends Data.TaggedError("DirectoryUnreadable")<At> {
  readonly remedy: Remedy = "fallback"
  override get message() {
    return `cannot read the folder ${this.path} (${this.code})`
  }
}

/** The system refuses the access. */
export class PermissionDenied extends Data.TaggedError("PermissionDenied")<At> {
  readonly remedy: Remedy = "fallback"
  override get message() {
    return `permission denied at ${this.path} (${this.code})`
  }
}

/** The storage takes no writes. */
export class ReadOnly extends Data.TaggedError("ReadOnly")<At> {
  readonly remedy: Remedy = "fallback"
  override get message() {
    return `${this.path} is on read-only storage`
  }
}

/** The disk, the quota or the store is full; what was there before is still there. */
export class NoSpace extends Data.TaggedError("NoSpace")<At> {
  readonly remedy: Remedy = "fallback"
  override get message() {
    return `no space left for ${this.path} (${this.code})`
  }
}

/** A name is longer than the storage takes. */
export class NameTooLong extends Data.TaggedError("NameTooLong")<At> {
  readonly remedy: Remedy = "fallback"
  override get message() {
    return `the name is too long for the storage: ${this.path}`
  }
}

/** The process or the system has no descriptor left. */
export class TooManyOpenFiles extends Data.TaggedError("TooManyOpenFiles")<At> {
  readonly remedy: Remedy = "retry"
  override get message() {
    return `too many open files at ${this.path} (${this.code})`
  }
}

/** Somebody else holds the file, the lock or the key at the moment. */
export class Busy extends Data.TaggedError("Busy")<At> {
  readonly remedy: Remedy = "retry"
  override get message() {
    return `${this.path} is in use (${this.code})`
  }
}

/** The device or the network failed. */
export class Io extends Data.TaggedError("Io")<At> {
  readonly remedy: Remedy = "fallback"
  override get message() {
    return `input/output error at ${this.path} (${this.code})`
  }
}

/** What lies at `at` is damaged, torn or not ours. It is kept as it is; a copy made of it is named by `quarantine`. */
export class Corrupt extends Data.TaggedError("Corrupt")<
  Failure & {
    readonly at: string
    readonly problem: string
    readonly quarantine?: string | undefined
    /** The newest older version that is still whole; it is not served as current. */
    readonly older?: Version | undefined
  }
> {
  readonly remedy: Remedy = "fallback"
  override get message() {
    return `${this.at} ${this.problem}`
  }
}

/** What lies at `at` was written in a format that this version does not know. */
export class NewerFormat extends Data.TaggedError("NewerFormat")<
  Failure & { readonly at: string; readonly format: number; readonly known: number }
> {
  readonly remedy: Remedy = "caller"
  override get message() {
    return `${this.at} has format ${this.format}, this version reads up to ${this.known}`
  }
}

/** A key outside the limits; refused before any I/O. */
export class InvalidKey extends Data.TaggedError("InvalidKey")<Failure & { readonly problem: string }> {
  readonly remedy: Remedy = "caller"
  override get message() {
    return `invalid key: ${this.problem}`
  }
}

/** A text is larger than the storage takes; refused before any I/O where the limit is known. */
export class TooLarge extends Data.TaggedError("TooLarge")<
  Failure & { readonly bytes: number; readonly bytesMax: number }
> {
  readonly remedy: Remedy = "caller"
  override get message() {
    return `${this.bytes} bytes are more than the ${this.bytesMax} that the storage takes`
  }
}

/** What a precondition found: another version, or a record that this writer must not replace. */
export class Conflict extends Data.TaggedError("Conflict")<
  Failure & {
    readonly expected: Expect
    readonly actual: Option.Option<Version>
    /** Set when the record is of another kind, or of a newer schema version, than the write. */
    readonly record?:
      | { readonly _tag: "OtherKind"; readonly expected: string; readonly actual: string }
      | { readonly _tag: "NewerSchema"; readonly expected: number; readonly actual: number }
      | undefined
  }
> {
  readonly remedy: Remedy = "caller"
  override get message() {
    if (this.record !== undefined) {
      return `the record is of another ${this.record._tag === "OtherKind" ? "kind" : "schema version"}`
    }
    return `expected ${this.expected}, found ${this.actual._tag === "None" ? "no record" : this.actual.value}`
  }
}

/** The backend cannot be reached or opened. */
export class Unavailable extends Data.TaggedError("Unavailable")<Failure & { readonly what: string }> {
  readonly remedy: Remedy = "fallback"
  override get message() {
    return `${this.what} is not available`
  }
}

/** A circuit breaker keeps calls away from a failing backend. */
export class CircuitOpen extends Data.TaggedError("CircuitOpen")<Failure> {
  readonly remedy: Remedy = "fallback"
  override get message() {
    return "the circuit breaker is open"
  }
}

/** A read took longer than `limitMillis`. A write out of time is `OutcomeUnknown`. */
export class TimedOut extends Data.TaggedError("TimedOut")<Failure & { readonly limitMillis: number }> {
  readonly remedy: Remedy = "retry"
  override get message() {
    return `no answer within ${this.limitMillis} ms`
  }
}

/** Whether the write was applied is not known; the same write id can be sent again without doubling it. */
export class OutcomeUnknown extends Data.TaggedError("OutcomeUnknown")<Failure & { readonly why: string }> {
  readonly remedy: Remedy = "retry"
  override get message() {
    return this.why
  }
}

/** The write was applied, but not as durably as the store requires; the receipt says what did happen. */
export class DurabilityNotMet extends Data.TaggedError("DurabilityNotMet")<
  Failure & { readonly required: Durability; readonly receipt: Receipt }
> {
  readonly remedy: Remedy = "caller"
  override get message() {
    return `the write is ${this.receipt.durability}, ${this.required} is required`
  }
}

/** The adapter does not promise what the call needs; refused before any I/O. */
export class Unsupported extends Data.TaggedError("Unsupported")<Failure & { readonly capability: string }> {
  readonly remedy: Remedy = "caller"
  override get message() {
    return `not supported here: ${this.capability}`
  }
}

/** The store was closed before the call. */
export class Closed extends Data.TaggedError("Closed")<Failure> {
  readonly remedy: Remedy = "caller"
  override get message() {
    return "the store is closed"
  }
}

/** A failure that no table lists; kept apart from its neighbours so that nobody retries it by mistake. */
export class Unclassified extends Data.TaggedError("Unclassified")<
  Failure & { readonly code: string; readonly errno: number; readonly syscall: string; readonly path: string }
> {
  readonly remedy: Remedy = "fallback"
  override get message() {
    return `unexpected ${this.code} (${this.errno}) from ${this.syscall} at ${this.path}`
  }
}

export type Reason =
  | CrossDevice
  | Virtualized
  | DirectoryUnreadable
  | PermissionDenied
  | ReadOnly
  | NoSpace
  | NameTooLong
  | TooManyOpenFiles
  | Busy
  | Io
  | Corrupt
  | NewerFormat
  | InvalidKey
  | TooLarge
  | Conflict
  | Unavailable
  | CircuitOpen
  | TimedOut
  | OutcomeUnknown
  | DurabilityNotMet
  | Unsupported
  | Closed
  | Unclassified
