/**
 * The bytes of a log as pieces: whole records, fillers that hold nothing, and damage.
 *
 * A line that is one whole record is the rule. In any other line whole records are looked for all the
 * same: behind NULs, behind a record whose line end was lost, at the end of damaged bytes. What is left
 * of such a line is damage, unless it is NULs; behind the last line end it is torn. The end of what a
 * head has settled ends such a line, whatever byte stands there.
 */
import * as Option from "effect/Option"
import { decodeLine, type EntryLine, isTailAt, recordStart, tailBytes, tailStart } from "./entryLine.ts"

/** A piece of a log. Offsets are from the start of the segment; a piece that ends a line reaches to its end. */
export type Piece =
  | {
    readonly _tag: "Record"
    readonly start: number
    readonly end: number
    readonly line: EntryLine
    /** A line of its own, a part of a line with something else in it, or the unterminated end. */
    readonly form: "whole" | "part" | "open"
  }
  | { readonly _tag: "Damage" | "Nuls" | "Blank" | "Torn"; readonly start: number; readonly end: number }

/** What tells pieces apart beside the bytes. */
export interface PieceContext {
  readonly settledBytes: number
  /** Whether a record behind damaged bytes may stand there: an entry may quote an older line of its own log. */
  readonly isPlausible: (line: EntryLine) => boolean
}

const newline = 0x0a

// An entry may hold what looks like the start or the end of a record; no more than so many are tried.
const triesMax = 64

const text = (bytes: Buffer, start: number, end: number): string => bytes.toString("utf8", start, end)

const afterNuls = (bytes: Buffer, at: number): number => {
  let end = at
  while (end < bytes.length && bytes[end] === 0) end++
  return end
}

const startsAt = (bytes: Buffer, at: number): boolean =>
  bytes.subarray(at, at + recordStart.length).toString("latin1") === recordStart

/** Where the next record may begin behind one that ended at `end`: its line end is gone, or another byte. */
const nextStart = (bytes: Buffer, end: number): number => {
  const direct = afterNuls(bytes, end)
  return startsAt(bytes, direct) ? direct : afterNuls(bytes, Math.min(end + 1, bytes.length))
}

interface Found {
  readonly line: EntryLine
  readonly start: number
  readonly end: number
}

/** The whole record that begins at a place. */
const recordAt = (bytes: Buffer, start: number): Found | undefined => {
  if (!startsAt(bytes, start)) return undefined
  let tries = 0
  for (
    let at = bytes.indexOf(tailStart, start);
    at >= 0 && tries < triesMax;
    at = bytes.indexOf(tailStart, at + 1)
  ) {
    const end = at + tailBytes
    if (!isTailAt(bytes, at)) continue
    tries++
    const line = decodeLine(text(bytes, start, end))
    if (Option.isSome(line)) return { line: line.value, start, end }
  }
  return undefined
}

/** The whole record that ends where the bytes end, and begins behind `from`. */
const recordAtEnd = (bytes: Buffer, from: number, context: PieceContext): Found | undefined => {
  if (!isTailAt(bytes, bytes.length - tailBytes)) return undefined
  let tries = 0
  for (
    let start = bytes.lastIndexOf(recordStart);
    start > from && tries < triesMax;
    start = bytes.lastIndexOf(recordStart, start - 1)
  ) {
    tries++
    const line = decodeLine(text(bytes, start, bytes.length))
    if (Option.isSome(line)) {
      return context.isPlausible(line.value) ? { line: line.value, start, end: bytes.length } : undefined
    }
  }
  return undefined
}

/** The pieces of a line that is not one whole record. `isEnded` says that its end is known, so its rest is not torn. */
const piecesOfLine = (bytes: Buffer, context: PieceContext, isEnded: boolean): ReadonlyArray<Piece> => {
  const pieces: Array<Piece> = []
  const form = isEnded ? "part" : "open"
  let end = 0
  let at = afterNuls(bytes, 0)
  for (let found = recordAt(bytes, at); found !== undefined; found = recordAt(bytes, at)) {
    // A single byte is a line end that was changed.
    if (at > end + 1 || (at > end && end === 0)) pieces.push({ _tag: "Nuls", start: end, end: at })
    pieces.push({ _tag: "Record", ...found, form })
    end = found.end
    at = nextStart(bytes, end)
  }
  // One byte behind a record is its line end, changed; NULs before a line end may have been a line.
  if (at === bytes.length && at - end <= 1) return pieces
  if (at === bytes.length && !isEnded) return [...pieces, { _tag: "Nuls", start: end, end: at }]
  const start = at === bytes.length ? end : at
  const last = isEnded ? recordAtEnd(bytes, start, context) : undefined
  pieces.push({ _tag: isEnded ? "Damage" : "Torn", start, end: last === undefined ? bytes.length : last.start })
  if (last !== undefined) pieces.push({ _tag: "Record", ...last, form })
  return pieces
}

const moved = (piece: Piece, by: number): Piece => ({ ...piece, start: piece.start + by, end: piece.end + by })

/** Where a line ends, and how. */
interface Line {
  readonly start: number
  readonly end: number
  /** Whether its last byte is a line end. */
  readonly isTerminated: boolean
  /** Whether its end is known: what is no record in it is damage then, and not torn. */
  readonly isEnded: boolean
}

const lineAt = (
  bytes: Buffer,
  start: number,
  { next, settled }: { readonly next: number; readonly settled: number }
): Line => {
  const lineEnd = next < 0 ? bytes.length : next + 1
  const isCut = start < settled && settled < lineEnd
  const end = isCut ? settled : lineEnd
  const isTerminated = next >= 0 && !isCut
  return { start, end, isTerminated, isEnded: isTerminated || end === settled }
}

/** The pieces of a line; the last one of a terminated line reaches over its end. */
const readLine = (bytes: Buffer, { end, isEnded, isTerminated, start }: Line, context: PieceContext) => {
  const content = bytes.subarray(start, isTerminated ? end - 1 : end)
  const pieces = piecesOfLine(content, context, isEnded).map((piece) => moved(piece, start))
  if (!isTerminated) return pieces
  const last = pieces.at(-1)
  return last === undefined ? [{ _tag: "Blank" as const, start, end }] : [...pieces.slice(0, -1), { ...last, end }]
}

/**
 * The pieces of bytes that begin at `offset`, in their order.
 *
 * They are found one line after the other, so that `isPlausible` can know of the lines before.
 */
export function* piecesOf(bytes: Uint8Array, offset: number, context: PieceContext): Generator<Piece, void> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const settled = context.settledBytes - offset
  for (let start = 0; start < buffer.length;) {
    const next = buffer.indexOf(newline, start)
    const record = next < 0 ? Option.none<EntryLine>() : decodeLine(text(buffer, start, next))
    if (Option.isSome(record)) {
      const end = next + 1
      yield { _tag: "Record", line: record.value, start: offset + start, end: offset + end, form: "whole" }
      start = end
    } else {
      const line = lineAt(buffer, start, { next, settled })
      for (const piece of readLine(buffer, line, context)) yield moved(piece, offset)
      start = line.end
    }
  }
}
