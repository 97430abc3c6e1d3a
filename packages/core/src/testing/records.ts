/**
 * Records with their entries, as a restore takes them: read from a store, or made up.
 *
 * A record that is made up has nothing that a store would choose by itself, as low versions, old times and write
 * ids of somebody else: what is read back was kept, not made again.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { StorageError } from "../errors/StorageError.ts"
import type { UnreadableEntry } from "../errors/Unreadable.ts"
import type { SessionKey } from "../model/SessionKey.ts"
import { type AppliedWrite, appliedWritesMax, type StoredEntry, type StoredSession } from "../model/StoredRecord.ts"
import { Version } from "../model/Version.ts"
import type { StorageAdapter } from "../port/StorageAdapter.ts"
import { json } from "./operations.ts"
import { type Client, plainEntry } from "./Trial.ts"

/** A record and all of its entries. */
export interface Held {
  readonly record: StoredSession
  readonly entries: ReadonlyArray<StoredEntry>
}

const withWriteId = (entry: StoredEntry): StoredEntry =>
  entry.writeId === undefined ? plainEntry(entry) : { ...plainEntry(entry), writeId: entry.writeId }

/** A healthy store has no other rows. */
const readable = (row: StoredEntry | UnreadableEntry): Effect.Effect<StoredEntry> =>
  row._tag === "StoredEntry" ? Effect.succeed(withWriteId(row)) : Effect.die(row.error)

/** The entries of a session with what they say of their writes, as they come: what a copy is made from. */
export const entriesOf = (
  adapter: StorageAdapter["Service"],
  key: SessionKey
): Stream.Stream<StoredEntry, StorageError> => Stream.mapEffect(adapter.entries(key, {}), readable)

/** What a store holds of a session, which must be there. */
export const heldAt = Effect.fnUntraced(function*(client: Client, key: SessionKey) {
  const record = yield* client.read(key)
  const entries = yield* Stream.runCollect(entriesOf(client.adapter, key))
  return { record, entries } satisfies Held
})

/** What a store holds under another key than the one of its record. */
export const heldAs = (key: SessionKey, { entries, record }: Held): Held => ({
  record: { ...record, head: { ...record.head, key } },
  entries
})

/** A record of three writes: a state with two entries, one entry more, another state. */
export const sample = (key: SessionKey, version: number): Held => {
  const write = (id: string, index: number): AppliedWrite => ({
    id: `${version}-${id}`,
    version: Version(version - 2 + index),
    at: 1000 * (index + 1),
    entryCount: Math.min(index + 2, 3)
  })
  const [first, second, last] = [write("first", 0), write("second", 1), write("last", 2)]
  const entry = (index: number, { at, version }: AppliedWrite): StoredEntry => ({
    _tag: "StoredEntry",
    index,
    at,
    version,
    schemaVersion: index === 2 ? 2 : 1,
    entry: json(`entry ${index} of ${last.version}`)
  })
  return {
    record: {
      head: {
        _tag: "StoredHead",
        key,
        kind: "draft",
        schemaVersion: 3,
        version: last.version,
        incarnation: version.toString(16).padStart(20, "0"),
        createdAt: first.at,
        updatedAt: last.at,
        summary: json({ of: version }),
        entryCount: 3
      },
      body: json({ of: version, text: "e\u0301 \ud800" }),
      writes: [first, second, last]
    },
    entries: [
      { ...entry(0, first), at: 500 },
      { ...entry(1, first), writeId: first.id },
      { ...entry(2, second), writeId: second.id }
    ]
  }
}

/** The same record with a list of so many entries, which its last write added, and as many writes as are remembered. */
export const sampleOf = (key: SessionKey, version: number, entryCount: number): Held => {
  const { record } = sample(key, version)
  const { updatedAt: at, version: last } = record.head
  const writes = Array.from({ length: appliedWritesMax }, (_, index): AppliedWrite => ({
    id: `${version}-${index}`,
    version: Version(last - appliedWritesMax + 1 + index),
    at: at - appliedWritesMax + 1 + index,
    entryCount: index === appliedWritesMax - 1 ? entryCount : 0
  }))
  const entries = Array.from({ length: entryCount }, (_, index): StoredEntry => ({
    _tag: "StoredEntry",
    index,
    at,
    version: last,
    schemaVersion: 1,
    entry: json([version, index]),
    ...(index === entryCount - 1 ? { writeId: writes.at(-1)!.id } : {})
  }))
  return { record: { ...record, writes, head: { ...record.head, entryCount } }, entries }
}
