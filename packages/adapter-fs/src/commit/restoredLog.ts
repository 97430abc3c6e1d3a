/**
 * The log of a restored session: a segment of its own whose lines wait for the head that names it.
 *
 * Each line keeps what its entry says: index, time, version, schema version and write id. Lines of one write are one
 * batch, as when they were added, so a write that is sent again is recognised here as well. The segment's number is
 * above every other one of the key, so what is left of an older log is never taken for a part of this one.
 */
import type { AppliedWrite, Reason, Restoration, StoredEntry } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isMissing } from "../io/errno.ts"
import { encodeLine } from "../layout/entryLine.ts"
import { roleOf } from "../layout/files.ts"
import { readReason, segmentPath, type Target } from "./Place.ts"

/** Entries that one write has added, in a row. */
type Batch = readonly [StoredEntry, ...Array<StoredEntry>]

/** Entries by the write that added them: the last one names it, where it is known, and all have its version. */
const batchesOf = (entries: ReadonlyArray<StoredEntry>): ReadonlyArray<Batch> => {
  const batches: Array<[StoredEntry, ...Array<StoredEntry>]> = []
  for (const entry of entries) {
    const batch = batches.at(-1)
    const before = batch?.at(-1)
    const goesOn = before !== undefined && before.writeId === undefined && before.version === entry.version
    if (batch !== undefined && goesOn) batch.push(entry)
    else batches.push([entry])
  }
  return batches
}

/** The lines of a batch. A write whose id nobody knows has an empty one, which no change can have. */
const encodeBatch = (
  batch: Batch,
  { commitId, incarnation, writes }: {
    readonly incarnation: string
    readonly commitId: string
    readonly writes: ReadonlyMap<string, AppliedWrite>
  }
): ReadonlyArray<Uint8Array> => {
  const { writeId = "" } = batch.at(-1)!
  // Copies of older entries keep their times; when the write was made is what the record remembers of it.
  const writtenAt = writes.get(writeId)?.at
  return batch.map(({ at, entry, index, schemaVersion, version }, offset) =>
    Buffer.from(encodeLine({
      index,
      at,
      writtenAt,
      version,
      writeId,
      place: [offset + 1, batch.length],
      schemaVersion,
      incarnation,
      commitId: Option.some(commitId),
      entry
    }))
  )
}

/** The bytes of a restored log, which waits for a commit. */
export const encodeRestored = ({ entries, record: { head, writes } }: Restoration, commitId: string): Uint8Array => {
  const known = { incarnation: head.incarnation, commitId, writes: new Map(writes.map((write) => [write.id, write])) }
  return Buffer.concat(batchesOf(entries).flatMap((batch) => encodeBatch(batch, known)))
}

/** The segments of a key that its folder names, and those that are known beside them. */
export const segmentsThere = Effect.fnUntraced(function*(target: Target, known: ReadonlyArray<number>) {
  // What a folder that cannot be listed has beside what is known is found when its name is asked for.
  const names = yield* Effect.orElseSucceed(target.place.io.readDirectory(target.folder), () => [])
  const named = names.flatMap((name) => {
    const role = roleOf(name)
    return role._tag === "Segment" && role.stem === target.stem ? [role.segment] : []
  })
  return [...new Set([...known, ...named])].toSorted((self, that) => self - that)
})

/** The first number above these that no file has. */
export const freeSegment = Effect.fnUntraced(
  function*(target: Target, taken: ReadonlyArray<number>): Effect.fn.Return<number, Reason> {
    let segment = (taken.at(-1) ?? -1) + 1
    const isThere = (number: number) =>
      target.place.io.stat(segmentPath(target, number)).pipe(
        Effect.as(true),
        Effect.catchIf(isMissing, () => Effect.succeed(false)),
        Effect.mapError(readReason(target.place))
      )
    while (yield* isThere(segment)) segment += 1
    return segment
  }
)
