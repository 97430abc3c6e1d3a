/**
 * Changes as they are watched: which session was written or removed, and in which version.
 *
 * A change names a session and holds none of its content. Writes of one key that follow each other
 * closely may arrive as one change with the newest version; a change that could not be passed on
 * arrives as `Missed`, never as silence.
 */
import type { SessionKey } from "./SessionKey.ts"
import type { Version } from "./Version.ts"

/** A session was created or written; `version` is what it has since. */
export interface Changed {
  readonly _tag: "Changed"
  readonly key: SessionKey
  readonly kind: string
  readonly version: Version
}

/** A session was removed; `version` is the one that its removal took. */
export interface Removed {
  readonly _tag: "Removed"
  readonly key: SessionKey
  readonly kind: string
  readonly version: Version
}

/** There were changes that are not told one by one: whoever keeps a picture of the store lists it again. */
export interface Missed {
  readonly _tag: "Missed"
}

export type Change = Changed | Removed | Missed
