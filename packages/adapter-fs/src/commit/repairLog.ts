/**
 * Repairing a log: what is wrong with its segments, and writing it anew without that.
 *
 * A torn end is cut off in place. Any other problem puts all whole records into a new segment, which a new
 * version of the head names; the segments before are copied to `lost-found/` and then removed. Entries keep
 * their indices: what could not be read is a row that says so.
 */
import type { Reason, Version } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { cutOff, removeFile, writeNew } from "../io/durable.ts"
import { isMissing } from "../io/errno.ts"
import { encodeLine, type EntryLine } from "../layout/entryLine.ts"
import { type Document, encodeDocument } from "../layout/envelope.ts"
import { inspectLog, isEndOnly, type LogProblem } from "../layout/inspectLog.ts"
import type { LogState } from "../layout/logFold.ts"
import { closeLine, keepDoubtful } from "./appendLog.ts"
import { readReason, recall, remember, segmentPath, syncNames, type Target, unmake } from "./Place.ts"
import { publish } from "./publish.ts"
import type { KnownLog } from "./readCurrent.ts"
import { type HeadState, readHead } from "./readHead.ts"
import { factsOf, liveSegment, type Log, readWhole } from "./readLog.ts"
import { setAside } from "./setAside.ts"

/** A segment of a log with what is wrong with it. */
export interface DamagedSegment {
  readonly segment: number
  readonly path: string
  readonly problems: ReadonlyArray<LogProblem>
}

type CurrentHead = Extract<HeadState, { readonly _tag: "Current" }>

const readSegment = (target: Target, segment: number): Effect.Effect<Option.Option<Uint8Array>, Reason> =>
  target.place.io.readFile(segmentPath(target, segment)).pipe(
    Effect.asSome,
    Effect.catchIf(isMissing, () => Effect.succeedNone),
    Effect.mapError(readReason(target.place))
  )

const inspectSegments = Effect.fnUntraced(function*(target: Target, { incarnation, log }: Document) {
  const segments = log.segments.length > 0 ? log.segments : [{ segment: 0, bytes: 0 }]
  const damaged: Array<DamagedSegment> = []
  for (const part of segments) {
    const bytes = Option.getOrElse(yield* readSegment(target, part.segment), () => new Uint8Array())
    // What lies behind the settled part of a closed segment is void.
    const read = part === segments.at(-1) ? bytes : bytes.subarray(0, part.bytes)
    const problems = inspectLog(read, { incarnation, settledBytes: part.bytes })
    const { segment } = part
    if (problems.length > 0) damaged.push({ segment, path: segmentPath(target, segment), problems })
  }
  return damaged
})

const liveHead = (head: HeadState): Option.Option<CurrentHead> =>
  head._tag === "Current" && !head.document.isRemoved ? Option.some(head) : Option.none()

/**
 * What is wrong with a key's log; nothing where there is no session, or none whose head can be read.
 *
 * The caller holds the key: what a writer has under way looks like a torn end.
 */
export const damageOfLog = Effect.fnUntraced(
  function*(target: Target): Effect.fn.Return<ReadonlyArray<DamagedSegment>, Reason> {
    const head = liveHead(yield* readHead(target))
    return Option.isSome(head) ? yield* inspectSegments(target, head.value.document) : []
  }
)

/** Records in the order of their indices, each batch numbered by the lines that it still has. */
const wholeLines = ({ lines }: LogState): ReadonlyArray<EntryLine> => {
  const byIndex = new Map(
    lines.flatMap((counted) => counted._tag === "Entry" ? [[counted.line.index, counted.line] as const] : [])
  )
  const ordered = [...byIndex.values()].toSorted((self, that) => self.index - that.index)
  const sizes = new Map<string, number>()
  for (const { writeId } of ordered) sizes.set(writeId, (sizes.get(writeId) ?? 0) + 1)
  const seen = new Map<string, number>()
  return ordered.map((line) => {
    const number = (seen.get(line.writeId) ?? 0) + 1
    seen.set(line.writeId, number)
    return { ...line, place: [number, sizes.get(line.writeId)!], commitId: Option.none() }
  })
}

/** The first number that no file of this log has. */
const freeSegment = Effect.fnUntraced(function*(target: Target, { log }: Document) {
  let segment = Math.max(-1, ...log.segments.map((part) => part.segment)) + 1
  while (yield* isTaken(target, segment)) segment += 1
  return segment
})

