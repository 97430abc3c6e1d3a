/**
 * The policy that reads back what was acknowledged.
 *
 * For storage that answers before it knows: network shares, synced folders, drives behind a lying cache. A
 * write counts only when reading finds it; what is found otherwise is told by an error and never by a receipt.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Corrupt, OutcomeUnknown } from "../errors/reasons.ts"
import type { AdapterReceipt, KeyReceipt } from "../errors/Receipt.ts"
import type { StorageError } from "../errors/StorageError.ts"
import { displayKey, sameKey, type SessionKey } from "../model/SessionKey.ts"
import type { StoredHead } from "../model/StoredRecord.ts"
import { randomId } from "../port/randomId.ts"
import type { Operation, StorageChange } from "../port/StorageChange.ts"
import { makeFailingNote } from "./healthNote.ts"
import { type Adapter, type AdapterPolicy, failureOf, wrap } from "./policies.ts"

/** What is read of a key: its body only where the write put one. */
interface Found {
  readonly head: StoredHead
  readonly body: Option.Option<string>
}

/** The entries that a write added, which are the last ones of the session. */
interface Added {
  readonly count: number
  readonly texts: Stream.Stream<string, StorageError>
}

/** What the write put: the head's and the body's texts that reading must give back. */
const putOf = (operations: ReadonlyArray<Operation>) => {
  const last = operations.findLast((operation) => operation._tag === "Put" || operation._tag === "Restore")
  if (last?._tag === "Put") return { summary: last.summary, body: last.body }
  return last?._tag === "Restore" ? { summary: last.record.head.summary, body: last.record.body } : undefined
}

/** What the write added to the entries: those after the last restore, with what that one brought. */
const addedBy = (operations: ReadonlyArray<Operation>): Added => {
  const last = operations.findLastIndex(({ _tag }) => _tag === "Restore")
  const restored = operations[last]
  const texts = operations.slice(last + 1).flatMap((operation) => operation._tag === "Append" ? operation.entries : [])
  const appended = { count: texts.length, texts: Stream.fromIterable(texts) }
  if (restored?._tag !== "Restore") return appended
  return {
    count: restored.record.head.entryCount + appended.count,
    texts: Stream.concat(Stream.map(restored.entries, ({ entry }) => entry), appended.texts)
  }
}

/** Which of the entries that the write added does not read as it was written; none when all of them do. */
const otherEntry = (adapter: Adapter, { entryCount, key }: KeyReceipt, { count, texts }: Added) => {
  const from = entryCount - count
  const stored = Stream.map(
    adapter.entries(key, { from, to: entryCount }),
    (row) => row._tag === "StoredEntry" ? Option.some(row.entry) : Option.none()
  )
  const compared = Stream.runCollect(Stream.zipWith(stored, texts, (read, text) => Option.contains(read, text)))
  return Effect.map(compared, (same) => {
    const first = same.findIndex((isSame) => !isSame)
    if (first >= 0) return Option.some(from + first)
    return same.length === count ? Option.none() : Option.some(from + same.length)
  })
}

const readBack = (adapter: Adapter, { key }: KeyReceipt, hasPut: "put" | "noPut") =>
  hasPut === "put"
    ? Effect.map(adapter.load(key), Option.map(({ body, head }): Found => ({ head, body: Option.some(body) })))
    : Effect.map(adapter.head(key), Option.map((head): Found => ({ head, body: Option.none() })))

/** Which part of a record at the receipt's version is not what was written. */
const differenceOf = (
  { body, head }: Found,
  row: KeyReceipt,
  put: { readonly summary: string; readonly body: string } | undefined
): string | undefined => {
  if (head.entryCount !== row.entryCount) return `${head.entryCount} entries instead of ${row.entryCount}`
  if (put === undefined) return undefined
  if (head.summary !== put.summary) return "another summary"
  return Option.contains(body, put.body) ? undefined : "another body"
}

/** The error of a write that was acknowledged and is not found as it should be. */
const doubtOf = (adapter: Adapter, { key }: KeyReceipt) => (what: string, cause?: StorageError) => {
  const why = `the write was acknowledged and ${what}`
  return failureOf(adapter, "commit", { key, reason: new OutcomeUnknown({ outcome: "unknown", why, cause }) })
}

/**
 * The version of the last removal, for a key that reads as absent. Removing what is expected to be absent changes
 * nothing and tells it; none when the session is there after all.
 */
