/**
 * What the bytes of a log segment mean: a pure fold over its pieces.
 *
 * A batch counts only when its last line is there. An unterminated or NUL-filled end is torn and was never
 * acknowledged, unless it is a whole record that lacks its line end: that one counts. Damage counts, and
 * cannot be read. A whole record says its index itself, so what was counted before it is measured by it: lines
 * that are gone leave a gap, and a line that damage has split does not count twice.
 */
import type { AppliedWrite } from "@holdfast/core/port"
import * as Option from "effect/Option"
import type { EntryLine } from "./entryLine.ts"
import { type Piece, piecesOf } from "./logRecords.ts"

/** A counted line and the byte at which it begins: an entry, or damage in its place. */
export type CountedLine =
  | { readonly _tag: "Entry"; readonly offset: number; readonly line: EntryLine }
  | { readonly _tag: "Damage"; readonly offset: number; readonly index: number }

/** How far a segment was read, and what was found. Byte offsets are from the segment's start. */
export interface LogState {
  /** The end of the last counted batch: where the next line belongs. */
  readonly end: number
  /** The end of the bytes that were looked at; beyond `end` lies what is torn, waiting or void. */
  readonly size: number
  readonly count: number
  /** The version and time of the last counted line; 0 when no line counted. */
  readonly version: number
  readonly at: number
  /** The newest version on any line, counted or not. */
  readonly versionSeen: number
  /** Each batch that counted, by write id, oldest first. */
  readonly writes: ReadonlyArray<AppliedWrite>
  readonly lines: ReadonlyArray<CountedLine>
  /** Whether a line waits for a commit that the head does not name. */
  readonly hasWaiting: boolean
  /** Whether what counts ends without a line end. */
  readonly isOpen: boolean
  /** Whether what counts is whole lines only. */
  readonly isClean: boolean
}

/** What decides which lines count. */
export interface FoldContext {
  readonly incarnation: string
  readonly commitId: Option.Option<string>
  /** The version of the head that the log is read with. */
  readonly headVersion: number
  /** Up to here the head has settled the segment: what lies before is counted whatever it waited for. */
  readonly settledBytes: number
  /** How many entries the head has settled; none for who reads from there on. */
  readonly settledCount?: number
}

/** The state before any line: `count` entries lie before `offset`. */
export const emptyLog = (offset: number, count: number): LogState => ({
  end: offset,
  size: offset,
  count,
  version: 0,
  at: 0,
  versionSeen: 0,
  writes: [],
  lines: [],
  hasWaiting: false,
  isOpen: false,
  isClean: true
})

type RecordPiece = Extract<Piece, { readonly _tag: "Record" }>

/** A line of a batch that has not ended: a record, or damage at an offset. */
type Member =
  | { readonly _tag: "Entry"; readonly offset: number; readonly line: EntryLine }
  | { readonly _tag: "Damage"; readonly offset: number }

const isEntry = (member: Member): member is Extract<Member, { readonly _tag: "Entry" }> => member._tag === "Entry"

const isCounted = (line: EntryLine, end: number, context: FoldContext): boolean =>
  Option.isNone(line.commitId)
  || end <= context.settledBytes
  || (Option.isSome(context.commitId) && context.commitId.value === line.commitId.value)

/** When a line was written. */
export const timeOf = (line: EntryLine): number => line.writtenAt ?? line.at

/** What a write did, told by its last line. */
export const appliedBy = (line: EntryLine): AppliedWrite => ({
  id: line.writeId,
  version: line.version,
  at: timeOf(line),
  entryCount: line.index + 1
})

/** The members in their places: a record says its own, damage follows what is before it. */
const placed = (members: ReadonlyArray<Member>, first: number): ReadonlyArray<CountedLine> => {
  let next = first
  return members.map((member) => {
    const index = isEntry(member) ? member.line.index : next
    next = index + 1
    return isEntry(member) ? member : { ...member, index }
  })
}

/** The index of the entry that a line is, or stands for. */
export const indexOf = (counted: CountedLine): number => counted._tag === "Entry" ? counted.line.index : counted.index

/** Whether a line goes on with the batch that the last of these members belongs to. */
const goesOn = (members: ReadonlyArray<Member>, line: EntryLine): boolean => {
  const before = members.findLast(isEntry)?.line
  return before === undefined || (before.writeId === line.writeId && before.place[0] < line.place[0])
}

const sizeOfBatch = (members: ReadonlyArray<Member>): number => members.find(isEntry)?.line.place[1] ?? 1

