/**
 * Harnesses: how an adapter is put under test, and what of its surroundings a harness can play.
 *
 * Opening is all that a harness must offer. Another process, faults and crash states are optional: a law
 * that asks for one of them is not applicable where it is not offered, and the report says so.
 */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Reason } from "../errors/reasons.ts"
import type { StorageError } from "../errors/StorageError.ts"
import type { StorageAdapter } from "../port/StorageAdapter.ts"

/** An instance over a storage in another process. */
export interface Elsewhere {
  readonly adapter: StorageAdapter["Service"]
  /** Ends the process at once, in the midst of whatever it does. */
  readonly kill: Effect.Effect<void, unknown>
}

/** Something that goes wrong below the adapter, between `inject` and `lift`. */
export interface Fault {
  /** In a few words, for messages: `the disk is full`. */
  readonly name: string
  /** The reasons with which calls may fail meanwhile, beside `OutcomeUnknown`. */
  readonly reasons: ReadonlyArray<Reason["_tag"]>
  /** What surely fails meanwhile: at least one of the law's reads, one of its writes, or one of both. */
  readonly hits: ReadonlyArray<"reads" | "writes">
  readonly inject: Effect.Effect<void>
  readonly lift: Effect.Effect<void>
}

/** What a crash could have left. */
export interface CrashState {
  /** Where the crash was, for messages. */
  readonly name: string
  /** How many commits of the work had been acknowledged before it. */
  readonly acknowledged: number
  readonly storage: Storage
}

/**
 * Opens an instance on empty data, runs `work` over it, and gives the states that a crash at any moment from
 * before the opening to after the last commit could have left. Work that fails is a broken law.
 */
export type Crashes = (
  work: (adapter: StorageAdapter["Service"]) => Effect.Effect<void, unknown>
) => Effect.Effect<ReadonlyArray<CrashState>, unknown, Scope.Scope>

/** One store's data. Every `open` is another adapter instance over it; closing the scope closes that instance. */
export interface Storage {
  readonly open: Effect.Effect<StorageAdapter["Service"], StorageError, Scope.Scope>
  /** Every `elsewhere` is an instance in a process of its own; closing the scope closes it and ends the process. */
  readonly elsewhere?: Effect.Effect<Elsewhere, unknown, Scope.Scope> | undefined
  readonly faults?: ReadonlyArray<Fault> | undefined
  readonly crashes?: Crashes | undefined
}

/** What a harness may offer beside opening. */
export type Offer = "elsewhere" | "faults" | "crashes"

/** An adapter under test. `fresh` makes new, empty data and removes it with the scope. */
export interface Harness {
  readonly name: string
  readonly fresh: Effect.Effect<Storage, unknown, Scope.Scope>
}
