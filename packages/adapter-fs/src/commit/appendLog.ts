/**
 * Writing entries: lines at the end of the log, synced before anybody is told.
 *
 * Before the first line of this process the last batch is written again and synced, because a dead process
 * may have left it in memory only; whoever wrote it had made sure of all before it. After a failed sync
 * writing goes on in a new segment, which counts only when a head names it.
 */
import type { PlannedEntry, Reason, RecordFacts } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { appendAt, cutOff, rewriteSame } from "../io/durable.ts"
import { reasonOf } from "../io/errno.ts"
import { type IoFailure, isSyncFailure, isWriteFailure } from "../io/Io.ts"
import { decodeLine, encodeLine, type EntryLine } from "../layout/entryLine.ts"
import { foldWritten, type LogState } from "../layout/logFold.ts"
import { type Place, readReason, recall, remember, segmentPath, syncNames, type Target, unmake } from "./Place.ts"
import type { KnownLog } from "./readCurrent.ts"
import { setAside } from "./setAside.ts"

/** A batch of entries of one change. */
export interface Batch {
  readonly writeId: string
  readonly next: RecordFacts
  readonly entries: ReadonlyArray<PlannedEntry>
  /** The commit that the lines wait for; none when they count by themselves. */
  readonly commitId: Option.Option<string>
}

const lineEnd = Buffer.from("\n")

const linesOf = ({ commitId, entries, next, writeId }: Batch): ReadonlyArray<EntryLine> => {
  const first = next.entryCount - entries.length
  return entries.map(({ at = next.updatedAt, entry, schemaVersion }, offset): EntryLine => ({
    index: first + offset,
    at,
    writtenAt: next.updatedAt,
    version: next.version,
    writeId,
    place: [offset + 1, entries.length],
    schemaVersion,
    incarnation: next.incarnation,
    commitId,
    entry
  }))
}

/**
 * Makes sure that what a log holds is on the disk.
 *
 * Lines that can be read are not surely durable: the process that wrote them may have died before its
 * sync, or its sync may have failed.
 */
export const syncTail = Effect.fnUntraced(function*(target: Target, log: KnownLog): Effect.fn.Return<void, Reason> {
  if (log.isSynced || !log.isThere) return
  const { state, unsyncedFrom } = log
  const path = segmentPath(target, log.segment)
  yield* Effect.gen(function*() {
    const { bytes } = yield* target.place.io.readRange(path, unsyncedFrom, state.end)
    yield* rewriteSame(target.place.io, path, { offset: unsyncedFrom, bytes })
    yield* syncNames(target.place, target.folder)
  }).pipe(Effect.mapError(readReason(target.place)))
})

interface Attempt {
  readonly log: KnownLog
  readonly batch: Batch
  /** Whether the segment's file was to be made. */
  readonly isNew: boolean
}

/** Whether a failed append is known to have left no whole lines; what it made, or wrote, goes again. */
const leavesNothing = Effect.fnUntraced(function*(target: Target, { isNew, log }: Attempt, failure: IoFailure) {
  const path = segmentPath(target, log.segment)
  // An exclusive create that fails made nothing: what has the name is somebody else's.
  const isMade = isNew && !(failure.syscall === "open" && failure.path === path)
  // Its name may have become durable: only a removal that is durable too leaves nothing for sure.
  if (isMade && (yield* Effect.isSuccess(unmake(target, path)))) return true
  if (isWriteFailure(failure)) return yield* Effect.isSuccess(cutOff(target.place.io, path, log.state.end))
  // A failure at the folder comes after the lines are whole, as that of the file's sync does.
  return !isSyncFailure(failure) && failure.path === path
})

/** What is true after a failed append, and what the key's memory must know of it. */
const settleFailure = Effect.fnUntraced(function*(
  target: Target,
  attempt: Attempt,
  failure: IoFailure
): Effect.fn.Return<never, Reason> {
  const { batch, log } = attempt
  if (yield* leavesNothing(target, attempt, failure)) {
    return yield* reasonOf(failure, target.place.environment, "notApplied")
  }
  const known = recall(target)
  // A second failure is in a segment that no head names: the first one says how far the log can be relied on.
  const relied = known.isLogBroken && known.log !== undefined
    ? known.log
    : { incarnation: batch.next.incarnation, segment: log.segment, state: log.state }
  const versionSeen = Math.max(relied.state.versionSeen, batch.next.version)
  remember(target, { ...known, isLogBroken: true, log: { ...relied, state: { ...relied.state, versionSeen } } })
  // Lines that wait for a head count for nothing; others can be read from here on.
  const outcome = Option.isSome(batch.commitId) ? "notApplied" : "unknown"
  return yield* reasonOf(failure, target.place.environment, outcome)
})

