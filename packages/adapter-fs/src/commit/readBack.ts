/**
 * Reading a log backwards: its last lines, as many as the reader wants, in chunks from the end.
 *
 * Each line says its own index, so the end of a log that is in order says the same as all of it. Where
 * anything is doubtful (damage, waiting lines, another life's, a gap, a batch without its end) this finds
 * nothing, and the caller reads the whole log.
 */
import type { Reason } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { decodeLine, type EntryLine } from "../layout/entryLine.ts"
import type { Document } from "../layout/envelope.ts"
import { appliedBy, emptyLog, timeOf } from "../layout/logFold.ts"
import { readReason, segmentPath, type Target } from "./Place.ts"
import type { Log } from "./readLog.ts"

/** An entry's line, and where it begins in its segment. */
interface FoundLine {
  readonly _tag: "Entry"
  readonly offset: number
  readonly line: EntryLine
}

/** What a reader has found so far, in the order of the log, never empty. */
export type Found = ReadonlyArray<FoundLine>

/** Whether a reader has what it wants, needs lines before, or had better read the log from its start. */
export type IsEnough = (found: Found) => "enough" | "more" | "whole"

const newline = 0x0a
const chunkMin = 64 * 1024
const chunkMax = 4 * 1024 * 1024

const isCounted = ({ commitId, incarnation }: EntryLine, isSettled: boolean, document: Document) =>
  incarnation === document.incarnation
  && (Option.isNone(commitId)
    || isSettled
    || (Option.isSome(document.commitId) && document.commitId.value === commitId.value))

/** Whether a line stands where the one before it says that the next one stands. */
const follows = (before: EntryLine, line: EntryLine): boolean => {
  if (line.index !== before.index + 1 || line.version < before.version) return false
  const [number, of] = before.place
  if (number === of) return line.place[0] === 1
  return line.writeId === before.writeId && line.place[0] === number + 1 && line.place[1] === of
}

interface Block {
  readonly bytes: Buffer
  /** Where the bytes begin in the segment. */
  readonly offset: number
  readonly settledBytes: number
}

/** The lines of bytes that begin and end with a line; none unless all of them count and follow one another. */
const linesOf = ({ bytes, offset, settledBytes }: Block, document: Document): Option.Option<Found> => {
  const found: Array<FoundLine> = []
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(newline, start)
    if (end < 0) return Option.none()
    const line = decodeLine(bytes.toString("utf8", start, end))
    if (Option.isNone(line) || !isCounted(line.value, offset + end < settledBytes, document)) return Option.none()
    const before = found.at(-1)
    if (before !== undefined && !follows(before.line, line.value)) return Option.none()
    found.push({ _tag: "Entry", offset: offset + start, line: line.value })
    start = end + 1
  }
  return Option.some(found)
}

/** The lines of two parts of a log in a row; none unless they follow one another. */
const joined = (first: Found, second: Found): Option.Option<Found> => {
  const before = first.at(-1)
  const next = second[0]
  if (before === undefined || next === undefined) return Option.some([...first, ...second])
  return follows(before.line, next.line) ? Option.some([...first, ...second]) : Option.none()
}

interface Segment {
  readonly segment: number
  /** How far the segment is settled. */
  readonly bytes: number
}

const readExactly = Effect.fnUntraced(function*(
  target: Target,
  path: string,
  { from, to }: { readonly from: number; readonly to: number }
) {
  const { bytes } = yield* Effect.mapError(target.place.io.readRange(path, from, to), readReason(target.place))
  return bytes.length === to - from ? Option.some(Buffer.from(bytes)) : Option.none<Buffer>()
})

/** Whether the lines of a log end with a whole batch, and as the head has counted what it settled. */
const endsWell = (last: EntryLine, { log }: Document, isSettled: boolean): boolean =>
  last.place[0] === last.place[1] && (isSettled ? last.index + 1 === log.count : last.index >= log.count)

/** Adds the lines of a segment before those of the later ones, up to `limit`. */
const readSegmentBack = Effect.fnUntraced(function*(
  target: Target,
  document: Document,
  { isEnough, later, limit, segment }: {
    readonly isEnough: IsEnough
    readonly later: Found
    readonly limit: number
    readonly segment: Segment
  }
) {
  const path = segmentPath(target, segment.segment)
  let lines = later
  let rest: Buffer = Buffer.alloc(0)
  let to = limit
  for (let chunk = chunkMin; to > 0; chunk = Math.min(chunk * 2, chunkMax)) {
    const from = Math.max(to - chunk, 0)
    const read = yield* readExactly(target, path, { from, to })
    if (Option.isNone(read)) return Option.none<Found>()
    const block = Buffer.concat([read.value, rest])
    const start = from === 0 ? 0 : block.indexOf(newline) + 1
    rest = block.subarray(0, start)
    to = from
    const bytes = block.subarray(start)
    if (start === 0 && from > 0) {
      rest = block
      continue
    }
    const found = Option.flatMap(
      linesOf({ bytes, offset: from + start, settledBytes: segment.bytes }, document),
      (more) => joined(more, lines)
    )
    if (Option.isNone(found)) return Option.none<Found>()
    lines = found.value
    if (lines.length > 0 && isEnough(lines) !== "more") break
  }
  return Option.some(lines)
})

const logOf = (lines: Found, live: { readonly segment: number; readonly size: number }): Log => {
  const last = lines.at(-1)!.line
  return {
    segment: live.segment,
    isThere: true,
    isShort: false,
    state: {
      ...emptyLog(live.size, last.index + 1),
      version: last.version,
      versionSeen: last.version,
      at: timeOf(last),
      writes: lines.flatMap(({ line }) => line.place[0] === line.place[1] ? [appliedBy(line)] : []),
      lines
    }
  }
}

/** Reads the end of a log as far back as `isEnough` wants it, or to its start; none where the whole log must be read. */
export const readBack = Effect.fnUntraced(
  function*(
    target: Target,
    document: Document,
    isEnough: IsEnough
  ): Effect.fn.Return<Option.Option<Log>, Reason> {
    const segments = document.log.segments.length > 0 ? document.log.segments.toReversed() : [{ segment: 0, bytes: 0 }]
    const live = segments[0]!
    const facts = yield* Effect.mapError(
      target.place.io.statIfThere(segmentPath(target, live.segment)),
      readReason(target.place)
    )
    if (Option.isNone(facts) || facts.value.size < live.bytes) return Option.none()
    const { size } = facts.value
    let lines: Found = []
    for (const segment of segments) {
      const limit = segment === live ? size : segment.bytes
      const found = yield* readSegmentBack(target, document, { isEnough, later: lines, limit, segment })
      if (Option.isNone(found)) return Option.none()
      lines = found.value
      const last = lines.at(-1)?.line
      if (last !== undefined && !endsWell(last, document, size === live.bytes)) return Option.none()
      const answer = lines.length > 0 ? isEnough(lines) : "more"
      if (answer === "whole") return Option.none()
      if (answer === "enough") return Option.some(logOf(lines, { segment: live.segment, size }))
    }
    // At the start of a log stands its first entry: otherwise something is gone from it.
    return lines[0]?.line.index === 0 ? Option.some(logOf(lines, { segment: live.segment, size })) : Option.none()
  }
)
