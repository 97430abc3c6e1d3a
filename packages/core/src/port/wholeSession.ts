/**
 * A session read whole: head, body and every entry of one version.
 *
 * The port reads a session and its entries in two calls, between which somebody may write. Copies need both of one
 * version, so a reading that was overtaken is made again.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Busy } from "../errors/reasons.ts"
import { StorageError } from "../errors/StorageError.ts"
import { displayKey, type SessionKey } from "../model/SessionKey.ts"
import type { StoredEntry, StoredSession } from "../model/StoredRecord.ts"
import type { StorageAdapter } from "./StorageAdapter.ts"

// A session that is written to all the time while its entries are read is read from the start.
const readingsMax = 5

/** A session with all entries that its head counts. */
export interface WholeSession {
  readonly session: StoredSession
  readonly entries: ReadonlyArray<StoredEntry>
}

type Reading = { readonly _tag: "Read"; readonly whole: Option.Option<WholeSession> } | { readonly _tag: "Overtaken" }

const readOnce = Effect.fnUntraced(function*(adapter: StorageAdapter["Service"], key: SessionKey) {
  const stored = yield* adapter.load(key)
  if (Option.isNone(stored)) return { _tag: "Read", whole: Option.none() } satisfies Reading
  const session = stored.value
  const { head } = session
  const rows = yield* Stream.runCollect(adapter.entries(key, { to: head.entryCount }))
  const after = yield* adapter.head(key)
  const isSameLife = Option.exists(after, ({ incarnation }) => incarnation === head.incarnation)
  if (!isSameLife) return { _tag: "Overtaken" } satisfies Reading
  const entries = yield* Effect.forEach(rows, (row) => {
    if (row._tag === "StoredEntry") return Effect.succeed(row)
    const { error } = row
    if (error._tag === "StorageError") return Effect.fail(error)
    return Effect.die(new Error("an entry at the port is unreadable for a reason of the storage", { cause: error }))
  })
  // An entry that was counted may come to nothing, and a later one take its place: that is another version.
  const isSameVersion = entries.length === head.entryCount && entries.every(({ version }) => version <= head.version)
  return isSameVersion
    ? { _tag: "Read", whole: Option.some({ session, entries }) } satisfies Reading
    : { _tag: "Overtaken" } satisfies Reading
})

/**
 * Reads a session whole; none when it is absent. Fails with what the reads met, with an entry that cannot be read, and
 * with `Busy` when it was overtaken time after time.
 */
export const readWhole = Effect.fnUntraced(function*(
  adapter: StorageAdapter["Service"],
  key: SessionKey
): Effect.fn.Return<Option.Option<WholeSession>, StorageError> {
  for (let reading = 0; reading < readingsMax; reading++) {
    const read: Reading = yield* readOnce(adapter, key)
    if (read._tag === "Read") return read.whole
  }
  const reason = new Busy({ path: displayKey(key), code: "EBUSY", outcome: "notApplied" })
  return yield* new StorageError({ adapter: adapter.name, operation: "load", key, reason })
})