/** Whether some bytes end with a whole line that only lacks its line end: a torn write has no checksum at its end. */
const endsWithLine = (bytes: Uint8Array): boolean => {
  const text = Buffer.from(bytes).toString("utf8")
  const last = text.slice(text.lastIndexOf("\n") + 1)
  return Option.isSome(decodeLine(last)) || Option.isSome(decodeLine(last.slice(0, -1)))
}

/** Whether a line may be an entry that was acknowledged: any whole one that does not wait for a head of this life. */
const mayBeAcknowledged = (incarnation: string) => (line: string): boolean =>
  Option.exists(decodeLine(line), (found) => found.incarnation !== incarnation || Option.isNone(found.commitId))

/**
 * Sets aside what is about to be cut off, where it may have been acknowledged: entries of a life whose
 * head was lost, a last line whose line end was damaged, a file that this log does not know of.
 */
export const keepDoubtful = Effect.fnUntraced(function*(path: string, log: KnownLog, { place, incarnation }: {
  readonly place: Place
  readonly incarnation: string
}) {
  const { bytes } = yield* Effect.mapError(place.io.readFrom(path, log.state.end), readReason(place))
  const lines = Buffer.from(bytes).toString("utf8").split("\n")
  const isDoubtful = log.isThere
    ? endsWithLine(bytes) || lines.some(mayBeAcknowledged(incarnation))
    : bytes.some((byte) => byte !== 0)
  if (isDoubtful) yield* setAside(place, path, bytes)
})

/**
 * Gives the last line the end that it lacks: the write of it was cut off there, or the byte was changed.
 *
 * The line counts from here on, so it is made durable like any line that another process wrote.
 */
export const closeLine = Effect.fnUntraced(function*(
  target: Target,
  log: KnownLog,
  incarnation: string
): Effect.fn.Return<KnownLog, Reason> {
  const { place } = target
  const { end, size } = log.state
  const path = segmentPath(target, log.segment)
  const hasLitter = size > end
  if (hasLitter) yield* keepDoubtful(path, log, { place, incarnation })
  const close = appendAt(place.io, path, { offset: end, bytes: lineEnd, hasLitter, isNew: false })
  yield* Effect.mapError(close, readReason(place))
  return { ...log, state: { ...log.state, end: end + 1, size: end + 1, isOpen: false } }
})

/**
 * Writes a batch at the end of the log and syncs it. The caller holds the key.
 *
 * Succeeds with the log as it is then. After a failed sync the key's memory says that this segment must
 * not be written to again.
 */
export const appendBatch = Effect.fnUntraced(function*(
  target: Target,
  log: KnownLog,
  batch: Batch
): Effect.fn.Return<KnownLog, Reason> {
  const lines = linesOf(batch)
  const texts = lines.map(encodeLine)
  const bytes = Buffer.from(texts.join(""))
  const path = segmentPath(target, log.segment)
  yield* syncTail(target, log)
  // A file where this log has none is left from a former life, or from a commit that came to nothing.
  const isNew = !log.isThere && !(yield* Effect.isSuccess(target.place.io.stat(path)))
  const hasLitter = !isNew && (log.state.size > log.state.end || !log.isThere)
  if (hasLitter) yield* keepDoubtful(path, log, { place: target.place, incarnation: batch.next.incarnation })
  yield* appendAt(target.place.io, path, { offset: log.state.end, bytes, hasLitter, isNew }).pipe(
    Effect.andThen(log.isThere ? Effect.void : syncNames(target.place, target.folder)),
    Effect.catch((failure) => settleFailure(target, { log, batch, isNew }, failure))
  )
  const written = lines.map((line, at) => ({ line, bytes: Buffer.byteLength(texts[at]!) }))
  const state = foldWritten(log.state, written, {
    incarnation: batch.next.incarnation,
    commitId: batch.commitId,
    headVersion: 0,
    settledBytes: log.settledBytes
  })
  return { ...log, isThere: true, isSynced: true, unsyncedFrom: state.end, state: { ...state, lines: [] } }
})

/** The empty log of a new segment, which goes on where `state` ends. */
export const nextSegment = (segment: number, state: LogState): KnownLog => ({
  segment,
  settledBytes: 0,
  isThere: false,
  isSynced: true,
  unsyncedFrom: 0,
  state: { ...state, end: 0, size: 0, lines: [], hasWaiting: false, isOpen: false, isClean: true }
})
