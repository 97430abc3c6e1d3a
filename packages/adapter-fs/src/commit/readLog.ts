/**
 * Reading a session's log: from what its head has settled, or from its start.
 *
 * Version, time and number of entries of a session are the newer of its head's and its last counted
 * line's, so a head is read together with the end of its log.
 */
import { type AppliedWrite, appliedWritesMax, type RecordFacts, type StoredHead, type Version } from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isMissing } from "../io/errno.ts"
import type { Document } from "../layout/envelope.ts"
import { emptyLog, type FoldContext, foldLog, type LogState } from "../layout/logFold.ts"
import { type Place, readReason, recall, segmentPath, type Target } from "./Place.ts"

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
  place.io.readFrom(path, offset).pipe(
    Effect.asSome,
    Effect.catchIf(
      isMissing,
      () => Effect.succeed(Option.none<{ readonly bytes: Uint8Array; readonly size: number }>())
    ),
    Effect.mapError(readReason(place))
  )

const nothing = { bytes: new Uint8Array(), size: 0 }

/** Where this process stopped relying on a segment: what follows a failed sync may be lost, and nobody is shown it. */
const trustedEnd = (target: Target, document: Document, segment: number): number => {
  const { isLogBroken, log } = recall(target)
  const isThis = isLogBroken && log?.segment === segment && log.incarnation === document.incarnation
  return isThis ? log.state.end : Infinity
}

const readLive = Effect.fnUntraced(function*(target: Target, document: Document, start: LogState) {
  const { bytes: settledBytes, segment } = liveSegment(document)
  const read = yield* readBytes(target.place, segmentPath(target, segment), start.end)
  const { bytes, size } = Option.getOrElse(read, () => nothing)
  const trusted = bytes.subarray(0, trustedEnd(target, document, segment) - start.end)
  const state = foldLog(start, trusted, foldContext(document, settledBytes))
  const isShort = size < settledBytes || state.count < document.log.count
  return { segment, state, isThere: Option.isSome(read), isShort } satisfies Log
})

/** Reads what follows the settled part of a log. */
export const readTail = (target: Target, document: Document) =>
  readLive(target, document, emptyLog(liveSegment(document).bytes, document.log.count))

/** Reads a log from its first line, with all entries. */
export const readWhole = Effect.fnUntraced(function*(target: Target, document: Document) {
  let state = emptyLog(0, 0)
  for (const { bytes: settled, segment } of document.log.segments.slice(0, -1)) {
    const bytes = yield* readBytes(target.place, segmentPath(target, segment), 0)
    const counted = Option.getOrElse(bytes, () => nothing).bytes.subarray(0, settled)
    state = { ...foldLog({ ...state, end: 0, size: 0 }, counted, foldContext(document, settled)), end: 0, size: 0 }
  }
  return yield* readLive(target, document, state)
})

/** Reads on from where this process has read before; the lines in between are not kept. */
export const readFurther = (target: Target, document: Document, known: LogState) => readLive(target, document, known)

/** The newest writes of a head and its log together, as many as a record remembers. */
const newestWrites = (ofHead: ReadonlyArray<AppliedWrite>, ofLog: ReadonlyArray<AppliedWrite>) => {
  const logged = new Set(ofLog.map((write) => write.id))
  return [...ofHead.filter((write) => !logged.has(write.id)), ...ofLog]
    .toSorted((self, that) => self.version - that.version)
    .slice(-appliedWritesMax)
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
    writes: newestWrites(document.writes, state.writes)
  }
}

/** A head as the port gives it. */
export const storedHeadOf = (document: Document, state: LogState): StoredHead => {
  const { writes: _, ...facts } = factsOf(document, state)
  return { _tag: "StoredHead", key: document.key, summary: document.summary, ...facts }
}
