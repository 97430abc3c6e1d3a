/**
 * Events: what happens to a store beside the answers to its calls.
 *
 * Apps log them, or show them; no call waits for anybody to read them, and none holds session content. What is
 * true at the moment is in the store's health.
 */
import type * as Option from "effect/Option"
import type { SessionKey } from "../model/SessionKey.ts"
import type { StorageError } from "./StorageError.ts"

/** A tier cannot be used, or refused a write. */
export interface TierDegraded {
  readonly _tag: "Degraded"
  readonly tier: string
  readonly because: StorageError
}

/** A tier works again. */
export interface TierRecovered {
  readonly _tag: "Recovered"
  readonly tier: string
}

/** A session's newest version lies in `tier`, because an upper one refused it, or may have. */
export interface SessionDisplaced {
  readonly _tag: "Displaced"
  readonly key: SessionKey
  readonly tier: string
  readonly because: StorageError
}

/** A displaced session lies in the upper tier `to` again, was read back there, and is gone from below. */
export interface SessionDrained {
  readonly _tag: "Drained"
  readonly key: SessionKey
  readonly from: string
  readonly to: string
}

/** Two tiers had changed a session each for itself. What lost is kept under the key `fork`; a removal leaves nothing. */
export interface BothChanged {
  readonly _tag: "Conflict"
  readonly key: SessionKey
  readonly fork: Option.Option<SessionKey>
}

/** A recovery turned another program's document into a session, or set something doubtful aside. */
export interface SessionRecovered {
  readonly _tag: "Adopted" | "Quarantined"
  readonly key: Option.Option<SessionKey>
  readonly place: string
}

export type StorageEvent =
  | TierDegraded
  | TierRecovered
  | SessionDisplaced
  | SessionDrained
  | BothChanged
  | SessionRecovered
