/** Logs for tests: batches of lines as a writer puts them down, and random logs with everything that can be in one. */
import { Version } from "@holdfast/core"
import { Arbitrary, Option, Schema } from "effect"
import { encodeLine, type EntryLine } from "../../src/layout/entryLine.ts"
import type { FoldContext } from "../../src/layout/logFold.ts"

export const incarnation = "0123456789abcdef0123"
export const commitId = "committed"

/** A batch: where it starts, which version it is, and what it waits for. */
export interface BatchText {
  readonly first: number
  readonly version: number
  readonly size: number
  readonly incarnation?: string
  readonly waitsFor?: string
  /** How much longer each entry is made. */
  readonly pad?: number
}

/** The lines of a batch. */
export const batchLines = (batch: BatchText): ReadonlyArray<EntryLine> =>
  Array.from({ length: batch.size }, (_, offset) => ({
    index: batch.first + offset,
    at: 1700000000000 + batch.version,
    version: Version(batch.version),
    writeId: `w${batch.version}`,
    place: [offset + 1, batch.size] as const,
    schemaVersion: 1,
    incarnation: batch.incarnation ?? incarnation,
    commitId: Option.fromUndefinedOr(batch.waitsFor),
    entry: JSON.stringify({
      number: batch.first + offset,
      ...(batch.pad === undefined ? {} : { pad: "p".repeat(batch.pad) })
    })
  }))

/** The bytes of a batch. */
export const batchBytes = (batch: BatchText): Buffer => Buffer.from(batchLines(batch).map(encodeLine).join(""))

/** The bytes of several batches of these sizes, counted and without gaps, from version 1. */
export const logOf = (...sizes: ReadonlyArray<number>): Buffer =>
  Buffer.concat(
    sizes.map((size, index) =>
      batchBytes({ first: sizes.slice(0, index).reduce((sum, each) => sum + each, 0), version: index + 1, size })
    )
  )

/** Nothing is settled, and no commit is named. */
export const unsettled: FoldContext = { incarnation, commitId: Option.none(), headVersion: 0, settledBytes: 0 }

const pieceTag = Schema.Literals(["counted", "counted", "counted", "waiting", "committed", "former", "damaged"])

const pieceDraw = Arbitrary.all({
  tag: Arbitrary.schema(pieceTag),
  size: Arbitrary.schema(Schema.Literals([1, 1, 2, 3])),
  place: Arbitrary.schema(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 999 }))))
})

interface Piece {
  readonly tag: typeof pieceTag.Type
  readonly size: number
  readonly place: number
}

const damagedAt = (bytes: Buffer, place: number): Buffer => {
  const damaged = Buffer.from(bytes)
  // A line end stays one, so that it is the line that is damaged and not the division into lines.
  const at = place % bytes.length
  if (damaged[at] !== 0x0a) damaged[at] = damaged[at] === 0x58 ? 0x59 : 0x58
  return damaged
}

/** The bytes of a piece that begins at an index. */
const pieceBytes = ({ place, size, tag }: Piece, first: number, version: number): Buffer => {
  const batch = { first, version, size }
  switch (tag) {
    case "counted":
      return batchBytes(batch)
    case "waiting":
      return batchBytes({ ...batch, waitsFor: "another" })
    case "committed":
      return batchBytes({ ...batch, waitsFor: commitId })
    case "former":
      return batchBytes({ ...batch, incarnation: "former" })
    case "damaged":
      return damagedAt(batchBytes(batch), place)
  }
}

const countsFor = ({ size, tag }: Piece): number => tag === "waiting" || tag === "former" ? 0 : size

/** Random logs: batches of every sort in a row, the last one maybe torn. */
export const logs: Arbitrary.Arbitrary<Buffer> = Arbitrary.map(
  Arbitrary.all({ pieces: Arbitrary.array(pieceDraw, { maxLength: 8 }), cut: pieceDraw }),
  ({ cut, pieces }) => {
    const all = Buffer.concat(pieces.map((piece, index) => {
      const first = pieces.slice(0, index).reduce((sum, before) => sum + countsFor(before), 0)
      return pieceBytes(piece, first, index + 1)
    }))
    return cut.size === 1 ? all.subarray(0, Math.max(all.length - cut.place, 0)) : all
  }
)
