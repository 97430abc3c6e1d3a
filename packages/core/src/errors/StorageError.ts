/**
 * The one error of the port: which adapter failed at what, for which key, and why.
 *
 * `reason` is a closed union, caught with `Effect.catchReason("StorageError", "NoSpace", ...)`. The
 * message is one line, names the outcome, and holds nothing of a session's content.
 */
import * as Data from "effect/Data"
import { displayKey, oneLine, type SessionKey } from "../model/SessionKey.ts"
import type { Outcome, Reason, Remedy } from "./reasons.ts"

const consequences: Record<Outcome, string> = {
  notApplied: "nothing was changed",
  applied: "the change was applied",
  unknown: "whether the change was applied is unknown"
}

/** The operations of the port, as errors name them. */
export type StorageOperation =
  | "open"
  | "head"
  | "load"
  | "commit"
  | "entries"
  | "list"
  | "changes"
  | "recover"
  | "backup"
  | "role"

export class StorageError extends Data.TaggedError("StorageError")<{
  /** The adapter's name, for example `fs`. */
  readonly adapter: string
  readonly operation: StorageOperation
  readonly key?: SessionKey | undefined
  readonly reason: Reason
  /** Failures of cleaning up after the first one; the first one is `reason`. */
  readonly suppressed?: ReadonlyArray<unknown> | undefined
}> {
  /** Whether anything was changed. */
  get outcome(): Outcome {
    return this.reason.outcome
  }
  /** What may help. */
  get remedy(): Remedy {
    return this.reason.remedy
  }
  override get message(): string {
    const subject = this.key === undefined ? "" : ` ${displayKey(this.key)}`
    return `${this.adapter}.${this.operation}${subject}: ${oneLine(this.reason.message)}; ${consequences[this.outcome]}`
  }
}