const lastRemoval = (adapter: Adapter, key: SessionKey) =>
  adapter.commit({ writeId: randomId(), operations: [{ _tag: "Remove", key, expect: "absent" }] }).pipe(
    Effect.map(({ keys: [row] }) => Option.some(row?.version ?? 0)),
    Effect.catchReason("StorageError", "Conflict", () => Effect.succeedNone)
  )

/** Why what was found is not what was acknowledged, if it is not. */
const complaintAbout = (found: Found, row: KeyReceipt, acknowledged: ReadonlyArray<Operation>) => {
  const actual = found.head.version
  if (actual > row.version) return undefined
  if (acknowledged.some(({ _tag }) => _tag === "Remove")) return "reading back finds the session that was removed"
  return actual < row.version ? "reading back finds an older version" : undefined
}

/** Checks one key of an acknowledged change. */
const verify: (
  adapter: Adapter,
  row: KeyReceipt,
  operations: ReadonlyArray<Operation>
) => Effect.Effect<void, StorageError> = Effect.fnUntraced(function*(adapter, row, operations) {
  const { key, version } = row
  // A change that did nothing to a key that nothing was known of.
  if (version === 0) return
  const put = putOf(operations)
  const doubt = doubtOf(adapter, row)
  const cannotRead = (error: StorageError) => doubt("could not be read back", error)
  const found = yield* Effect.mapError(readBack(adapter, row, put === undefined ? "noPut" : "put"), cannotRead)
  if (Option.isNone(found)) {
    if (operations.some(({ _tag }) => _tag === "Remove")) return
    const removal = yield* Effect.mapError(lastRemoval(adapter, key), cannotRead)
    if (Option.isNone(removal)) return yield* verify(adapter, row, operations)
    if (removal.value > version) return
    return yield* doubt("reading back finds nothing")
  }
  const complaint = complaintAbout(found.value, row, operations)
  if (complaint !== undefined) return yield* doubt(complaint)
  if (found.value.head.version > version) return
  let difference = differenceOf(found.value, row, put)
  const added = addedBy(operations)
  if (difference === undefined && added.count > 0) {
    const other = yield* Effect.mapError(otherEntry(adapter, row, added), cannotRead)
    if (Option.isNone(other)) return
    // Entries are read after the head: another writer may have removed the session, or made it anew.
    const after = yield* Effect.mapError(adapter.head(key), cannotRead)
    if (!Option.exists(after, ({ version: current }) => current === version)) {
      return yield* verify(adapter, row, operations)
    }
    difference = `another entry ${other.value}`
  }
  if (difference === undefined) return
  const problem = `reads back with ${difference}`
  return yield* failureOf(adapter, "commit", {
    key,
    reason: new Corrupt({ outcome: "unknown", at: displayKey(key), problem })
  })
})

const verifyAll = (adapter: Adapter, change: StorageChange, receipt: AdapterReceipt) =>
  Effect.forEach(
    receipt.keys,
    (row) => verify(adapter, row, change.operations.filter(({ key }) => sameKey(key, row.key))),
    { discard: true }
  )

/**
 * Reads every acknowledged write back before it is told.
 *
 * **Details**
 *
 * What is found must be at least as new as the receipt says. At the receipt's own version it must be what was
 * written: summary and body where the state was put or restored, the count of entries, and the text of every entry
 * that was appended or restored. A newer version is another writer's and is not compared.
 *
 * - `OutcomeUnknown`: nothing, or an older version, is found, or reading failed. The write was acknowledged, and
 *   whether it lasts is not known. A session that was removed since is told from one that is lost by its removal.
 * - `Corrupt`, with the outcome unknown: the version is there and its content is another one. What lies there is
 *   damaged, and is kept as it is.
 *
 * After either the health is failing, until a write is found as it was written.
 *
 * It costs one read per key, of the body where the state was put and else of the head, and one of the entries
 * that were added.
 *
 * **Gotchas**
 *
 * A read that a cache serves proves what the cache holds. Entries that were there before a write are not read again.
 * Put it outside of what changes texts as they are stored: a write that is repeated through `encrypted` has
 * another ciphertext than the one that lies there.
 */
export const verified: AdapterPolicy = (adapter) => {
  const note = makeFailingNote()
  const check = (change: StorageChange) => (receipt: AdapterReceipt) =>
    Effect.tap(Effect.tapError(verifyAll(adapter, change, receipt), note.report), note.clear)
  return wrap(adapter, {
    commit: (change) => Effect.tap(adapter.commit(change), check(change)),
    health: note.over(adapter.health)
  })
}
