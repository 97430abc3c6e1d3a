/** Records as they were held elsewhere, with their entries: what the tests of restoring write and expect to read. */
import {
  type AppliedWrite,
  type SessionKey,
  type StorageError,
  type StoredEntry,
  type StoredSession,
  Version
} from "@holdfast/core"
import type { Restore } from "@holdfast/core"
import { Effect, Stream } from "effect"
import { type Adapter, load } from "../kit.ts"

/** A record with all of its entries. */
export interface Held {
  readonly record: StoredSession
  readonly entries: ReadonlyArray<StoredEntry>
}

interface Shape {
  readonly version: number
  readonly incarnation?: string | undefined
  /** How many entries each write added, from the first write to the last; none added no state. */
  readonly batches: ReadonlyArray<number>
  /** What an entry holds beside its number. */
  readonly padding?: string | undefined
  /** Whether the entries say which write added them; they do by default. */
  readonly names?: "named" | "unnamed" | undefined
}

/** A record of some writes, the last one with the record's version. */
export const heldOf = (key: SessionKey, { batches, incarnation = "0123456789abcdef0123", ...shape }: Shape): Held => {
  const { names = "named", padding = "", version } = shape
  const entries: Array<StoredEntry> = []
  const writes = batches.map((size, nth): AppliedWrite => {
    const at = 1_000 * (nth + 1)
    const own = Version(version - batches.length + 1 + nth)
    for (let number = 1; number <= size; number++) {
      entries.push({
        _tag: "StoredEntry",
        index: entries.length,
        at: at - 10,
        version: own,
        schemaVersion: 1,
        entry: JSON.stringify({ nth, number, padding }),
        writeId: number === size && names === "named" ? `${version}-${nth}` : undefined
      })
    }
    return { id: `${version}-${nth}`, version: own, at, entryCount: entries.length }
  })
  return {
    entries,
    record: {
      head: {
        _tag: "StoredHead",
        key,
        kind: "note",
        schemaVersion: 1,
        version: Version(version),
        incarnation,
        createdAt: 500,
        updatedAt: 1_000 * batches.length,
        summary: "{\"of\":1}",
        entryCount: entries.length
      },
      body: JSON.stringify({ restored: version }),
      writes: writes.slice(-16)
    }
  }
}

/** Writes a record with its entries. */
export const restore = (
  key: SessionKey,
  { entries, record }: Held,
  expect: Restore["expect"] = "any"
): Restore => ({ _tag: "Restore", key, expect, record, entries: Stream.fromIterable(entries) })

/** What a store holds of a session. */
export const heldAt = (adapter: Adapter, key: SessionKey): Effect.Effect<Held, StorageError> =>
  Effect.gen(function*() {
    const record = yield* load(adapter, key)
    const rows = yield* Stream.runCollect(adapter.entries(key, {}))
    return { record, entries: rows.filter((row) => row._tag === "StoredEntry") }
  })
