/**
 * How a mirror follows one key of its primary.
 *
 * A record of the mirror at a version is the primary's record at that version. So a write is repeated there
 * only on the version right below its own, and takes the same version; whatever else the mirror holds is
 * replaced by the primary's record as it is. Whoever calls lets one step of a key run at a time.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Corrupt } from "../errors/reasons.ts"
import type { KeyReceipt } from "../errors/Receipt.ts"
import { StorageError } from "../errors/StorageError.ts"
import type { UnreadableEntry } from "../errors/Unreadable.ts"
import type { Edit } from "../model/operations.ts"
import { displayKey, type SessionKey } from "../model/SessionKey.ts"
import type { StoredEntry, StoredHead, StoredSession } from "../model/StoredRecord.ts"
import { Version } from "../model/Version.ts"
import { randomId } from "../port/randomId.ts"
import type { Operation } from "../port/StorageChange.ts"
import { type Adapter, failureOf } from "./policies.ts"

/** A primary and what follows it. */
export interface Pair {
  readonly primary: Adapter
  readonly mirror: Adapter
}

/** What the primary acknowledged of one key. */
export interface Acknowledged {
  readonly row: KeyReceipt
  readonly writeId: string
  readonly operations: ReadonlyArray<Operation>
}

/** The entries of a record. One that cannot be read is missing in no copy: the copy fails. */
const entriesOf = ({ primary }: Pair, { entryCount, key }: StoredHead): Stream.Stream<StoredEntry, StorageError> => {
  const readable = (row: StoredEntry | UnreadableEntry) => {
    if (row._tag === "StoredEntry") return Effect.succeed(row)
    if (row.error instanceof StorageError) return Effect.fail(row.error)
    const problem = `has an entry ${row.index} that cannot be read`
    const reason = new Corrupt({ outcome: "notApplied", at: displayKey(key), problem, cause: row.error })
    return Effect.fail(failureOf(primary, "entries", { key, reason }))
  }
  return Stream.mapEffect(primary.entries(key, { to: entryCount }), readable)
}

const removeHeld = ({ mirror }: Pair, held: StoredHead, floor: Version) =>
  mirror.commit({
    writeId: randomId(),
    operations: [{ _tag: "Remove", key: held.key, expect: held.version, floor }]
  })

const restore = (pair: Pair, record: StoredSession) => {
  const { key } = record.head
  const operation = {
    _tag: "Restore" as const,
    key,
    expect: "any" as const,
    record,
    entries: entriesOf(pair, record.head)
  }
  return pair.mirror.commit({ writeId: randomId(), operations: [operation] })
}

/** Makes the mirror hold of a key what the primary holds. */
export const bringOver = Effect.fnUntraced(function*(pair: Pair, key: SessionKey) {
  // The mirror is read first: read second, it could hold what a later write brought there.
  const held = yield* pair.mirror.head(key)
  const record = yield* pair.primary.load(key)
  if (Option.isNone(record)) {
    if (Option.isSome(held)) yield* removeHeld(pair, held.value, held.value.version)
    return
  }
  if (Option.exists(held, ({ version }) => version === record.value.head.version)) return
  yield* restore(pair, record.value)
})

const base = (version: Version): Version => Version(version - 1)

/** Repeats a write on the version that it was made on; where the mirror has another one, the record is brought over. */
const repeat = (pair: Pair, { row, writeId }: Acknowledged, edits: ReadonlyArray<Edit>) => {
  const expect = base(row.version)
  const operations = edits.map((edit) => ({ ...edit, expect, floor: expect }))
  return Effect.catchReason(
    Effect.asVoid(pair.mirror.commit({ writeId, operations })),
    "StorageError",
    "Conflict",
    () => bringOver(pair, row.key)
  )
}

/** Makes the mirror follow a write that the primary acknowledged. */
export const follow = Effect.fnUntraced(function*(pair: Pair, acknowledged: Acknowledged) {
  const { operations, row } = acknowledged
  const { key, version } = row
  // A change that did nothing to a key that nothing was known of.
  if (version === 0) return
  const edits = operations.filter((operation) => operation._tag !== "Restore")
  if (edits.length < operations.length) return yield* bringOver(pair, key)
  if (edits.every(({ _tag }) => _tag !== "Remove")) return yield* repeat(pair, acknowledged, edits)
  const held = yield* pair.mirror.head(key)
  // A newer version is a session that was created again since.
  if (Option.isNone(held) || held.value.version > version) return
  yield* removeHeld(pair, held.value, base(version))
})
