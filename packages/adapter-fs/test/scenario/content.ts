/** A session as the adapter gives it, every text as it was written. */
import type { SessionKey, StorageError } from "@holdfast/core"
import { Effect, Option, Stream } from "effect"
import type { Content } from "../commit/oracle.ts"
import type { Adapter } from "../kit.ts"

/** What is there: the body and the entries as texts, with an error in the place of an entry that cannot be read. */
export interface Seen {
  readonly content: Content
  readonly version: number
}

/** Reads a session with all its entries. */
export const seenOf = (adapter: Adapter, key: SessionKey): Effect.Effect<Seen, StorageError> =>
  Effect.gen(function*() {
    const session = yield* adapter.load(key)
    if (Option.isNone(session)) return { content: Option.none(), version: 0 }
    const rows = yield* Stream.runCollect(adapter.entries(key, {}))
    const entries = rows.map((row) => row._tag === "StoredEntry" ? row.entry : `cannot be read: ${row.error.message}`)
    const { body, head } = session.value
    return { content: Option.some({ state: body, entries }), version: head.version }
  })
