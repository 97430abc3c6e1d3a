/**
 * Restores before they are planned: their entries are read from the stream, and checked against the record.
 *
 * Adapters plan a change in one synchronous step under the key's lock. Whatever a stream waits for is waited for
 * before that, so a source that hangs never keeps a key, and one that fails leaves everything as it was.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { OutcomeUnknown, type Reason, TooLarge, Unsupported } from "../errors/reasons.ts"
import { StorageError } from "../errors/StorageError.ts"
import type { Capability } from "../model/Capability.ts"
import type { Edit, PlannedOperation, Restoration } from "../model/operations.ts"
import { utf8Length } from "../model/SessionKey.ts"
import type { StoredEntry } from "../model/StoredRecord.ts"
import type { Operation, Restore, StorageChange } from "./StorageChange.ts"

/** A change with all that it writes at hand. */
export interface PlannedChange {
  readonly writeId: string
  readonly operations: ReadonlyArray<PlannedOperation>
  readonly attempt?: number | undefined
}

const areIntegers = (numbers: ReadonlyArray<number>): boolean => numbers.every(Number.isSafeInteger)

const areTimes = (numbers: ReadonlyArray<number>): boolean => numbers.every(Number.isFinite)

/** What no adapter could have held, and so no record holds. */
const isSane = ({ record: { head, writes } }: Restore, entries: ReadonlyArray<StoredEntry>): boolean =>
  head.incarnation.isWellFormed() && head.version > 0
  && areIntegers([head.version, head.schemaVersion, head.entryCount]) && areTimes([head.createdAt, head.updatedAt])
  && writes.every(({ at, entryCount, version }) => areIntegers([version, entryCount]) && areTimes([at]))
  && entries.every(({ at, schemaVersion, version }) => areIntegers([version, schemaVersion]) && areTimes([at]))

const problemOf = (
  restore: Restore,
  entries: ReadonlyArray<StoredEntry>,
  { bodyBytesMax }: Capability
): Reason | undefined => {
  const { head } = restore.record
  if (entries.length !== head.entryCount || entries.some(({ index }, place) => index !== place)) {
    const capability = `a restore with ${entries.length} entries of a record that counts ${head.entryCount}`
    return new Unsupported({ outcome: "notApplied", capability })
  }
  if (entries.some(({ version }) => version > head.version)) {
    return new Unsupported({ outcome: "notApplied", capability: "a restore of entries newer than their record" })
  }
  if (!isSane(restore, entries)) {
    return new Unsupported({ outcome: "notApplied", capability: "a restore of a record that no adapter holds" })
  }
  for (const { entry } of entries) {
    const bytes = entry.length * 3 <= bodyBytesMax ? 0 : utf8Length(entry)
    if (bytes > bodyBytesMax) return new TooLarge({ outcome: "notApplied", bytes, bytesMax: bodyBytesMax })
  }
  return undefined
}

const readEntries = Effect.fnUntraced(function*(adapter: string, capability: Capability, restore: Restore) {
  const { key } = restore
  const fail = (reason: Reason) => new StorageError({ adapter, operation: "commit", key, reason })
  // Whatever the source failed with, of a write or not, nothing was changed here.
  const entries = yield* Effect.mapError(Stream.runCollect(restore.entries), (error) => {
    if (error.outcome === "notApplied") return error
    return fail(
      new OutcomeUnknown({ outcome: "notApplied", why: "the entries to restore could not be read", cause: error })
    )
  })
  const problem = problemOf(restore, entries, capability)
  if (problem !== undefined) return yield* Effect.fail(fail(problem))
  return { ...restore, entries } satisfies Restoration
})

const isEdit = (operation: Operation): operation is Edit => operation._tag !== "Restore"

const readAll = (
  adapter: string,
  capability: Capability,
  operations: ReadonlyArray<Operation>
): Effect.Effect<ReadonlyArray<PlannedOperation>, StorageError> =>
  operations.every(isEdit)
    ? Effect.succeed(operations)
    : Effect.forEach(operations, (operation) =>
      isEdit(operation)
        ? Effect.succeed<PlannedOperation>(operation)
        : readEntries(adapter, capability, operation))

/** Reads what a change restores. Fails with what the streams fail with, and nothing was changed. */
export const readRestorations = (
  adapter: string,
  capability: Capability,
  change: StorageChange
): Effect.Effect<PlannedChange, StorageError> =>
  Effect.mapEager(readAll(adapter, capability, change.operations), (operations) => ({ ...change, operations }))