const isTaken = (target: Target, segment: number): Effect.Effect<boolean, Reason> =>
  target.place.io.stat(segmentPath(target, segment)).pipe(
    Effect.as(true),
    Effect.catchIf(isMissing, () => Effect.succeed(false)),
    Effect.mapError(readReason(target.place))
  )

const repairedHead = (
  document: Document,
  { state }: Log,
  written: { readonly segment: number; readonly bytes: number }
): Document => ({
  ...document,
  version: Math.max(document.version, state.version, state.versionSeen) + 1 as Version,
  writes: factsOf(document, state).writes,
  updatedAt: state.version > document.version && state.at > 0 ? state.at : document.updatedAt,
  log: { segments: [written], count: Math.max(document.log.count, state.count) },
  commitId: Option.none()
})

/** Takes segments away that no head names: what was in them is in the new one, or in `lost-found/`. */
const removeSegments = Effect.fnUntraced(function*(target: Target, segments: ReadonlyArray<number>) {
  for (const segment of segments) {
    yield* Effect.catchIf(removeFile(target.place.io, segmentPath(target, segment)), isMissing, () => Effect.void)
  }
  yield* syncNames(target.place, target.folder)
})

/** Writes the log anew: its segment first, then the head that names it. */
const rewriteLog = Effect.fnUntraced(function*(target: Target, head: CurrentHead) {
  const { place } = target
  const { document } = head
  const log = yield* readWhole(target, document)
  const old = document.log.segments.length > 0 ? document.log.segments.map((part) => part.segment) : [0]
  for (const segment of old) {
    const bytes = yield* readSegment(target, segment)
    if (Option.isSome(bytes)) yield* setAside(place, segmentPath(target, segment), bytes.value)
  }
  const segment = yield* freeSegment(target, document)
  const path = segmentPath(target, segment)
  const bytes = Buffer.from(wholeLines(log.state).map(encodeLine).join(""))
  yield* writeNew(place.io, path, bytes).pipe(
    Effect.andThen(syncNames(place, target.folder)),
    Effect.tapError(() => Effect.exit(unmake(target, path))),
    Effect.mapError(readReason(place))
  )
  const repaired = repairedHead(document, log, { segment, bytes: bytes.length })
  yield* publish(target, head, encodeDocument(repaired)).pipe(
    // A head that may be there names the segment.
    Effect.tapError(({ outcome }) => outcome === "notApplied" ? Effect.exit(unmake(target, path)) : Effect.void)
  )
  const known = { headSynced: repaired.version, log: undefined, isLogBroken: false }
  remember(target, { ...recall(target), ...known })
  yield* removeSegments(target, old).pipe(
    Effect.catch((failure) => Effect.logDebug("holdfast: old segments not removed", failure.message))
  )
})

/** Cuts a torn end off, or gives the last line its end. */
const tidyEnd = Effect.fnUntraced(function*(target: Target, document: Document) {
  const { place } = target
  const log = yield* readWhole(target, document)
  const { bytes: settledBytes, segment } = liveSegment(document)
  const { end, isOpen, size } = log.state
  const known: KnownLog = { segment, settledBytes, isThere: true, isSynced: false, unsyncedFrom: end, state: log.state }
  const path = segmentPath(target, segment)
  if (isOpen) yield* closeLine(target, known, document.incarnation)
  else if (size > end) {
    yield* keepDoubtful(path, known, { place, incarnation: document.incarnation })
    yield* Effect.mapError(cutOff(place.io, path, end), readReason(place))
  }
  // What this process knew of the log was the longer file.
  remember(target, { ...recall(target), log: undefined })
})

/**
 * Repairs a key's log and says what was wrong with it. The caller holds the key.
 *
 * Afterwards the log has no problem that `damageOfLog` finds. A repair that fails has changed nothing, or
 * its reason's outcome says that it is unknown; running it again goes on.
 */
export const repairLog = Effect.fnUntraced(
  function*(target: Target): Effect.fn.Return<ReadonlyArray<DamagedSegment>, Reason> {
    const head = liveHead(yield* readHead(target))
    if (Option.isNone(head)) return []
    const { document } = head.value
    const damaged = yield* inspectSegments(target, document)
    if (damaged.length === 0) return []
    const { segment } = liveSegment(document)
    const isEnd = damaged.every((part) => part.segment === segment && isEndOnly(part.problems))
    yield* isEnd ? tidyEnd(target, document) : rewriteLog(target, head.value)
    return damaged
  }
)
