/**
 * What a switch tells while it runs, and why it may fail.
 *
 * Keys are told, content is not. When a switch fails, the backend that served before serves on: the error says so, and
 * names what has to be mended before another try.
 */
import * as Data from "effect/Data"
import * as Option from "effect/Option"
import type { StorageError } from "../errors/StorageError.ts"
import type { Unreadable } from "../errors/Unreadable.ts"
import { displayKey, type SessionKey } from "../model/SessionKey.ts"

/** A session of the target that was there before, and the key under which it is kept there. */
export interface KeptAside {
  readonly from: SessionKey
  readonly to: SessionKey
}

/** A step of a switch. Counts are of sessions. */
export type SwitchProgress =
  /** The target is opened and asked what it is. */
  | { readonly _tag: "Opening"; readonly name: string }
  /** Old content of the target, of which nobody else has a copy, is kept under another key. */
  | { readonly _tag: "SettingAside"; readonly kept: KeptAside }
  /** Sessions are copied, and read back, while writes go on. */
  | { readonly _tag: "Copying"; readonly doneCount: number; readonly totalCount: number }
  /** So many sessions were written meanwhile and are copied again. */
  | { readonly _tag: "CatchingUp"; readonly leftCount: number }
  /** Writes wait from here on, and none is under way. */
  | { readonly _tag: "Fenced" }
  /** Both backends are listed and compared; so many sessions were found to differ and are copied again. */
  | { readonly _tag: "Verifying"; readonly totalCount: number; readonly differingCount: number }
  /** The target is the current backend, and its record says so. */
  | { readonly _tag: "CutOver"; readonly name: string; readonly epoch: number }
  /** The old backend takes no writes any more; it is closed when its last user has left. */
  | { readonly _tag: "Retired"; readonly name: string; readonly use: "inUse" | "closed" }
  | {
    readonly _tag: "Done"
    readonly name: string
    readonly copiedCount: number
    readonly removedCount: number
    readonly keptAside: ReadonlyArray<KeptAside>
  }

/** No backend has this name. */
export class UnknownBackend
  extends Data.TaggedError("UnknownBackend")<{ readonly name: string; readonly known: ReadonlyArray<string> }>
{
  override get message() {
    return `there is no backend ${JSON.stringify(this.name)}, only ${
      this.known.map((name) => JSON.stringify(name)).join(", ")
    }`
  }
}

/** A backend holds something that cannot be read, and may be a session. */
export class ContentUnreadable
  extends Data.TaggedError("ContentUnreadable")<{ readonly name: string; readonly rows: ReadonlyArray<Unreadable> }>
{
  override get message() {
    const places = this.rows.slice(0, 3).map(({ key, place }) =>
      Option.match(key, { onNone: () => place, onSome: displayKey })
    )
    const others = this.rows.length > places.length ? ` and ${this.rows.length - places.length} more` : ""
    return `${JSON.stringify(this.name)} holds what cannot be read: ${places.join(", ")}${others}`
  }
}

/** Somebody else, who has the same backends, has decided otherwise. */
export class Superseded extends Data.TaggedError("Superseded")<{ readonly name: string }> {
  override get message() {
    return `the record of ${JSON.stringify(this.name)} was changed by somebody else`
  }
}

/** The target could not be opened when this process started, and promises less than what the process has promised since. */
export class WeakerBackend
  extends Data.TaggedError("WeakerBackend")<{ readonly name: string; readonly lacks: ReadonlyArray<string> }>
{
  override get message() {
    return `${JSON.stringify(this.name)} promises less than was promised: ${this.lacks.join(", ")}`
  }
}

/** The target does not hold what the source holds, however often it is copied. */
export class NotVerified extends Data.TaggedError("NotVerified")<{ readonly keys: ReadonlyArray<SessionKey> }> {
  override get message() {
    return `${this.keys.length} sessions do not read as they were copied, ${
      this.keys.slice(0, 3).map(displayKey).join(", ")
    }`
  }
}

/** Writes would have had to wait longer than they may. */
export class FenceTimedOut extends Data.TaggedError("FenceTimedOut")<{ readonly limitMillis: number }> {
  override get message() {
    return `writes had to wait for more than ${this.limitMillis} ms`
  }
}

export type SwitchReason =
  | UnknownBackend
  | WeakerBackend
  | ContentUnreadable
  | Superseded
  | NotVerified
  | FenceTimedOut
  | StorageError

/** A switch that did not come to its end. `serving` is the backend that serves on. */
export class SwitchError extends Data.TaggedError("SwitchError")<
  { readonly from: string; readonly to: string; readonly serving: string; readonly reason: SwitchReason }
> {
  override get message() {
    const { from, reason, serving, to } = this
    return `switch from ${JSON.stringify(from)} to ${JSON.stringify(to)}: ${reason.message}; ${
      JSON.stringify(serving)
    } serves`
  }
}
