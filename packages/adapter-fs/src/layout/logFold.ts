/**
 * What the bytes of a log segment mean: a pure fold over its lines.
 *
 * A batch counts only when its last line is there. An unterminated or NUL-filled end is torn and was
 * never acknowledged. A terminated line with a wrong checksum is damage: it counts, and cannot be read.
 */
import type { AppliedWrite } from "@holdfast/core"
import * as Option from "effect/Option"
import { decodeLine, type EntryLine } from "./entryLine.ts"

/** A counted line: an entry, or damage in its place. */
export type CountedLine =
  | { readonly _tag: "Entry"; readonly line: EntryLine }
  | { readonly _tag: "Damage"; readonly offset: number }

/** How far a segment was read, and what was found. Byte offsets are from the segment's start. */
export interface LogState {
  /** The end of the last counted batch: where the next line belongs. */
  readonly end: number
  /** The end of the bytes that were looked at; beyond `end` lies what is torn, waiting or void. */
  readonly size: number
  readonly count: number
  /** The newest counted version and its time; 0 when no line counted. */
  readonly version: number
  readonly at: number
  /** The newest version on any line, counted or not. */
  readonly versionSeen: number
  /** Each batch that counted, by write id, oldest first. */
  readonly writes: ReadonlyArray<AppliedWrite>
  readonly lines: ReadonlyArray<CountedLine>
  /** Whether a line waits for a commit that the head does not name. */
  readonly hasWaiting: boolean
}

/** What decides which lines count. */
export interface FoldContext {
  readonly incarnation: string
  readonly commitId: Option.Option<string>
  /** The version of the head that the log is read with. */
  readonly headVersion: number
  /** Up to here the head has settled the segment: what lies before is counted whatever it waited for. */
  readonly settledBytes: number
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
  hasWaiting: false
})

const newline = 0x0a

/** The terminated lines of some bytes with their offsets; what follows the last line end is left out. */
const splitLines = (bytes: Uint8Array, offset: number): ReadonlyArray<{ start: number; end: number; text: string }> => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const lines: Array<{ start: number; end: number; text: string }> = []
  let start = 0
  for (let at = buffer.indexOf(newline); at >= 0; at = buffer.indexOf(newline, start)) {
    lines.push({ start: offset + start, end: offset + at + 1, text: buffer.toString("utf8", start, at) })
    start = at + 1
  }
  return lines
}

const isCounted = (line: EntryLine, end: number, context: FoldContext): boolean =>
  Option.isNone(line.commitId)
  || end <= context.settledBytes
  || (Option.isSome(context.commitId) && context.commitId.value === line.commitId.value)

/** Adds the bytes that follow `state.end` to it. */
export const foldLog = (state: LogState, bytes: Uint8Array, context: FoldContext): LogState => {
  const lines: Array<CountedLine> = [...state.lines]
  const writes: Array<AppliedWrite> = [...state.writes]
  let { at, count, end, hasWaiting, version, versionSeen } = state
  let batch: Array<CountedLine> = []

  const settle = (upTo: number): void => {
    const last = batch.findLast((member) => member._tag === "Entry")
    lines.push(...batch)
    // Damage may have joined two lines into one: a whole line still says how many there are.
    count = Math.max(count + batch.length, last === undefined ? 0 : last.line.index + 1)
    end = upTo
    // A damaged line that no head has settled hides its version: one up for it keeps versions rising.
    if (last !== undefined) version = Math.max(version, last.line.version)
    else if (upTo > context.settledBytes) version = Math.max(version, versionSeen, context.headVersion) + 1
    if (last !== undefined) {
      at = last.line.writtenAt ?? last.line.at
      writes.push({ id: last.line.writeId, version: last.line.version, at, entryCount: count })
    }
    versionSeen = Math.max(version, versionSeen)
    batch = []
  }

  const sizeOfBatch = (): number => {
    const first = batch.find((member) => member._tag === "Entry")
    return first === undefined ? 1 : first.line.place[1]
  }

  for (const raw of splitLines(bytes, state.end)) {
    const decoded = decodeLine(raw.text)
    if (Option.isNone(decoded)) {
      batch.push({ _tag: "Damage", offset: raw.start })
      if (batch.length >= sizeOfBatch()) settle(raw.end)
      continue
    }
    const line = decoded.value
    if (line.incarnation !== context.incarnation) continue
    versionSeen = Math.max(versionSeen, line.version)
    if (!isCounted(line, raw.end, context)) {
      hasWaiting = true
      continue
    }
    batch.push({ _tag: "Entry", line })
    if (line.place[0] === line.place[1] || raw.end === context.settledBytes) settle(raw.end)
  }
  return {
    end,
    size: state.end + bytes.length,
    count,
    version,
    at,
    versionSeen,
    writes,
    lines,
    hasWaiting
  }
}
