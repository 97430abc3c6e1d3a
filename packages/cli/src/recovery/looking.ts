/**
 * Looking at a store for what a recovery would do: its sessions, what cannot be read, and every leftover.
 *
 * Nothing is written. A document of another program is looked at with the adopter that a recovery would use, so the
 * plan is what applying it does.
 */
import type { Adopter, Finding, StorageAdapter, StorageError, StorageUrl, StoredHead, Unreadable } from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { Exception } from "../stores/lookOnly.ts"
import { openStore } from "../stores/open.ts"
import { type AdoptOptions, makePlainAdopter } from "./adopter.ts"
import { isAppFolder } from "./appFolder.ts"

/** What a look found. */
export interface Looked {
  readonly location: string
  readonly heads: ReadonlyArray<StoredHead>
  readonly unreadable: ReadonlyArray<Unreadable>
  readonly findings: ReadonlyArray<Finding>
  /** Why the store could not be looked through; what was found is not all there is then. */
  readonly problem: Option.Option<StorageError>
  /** How documents of other programs are taken. */
  readonly adoption: AdoptOptions
}

/** What the user said about documents of other programs; the rest follows from the store. */
export interface AdoptFlags {
  readonly kind: Option.Option<string>
  readonly schemaVersion: Option.Option<number>
  readonly summary: ReadonlyArray<string>
  readonly accept: AdoptOptions["accept"]
}

const defaultKind = "Session"

/** The kind and version that all sessions of a store have, where they have the same. */
const commonOf = (heads: ReadonlyArray<StoredHead>): Option.Option<StoredHead> => {
  const [first] = heads
  const isCommon = heads.every(({ kind }) => kind === first?.kind)
  return first !== undefined && isCommon
    ? Option.some(heads.reduce((newest, head) => head.schemaVersion > newest.schemaVersion ? head : newest, first))
    : Option.none()
}

const adoptionOf = (flags: AdoptFlags, heads: ReadonlyArray<StoredHead>): AdoptOptions => {
  const common = commonOf(heads)
  return {
    kind: Option.getOrElse(
      flags.kind,
      () => Option.match(common, { onNone: () => defaultKind, onSome: ({ kind }) => kind })
    ),
    schemaVersion: Option.getOrElse(
      flags.schemaVersion,
      () => Option.match(common, { onNone: () => 1, onSome: ({ schemaVersion }) => schemaVersion })
    ),
    summary: flags.summary,
    accept: flags.accept
  }
}

/** Reads the heads of a store and what cannot be read. */
const readListing = (adapter: StorageAdapter["Service"]) =>
  Effect.map(Stream.runCollect(adapter.list({ namespace: [], order: "id" })), (rows) => ({
    heads: rows.filter((row): row is StoredHead => row._tag === "StoredHead"),
    unreadable: rows.filter((row): row is Unreadable => row._tag === "Unreadable")
  }))

const nothingListed = { heads: [], unreadable: [] }

/** Looks at a store. One that opens and cannot be looked through is told as such. */
export const lookAt = Effect.fnUntraced(function*(
  url: StorageUrl.Parsed,
  flags: AdoptFlags,
  exception: Exception = "nobody"
) {
  const isCareful = flags.accept === "likely" && (yield* isAppFolder(url))
  const own: AdoptFlags = isCareful ? { ...flags, accept: "named" } : flags
  let adoption = adoptionOf(own, [])
  const adopt: Adopter = (json, key) => Effect.suspend(() => makePlainAdopter(adoption)(json, key))
  const adapter = yield* openStore(url, { _tag: "Look", exception, adopt })
  const listing = yield* Effect.result(readListing(adapter))
  const { heads, unreadable } = Result.getOrElse(listing, () => nothingListed)
  adoption = adoptionOf(own, heads)
  const inspection = yield* Effect.result(Stream.runCollect(adapter.recover("inspect")))
  const looked: Looked = {
    location: adapter.location,
    heads,
    unreadable,
    findings: Result.getOrElse(inspection, () => []),
    problem: Option.firstSomeOf([Result.getFailure(listing), Result.getFailure(inspection)]),
    adoption
  }
  return { adapter, looked }
})

/** The same, for whoever can do nothing with a part of it. */
export const lookThrough = Effect.fnUntraced(function*(url: StorageUrl.Parsed, flags: AdoptFlags) {
  const { looked } = yield* lookAt(url, flags)
  return Option.isSome(looked.problem) ? yield* looked.problem.value : looked
}, Effect.scoped)
