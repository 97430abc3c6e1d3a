/**
 * Looking at a store for what a recovery would do: its sessions, what cannot be read, and every leftover.
 *
 * Nothing is written. A document of another program is looked at with the adopter that a recovery would use, so the
 * plan is what applying it does.
 */
import type { Adopter, Finding, StorageAdapter, StorageUrl, StoredHead, Unreadable } from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Exception } from "../stores/lookOnly.ts"
import { openStore } from "../stores/open.ts"
import { type AdoptOptions, makePlainAdopter } from "./adopter.ts"

/** What a look found. */
export interface Looked {
  readonly location: string
  readonly heads: ReadonlyArray<StoredHead>
  readonly unreadable: ReadonlyArray<Unreadable>
  readonly findings: ReadonlyArray<Finding>
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

/** Looks at a store. */
export const lookAt = Effect.fnUntraced(function*(
  url: StorageUrl.Parsed,
  flags: AdoptFlags,
  exception: Exception = "nobody"
) {
  let adoption = adoptionOf(flags, [])
  const adopt: Adopter = (json, key) => Effect.suspend(() => makePlainAdopter(adoption)(json, key))
  const adapter = yield* openStore(url, { _tag: "Look", exception, adopt })
  const { heads, unreadable } = yield* readListing(adapter)
  adoption = adoptionOf(flags, heads)
  const findings = yield* Stream.runCollect(adapter.recover("inspect"))
  return { adapter, looked: { location: adapter.location, heads, unreadable, findings, adoption } satisfies Looked }
})
