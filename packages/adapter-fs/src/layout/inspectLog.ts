/**
 * What is wrong with the bytes of a log segment, by byte: for people, and for whoever repairs the log.
 *
 * Only what stands in the bytes is told. Entries that are gone without a trace show as gaps when the log
 * is read, and lines that wait or belong to a former life are in order.
 */
import type { EntryLine } from "./entryLine.ts"
import { type Piece, piecesOf } from "./logRecords.ts"

/**
 * A problem and the bytes that it takes.
 *
 * `Torn` is an end that was never acknowledged, `NoLineEnd` a whole last record without its line end: the
 * next append puts both in order. `Joined` are records that share a line, `Nuls` a run of NULs, `Damage`
 * bytes that are no record, `Short` what the file lacks of the length that its head says.
 */
export interface LogProblem {
  readonly kind: "Torn" | "NoLineEnd" | "Joined" | "Nuls" | "Damage" | "Short"
  readonly offset: number
  readonly length: number
}

/** What is known of a segment beside its bytes. */
export interface SegmentContext {
  readonly incarnation: string
  readonly settledBytes: number
}

const kindOf = (piece: Piece, isAtEnd: boolean): LogProblem["kind"] | undefined => {
  switch (piece._tag) {
    case "Record":
      return piece.form === "whole" ? undefined : isAtEnd ? "NoLineEnd" : "Joined"
    case "Nuls":
      return isAtEnd ? "Torn" : "Nuls"
    case "Damage":
    case "Torn":
      return piece._tag
    case "Blank":
      return undefined
  }
}

/** Where a record that is the last one of a file ends, when what follows it is no more than its changed line end and NULs. */
const lastEnd = (bytes: Uint8Array): number => {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0) end--
  return end
}

/** The problems of a segment, in the order of its bytes. */
export const inspectLog = (bytes: Uint8Array, context: SegmentContext): ReadonlyArray<LogProblem> => {
  const { incarnation, settledBytes } = context
  const problems: Array<LogProblem> = []
  const filled = lastEnd(bytes)
  let count = 0
  const isPlausible = (line: EntryLine) => line.index >= count
  for (const piece of piecesOf(bytes, 0, { settledBytes, isPlausible })) {
    const { end, start: offset } = piece
    if (piece._tag === "Record" && piece.line.incarnation === incarnation) count = piece.line.index + 1
    const isAtEnd = end >= filled - 1 && bytes[end - 1] !== 0x0a
    const kind = kindOf(piece, isAtEnd)
    if (kind !== undefined) problems.push({ kind, offset, length: end - offset })
  }
  const lacking = settledBytes - bytes.length - (problems.at(-1)?.kind === "NoLineEnd" ? 1 : 0)
  return lacking > 0 ? [...problems, { kind: "Short", offset: bytes.length, length: lacking }] : problems
}

/** Whether the next append puts a segment with these problems in order by itself. */
export const isEndOnly = (problems: ReadonlyArray<LogProblem>): boolean =>
  problems.every(({ kind }) => kind === "Torn" || kind === "NoLineEnd")