const makeFold = (state: LogState, context: FoldContext) => {
  let lines: Array<CountedLine> = [...state.lines]
  const writes: Array<AppliedWrite> = [...state.writes]
  let { at, count, end, hasWaiting, isClean, version, versionSeen } = state
  let batch: Array<Member> = []
  const { settledBytes, settledCount } = context
  /** Whether what the head has settled still goes on. */
  let isBefore = settledCount !== undefined && state.end <= settledBytes

  const settle = (upTo: number): void => {
    const last = batch.findLast(isEntry)?.line
    const counted = placed(batch, count)
    lines.push(...counted)
    count = indexOf(counted.at(-1)!) + 1
    end = upTo
    if (last !== undefined) {
      version = last.version
      at = timeOf(last)
      writes.push({ ...appliedBy(last), entryCount: count })
    } else if (upTo > context.settledBytes) {
      // A damaged line that no head has settled hides its version: one up for it keeps versions rising.
      version = Math.max(version, versionSeen, context.headVersion) + 1
    }
    if (!batch.every(isEntry)) isClean = false
    versionSeen = Math.max(version, versionSeen)
    batch = []
  }

  /**
   * Ends a batch whose last line is not there, because a line of another write follows. Whoever wrote that
   * one knew what counts, and its index says so.
   */
  const interrupt = (line: EntryLine, upTo: number): void => {
    batch = batch.slice(0, placed(batch, count).filter((member) => indexOf(member) < line.index).length)
    isClean = false
    if (batch.length > 0) settle(upTo)
  }

  const takeRecord = ({ end: pieceEnd, form, line, start }: RecordPiece): void => {
    if (line.incarnation !== context.incarnation) return
    versionSeen = Math.max(versionSeen, line.version)
    const counts = isCounted(line, pieceEnd, context)
    hasWaiting ||= !counts
    if (!counts) return
    if (!goesOn(batch, line)) interrupt(line, start)
    batch.push({ _tag: "Entry", offset: start, line })
    if (form === "part") isClean = false
    if (line.place[0] === line.place[1] || pieceEnd === context.settledBytes) settle(pieceEnd)
  }

  /**
   * Goes past what the head has settled: there are as many entries as it says, whatever has become of their
   * lines, and one line that damage has split is two damaged ones. Version and time are the head's.
   */
  const passSettled = (upTo: number): void => {
    if (settledCount === undefined) return
    if (batch.length > 0) settle(upTo)
    isBefore = false
    end = upTo
    count = settledCount
    version = 0
    at = 0
    isClean = true
    lines = lines.filter((line) => line._tag === "Entry" || line.index < settledCount)
  }

  const take = (piece: Piece): void => {
    if (isBefore && piece.end > settledBytes) passSettled(settledBytes)
    if (piece._tag === "Record") takeRecord(piece)
    else if (piece._tag === "Blank" && batch.length === 0 && piece.start === end) end = piece.end
    else if (piece._tag === "Damage") {
      batch.push({ _tag: "Damage", offset: piece.start })
      if (batch.length >= sizeOfBatch(batch)) settle(piece.end)
    }
  }

  return {
    take,
    isPlausible: (line: EntryLine) => line.index >= count,
    /** What the fold has found in bytes that end at `size`. */
    result: (size: number): Omit<LogState, "size" | "isOpen"> => {
      // Where the file ends with a record that lacks its line end, that is still to be written.
      const lacksEnd = end === settledBytes - 1 && size <= settledBytes
      if (isBefore && (lacksEnd || size >= settledBytes)) passSettled(lacksEnd ? end : settledBytes)
      return { end, count, version, at, versionSeen, writes, lines, hasWaiting, isClean }
    }
  }
}

/** Adds the bytes that follow `state.end` to it. */
export const foldLog = (state: LogState, bytes: Uint8Array, context: FoldContext): LogState => {
  // What the head has settled lies behind, and nothing was added: every commit asks this of a log that only it writes.
  if (bytes.length === 0 && state.end > context.settledBytes) return { ...state, size: state.end }
  const fold = makeFold(state, context)
  for (
    const piece of piecesOf(bytes, state.end, { settledBytes: context.settledBytes, isPlausible: fold.isPlausible })
  ) {
    fold.take(piece)
  }
  const size = state.end + bytes.length
  const result = fold.result(size)
  const isOpen = result.end === state.end ? state.isOpen : bytes[result.end - state.end - 1] !== 0x0a
  return { ...result, size, isOpen }
}

/** A record with the number of bytes that it takes, its line end among them. */
export interface Written {
  readonly line: EntryLine
  readonly bytes: number
}

/** Adds whole records that were written at `state.end`: the same as folding their bytes. */
export const foldWritten = (state: LogState, written: ReadonlyArray<Written>, context: FoldContext): LogState => {
  const fold = makeFold(state, context)
  let start = state.end
  for (const { bytes, line } of written) {
    fold.take({ _tag: "Record", form: "whole", line, start, end: start + bytes })
    start += bytes
  }
  const result = fold.result(start)
  return { ...result, size: start, isOpen: result.end === state.end && state.isOpen }
}
