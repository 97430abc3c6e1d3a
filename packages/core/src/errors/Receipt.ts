/**
 * Receipts: what every acknowledged write returns.
 *
 * A receipt says what is true: which version, where it lies, how durable it is, and what it took. A
 * write that had to go another way, or to another place, says so here and in no other place.
 */
import type * as Option from "effect/Option"
import type { Durability } from "../model/Capability.ts"
import type { SessionKey } from "../model/SessionKey.ts"
import type { Version } from "../model/Version.ts"
import type { StorageError } from "./StorageError.ts"

/** A write that a lower tier took because an upper one refused it, or may have. */
export interface Degraded {
  readonly because: StorageError
  readonly tier: string
  readonly pendingDrain: boolean
}

/** How a write was made durable; the same for every key of one change. */
export interface WriteFacts {
  /** The adapter that holds the write. */
  readonly adapter: string
  /** Where, printable and without secrets. */
  readonly location: string
  readonly durability: Durability
  /** How: `rename`, `slots`, `wal`, `memory`, ... */
  readonly protocol: string
  /** How many times the write was tried in one way or another; 1 when the first way worked. */
  readonly attempts: number
  /** What failed on the way to the success, in order. */
  readonly failures: ReadonlyArray<StorageError>
  readonly degraded: Option.Option<Degraded>
}

/** What one write did to one key. */
export interface Receipt extends WriteFacts {
  readonly key: SessionKey
  readonly version: Version
}

/** What a change did to one of its keys. Times are epoch milliseconds. The version is 0 when nothing is and nothing was there. */
export interface KeyReceipt {
  readonly key: SessionKey
  readonly version: Version
  readonly createdAt: number
  readonly updatedAt: number
  readonly entryCount: number
}

/** What an adapter answers to a change: one row per key. */
export interface AdapterReceipt extends WriteFacts {
  readonly keys: ReadonlyArray<KeyReceipt>
}
