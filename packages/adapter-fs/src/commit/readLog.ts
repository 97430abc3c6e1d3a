/**
 * Reading a session's log: from what its head has settled, or from its start.
 *
 * Version, time and number of entries of a session are the newer of its head's and its last counted
 * line's, so a head is read together with the end of its log.
 */
import {
  type AppliedWrite,
  appliedWritesMax,
  type EntryRange,
  type Reason,
  type RecordFacts,
  selectRange,
  type StoredHead,
  type StoredSession,
  type Version
} from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Read } from "../io/Io.ts"
import type { Document } from "../layout/envelope.ts"
import { emptyLog, type FoldContext, foldLog, type LogState } from "../layout/logFold.ts"
import { type Place, readReason, recall, remember, segmentPath, type Target } from "./Place.ts"
import { type IsEnough, readBack } from "./readBack.ts"

/** A log as it was read: the state of the segment that is written to, and whether its file is there. */
export interface Log {
  readonly segment: number
  readonly state: LogState
  readonly isThere: boolean
  /** The file is shorter than its head says: entries that were acknowledged are gone from it. */
  readonly isShort: boolean
}

/** The segment that a head's log is written to, and how far it is settled. */
export const liveSegment = (document: Document): { readonly segment: number; readonly bytes: number } =>
  document.log.segments.at(-1) ?? { segment: 0, bytes: 0 }

const foldContext = (document: Document, settledBytes: number): FoldContext => ({
  incarnation: document.incarnation,
  commitId: document.commitId,
  headVersion: document.version,
  settledBytes
})

const readBytes = (place: Place, path: string, offset: number) =>
  Effect.mapError(place.io.readIfThere(path, offset, Infinity), readReason(place))

const nothing: Read = { bytes: new Uint8Array(), size: 0 }

/** Where this process stopped relying on a segment: what follows a failed sync may be lost, and nobody is shown it. */
const trustedEnd = (target: Target, document: Document, segment: number): number => {
  const { isLogBroken, log } = recall(target)
  const isThis = isLogBroken && log?.segment === segment && log.incarnation === document.incarnation
  return isThis ? log.state.end : Infinity
}

/**
 * Relies on a log again in which another process went on after a sync of this one had failed: whoever adds to a
 * log, or settles it by a head, has written again and synced what lies before.
 */
export const relyIfOvertaken = Effect.fnUntraced(function*(target: Target, document: Document) {
  const known = recall(target)
  const { bytes: settledBytes, segment } = liveSegment(document)
  const { isLogBroken, log } = known
  if (!isLogBroken || log?.segment !== segment || log.incarnation !== document.incarnation) return
  const overtaken = settledBytes > log.state.end || (yield* hasLaterLines(target, document, log.state))
  if (overtaken) remember(target, { ...known, isLogBroken: false, log: undefined })
})

/** Whether lines follow that are newer than all that this process has tried to write. */
const hasLaterLines = Effect.fnUntraced(function*(target: Target, document: Document, known: LogState) {
  const { bytes: settledBytes, segment } = liveSegment(document)
  const read = yield* readBytes(target.place, segmentPath(target, segment), known.end)
  const { bytes } = Option.getOrElse(read, () => nothing)
  return foldLog(known, bytes, foldContext(document, settledBytes)).version > known.versionSeen
})

const readLive = Effect.fnUntraced(function*(target: Target, document: Document, start: LogState) {
  const { bytes: settledBytes, segment } = liveSegment(document)
  const read = yield* readBytes(target.place, segmentPath(target, segment), start.end)
  const { bytes, size } = Option.getOrElse(read, () => nothing)
  const trusted = bytes.subarray(0, Math.max(trustedEnd(target, document, segment) - start.end, 0))
  const context = { ...foldContext(document, settledBytes), settledCount: document.log.count }
  const state = foldLog(start, trusted, context)
  const isShort = Math.max(size, state.isOpen ? state.end + 1 : 0) < settledBytes
  return { segment, state, isThere: Option.isSome(read), isShort } satisfies Log
})

// A tail up to this length is read at once; of a longer one the last lines say all that a head needs.
const tailMax = 64 * 1024

/** Whether all writes are found that a record remembers: a head knows those of what it has settled. */
export const hasNewestWrites = ({ log }: Document): IsEnough => (found) => {
  const isAll = (found[0]?.line.index ?? 0) <= log.count
  return isAll || found.filter(({ line }) => line.place[0] === line.place[1]).length >= appliedWritesMax
    ? "enough"
    : "more"
}

/**
 * Reads what follows the settled part of a log, or as much of its end as says the same about the session: about its
 * head, unless `isEnough` wants more.
 */
