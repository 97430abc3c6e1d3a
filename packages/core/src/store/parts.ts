/**
 * What the parts of one store share: the adapter, the definition with its codecs, and the options.
 *
 * The small conversions between what methods take and show and what the port holds are here too, so
 * that every method makes them alike.
 */
import * as DateTime from "effect/DateTime"
import { makeKey, type SessionKey } from "../model/SessionKey.ts"
import type { StorageAdapter } from "../port/StorageAdapter.ts"
import type { SessionCodec } from "./codec.ts"
import type { PlainSchema, SessionDefinition } from "./Session.ts"
import type { KeyInput, StoreOptions } from "./SessionStore.ts"

/** The parts of a store. */
export interface StoreParts<S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema> {
  readonly adapter: StorageAdapter["Service"]
  readonly definition: SessionDefinition<S, E, Summary>
  readonly codec: SessionCodec<S, E, Summary>
  readonly options: StoreOptions
}

/** A key as methods take it, as a key. */
export const toKey = (input: KeyInput): SessionKey => typeof input === "string" ? makeKey(input) : input

/** An epoch time in milliseconds as the store shows it. */
export const toTime = (millis: number): DateTime.Utc => DateTime.makeUnsafe(millis)
