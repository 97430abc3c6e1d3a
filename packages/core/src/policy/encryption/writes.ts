/**
 * Writing through the encryption: what a change puts, appends and restores is encrypted under the current key.
 *
 * A repeated write has other nonces and the same write id, by which adapters know it. A put that expects no
 * version is kept from replacing what cannot be decrypted here: with another key it may be whole.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type Reason, TooLarge } from "../../errors/reasons.ts"
import type { StorageError } from "../../errors/StorageError.ts"
import type { Capability } from "../../model/Capability.ts"
import type { Append, Put } from "../../model/operations.ts"
import { keyText, type SessionKey, utf8Length } from "../../model/SessionKey.ts"
import type { StoredEntry } from "../../model/StoredRecord.ts"
import { checkChange } from "../../port/checks.ts"
import type { Operation, Restore, StorageChange } from "../../port/StorageChange.ts"
import type { HealthNote } from "../healthNote.ts"
import { type Adapter, failureOf } from "../policies.ts"
import type { Sealer } from "./seal.ts"
import type { Place } from "./sealedText.ts"

// As for reading: the platform encrypts beside the JavaScript thread.
const encryptionsAtOnceMax = 8

/** Counts the entries that a change appends to each of its keys, which is where each of them is in the change. */
const makeCounter = () => {
  const counts = new Map<string, number>()
  return (key: SessionKey, count: number): number => {
    const first = counts.get(keyText(key)) ?? 0
    counts.set(keyText(key), first + count)
    return first
  }
}

/** Whether an operation may replace a record that its caller has not read. */
const mayReplaceUnread = (operation: Operation): boolean =>
  (operation._tag === "Put" || operation._tag === "Restore")
  && (operation.expect === "any" || operation.expect === "present")

/** Makes `commit` of an encrypted adapter from what it reads and promises. */
export const makeCommit = (
  adapter: Adapter,
  sealer: Sealer,
  own: Pick<Adapter, "head"> & { readonly capability: () => Capability; readonly note: HealthNote }
): Adapter["commit"] => {
  const fail = (key: SessionKey) => (reason: Reason) => failureOf(adapter, "commit", { key, reason })

  const sealFor = (write: string, key: SessionKey) => (text: string, place: Place) =>
    Effect.mapError(sealer.seal(text, { key, write, place }), fail(key))

  const sealPut = Effect.fnUntraced(function*(write: string, put: Put) {
    const seal = sealFor(write, put.key)
    const [summary, body] = yield* Effect.all([seal(put.summary, "summary"), seal(put.body, "body")])
    return { ...put, summary, body }
  })

  const sealAppend = Effect.fnUntraced(function*(write: string, append: Append, first: number) {
    const seal = sealFor(write, append.key)
    const entries = yield* Effect.forEach(append.entries, (entry, offset) => seal(entry, first + offset), {
      concurrency: encryptionsAtOnceMax
    })
    return { ...append, entries }
  })

  const sealRestore = Effect.fnUntraced(function*(write: string, restore: Restore) {
    const { key, record } = restore
    const { bodyBytesMax } = own.capability()
    const seal = sealFor(write, key)
    const [summary, body] = yield* Effect.all([seal(record.head.summary, "summary"), seal(record.body, "body")])
    const sealEntry = Effect.fnUntraced(function*(stored: StoredEntry) {
      const bytes = utf8Length(stored.entry)
      if (bytes > bodyBytesMax) {
        return yield* fail(key)(new TooLarge({ outcome: "notApplied", bytes, bytesMax: bodyBytesMax }))
      }
      return { ...stored, entry: yield* seal(stored.entry, stored.index) }
    })
    return {
      ...restore,
      record: { ...record, head: { ...record.head, summary }, body },
      entries: Stream.mapEffect(restore.entries, sealEntry, { concurrency: encryptionsAtOnceMax })
    }
  })

  const refuseUnreadable = (operation: Operation): Effect.Effect<void, StorageError> =>
    mayReplaceUnread(operation)
      ? Effect.asVoid(Effect.mapError(own.head(operation.key), ({ reason }) => fail(operation.key)(reason)))
      : Effect.void

  const sealed = Effect.fnUntraced(function*(change: StorageChange): Effect.fn.Return<StorageChange, StorageError> {
    yield* checkChange(adapter.name, own.capability(), change)
    yield* Effect.forEach(change.operations, refuseUnreadable, { discard: true })
    const count = makeCounter()
    const sealOperation = (operation: Operation): Effect.Effect<Operation, StorageError> => {
      switch (operation._tag) {
        case "Put":
          return sealPut(change.writeId, operation)
        case "Append":
          return sealAppend(change.writeId, operation, count(operation.key, operation.entries.length))
        case "Restore":
          return sealRestore(change.writeId, operation)
        case "Remove":
          return Effect.succeed(operation)
      }
    }
    return { ...change, operations: yield* Effect.forEach(change.operations, sealOperation) }
  })

  // The adapter never hears of a write that fails before it, and its health says nothing of that.
  const noted = (error: StorageError) => error.remedy === "caller" ? Effect.void : own.note.report(error)

  return (change) =>
    Effect.flatMap(
      Effect.tapError(sealed(change), noted),
      (ready) => Effect.tap(adapter.commit(ready), own.note.clear)
    )
}