export const readTail = Effect.fnUntraced(function*(
  target: Target,
  document: Document,
  isEnough: IsEnough = () => "enough"
): Effect.fn.Return<Log, Reason> {
  yield* relyIfOvertaken(target, document)
  const { bytes: settledBytes, segment } = liveSegment(document)
  const start = emptyLog(settledBytes, document.log.count)
  if (trustedEnd(target, document, segment) < Infinity) return yield* readLive(target, document, start)
  const from = Math.max(settledBytes - 1, 0)
  const read = yield* Effect.mapError(
    target.place.io.readIfThere(segmentPath(target, segment), from, settledBytes + tailMax),
    readReason(target.place)
  )
  const { bytes, size } = Option.getOrElse(read, () => nothing)
  // Where no line ends, the file is not as the head has left it.
  if (size >= settledBytes && from < settledBytes && bytes[0] !== 0x0a) return yield* readWhole(target, document)
  if (size > settledBytes + tailMax) {
    const back = yield* readBack(target, document, isEnough)
    return Option.isSome(back) ? back.value : yield* readLive(target, document, start)
  }
  const state = foldLog(start, bytes.subarray(settledBytes - from), foldContext(document, settledBytes))
  return { segment, state, isThere: Option.isSome(read), isShort: size < settledBytes }
})

/** The state at the beginning of the next segment. */
const restarted = (state: LogState): LogState => ({ ...state, end: 0, size: 0, isOpen: false, hasWaiting: false })

/** Reads a log from its first line, with all entries. */
export const readWhole = Effect.fnUntraced(function*(target: Target, document: Document) {
  let state = emptyLog(0, 0)
  for (const { bytes: settled, segment } of document.log.segments.slice(0, -1)) {
    const bytes = yield* readBytes(target.place, segmentPath(target, segment), 0)
    const counted = Option.getOrElse(bytes, () => nothing).bytes.subarray(0, settled)
    state = foldLog(restarted(state), counted, foldContext(document, settled))
  }
  return yield* readLive(target, document, restarted(state))
})

/** Reads the end of a log that is in order, as far back as `isEnough` wants it; all of any other log. */
export const readEnd = Effect.fnUntraced(function*(
  target: Target,
  document: Document,
  isEnough: IsEnough
): Effect.fn.Return<Log, Reason> {
  yield* relyIfOvertaken(target, document)
  const { segment } = liveSegment(document)
  const back = trustedEnd(target, document, segment) < Infinity
    ? Option.none<Log>()
    : yield* readBack(target, document, isEnough)
  return Option.isSome(back) ? back.value : yield* readWhole(target, document)
})

/** How far back the entries of a range lie. Where that is most of the log, it is read from its start at once. */
const reaches = (range: EntryRange): IsEnough => (found) => {
  const first = found[0]?.line.index ?? 0
  const count = (found.at(-1)?.line.index ?? 0) + 1
  const [from, to] = selectRange(range, count)
  if (first <= from || from === to) return "enough"
  return count - from > count / 2 ? "whole" : "more"
}

/** Reads a log with the entries of a range, and maybe others. */
export const readEntries = (target: Target, document: Document, range: EntryRange): Effect.Effect<Log, Reason> =>
  range.last === undefined && (range.from ?? 0) <= 0
    ? Effect.andThen(relyIfOvertaken(target, document), readWhole(target, document))
    : readEnd(target, document, reaches(range))

/** Reads on from where this process has read before; the lines in between are not kept. */
export const readFurther = (target: Target, document: Document, known: LogState) => readLive(target, document, known)

/**
 * The newest writes of a head and its log together: as many as a record remembers, and all of a head that knows more.
 * A head knows all that came before it; of the log those count that came after.
 */
const newestWrites = (
  { version, writes }: Document,
  ofLog: ReadonlyArray<AppliedWrite>
): ReadonlyArray<AppliedWrite> => {
  const kept = Math.max(appliedWritesMax, writes.length)
  // A log may remember a thousand, in the order of their versions.
  return [...writes, ...ofLog.slice(-kept).filter((write) => write.version > version)].slice(-kept)
}

/** What a head and the end of its log say together. */
export const factsOf = (document: Document, state: LogState): RecordFacts => {
  const isLogNewer = state.version > document.version
  return {
    kind: document.kind,
    schemaVersion: document.schemaVersion,
    version: (isLogNewer ? state.version : document.version) as Version,
    incarnation: document.incarnation,
    createdAt: document.createdAt,
    updatedAt: isLogNewer && state.at > 0 ? state.at : document.updatedAt,
    entryCount: Math.max(state.count, document.log.count),
    writes: newestWrites(document, state.writes)
  }
}

/** A session as the port gives it. */
export const storedSessionOf = (document: Document, state: LogState): StoredSession => ({
  head: storedHeadOf(document, state),
  body: document.body,
  writes: factsOf(document, state).writes.slice(-appliedWritesMax)
})

/** A head as the port gives it. */
export const storedHeadOf = (document: Document, state: LogState): StoredHead => {
  const { writes: _, ...facts } = factsOf(document, state)
  return { _tag: "StoredHead", key: document.key, summary: document.summary, ...facts }
}
