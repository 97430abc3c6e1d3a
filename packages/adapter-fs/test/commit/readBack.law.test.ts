/** Reading a log from its end says what reading all of it says. */
import { assert, describe, it } from "@effect/vitest"
import { type EntryRange, selectRange, Version } from "@holdfast/core"
import { Arbitrary, Effect, Option, Schema } from "effect"
import type { Target } from "../../src/commit/Place.ts"
import { readBack } from "../../src/commit/readBack.ts"
import { factsOf, type Log, readEntries, readTail, readWhole } from "../../src/commit/readLog.ts"
import { storedEntries } from "../../src/commit/storedEntries.ts"
import type { Document } from "../../src/layout/envelope.ts"
import { batchBytes, commitId } from "../layout/logs.ts"
import { headWith, logPlace, storeLog } from "./logPlace.ts"

const options = { arbitrary: { runs: 50, size: 1000 } }

const below = (maximum: number) =>
  Arbitrary.schema(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum }))))

const pieceTags = ["counted", "counted", "counted", "counted", "counted", "committed", "waiting", "former"] as const

const pieceDraw = Arbitrary.all({
  tag: Arbitrary.schema(Schema.Literals(pieceTags)),
  size: Arbitrary.schema(Schema.Literals([1, 1, 1, 2, 3])),
  // Some lines are longer than what is read at once.
  pad: Arbitrary.schema(Schema.Literals([0, 0, 100, 9_000, 30_000, 140_000])),
  /** Whether a new segment, and whether the unsettled part, begins here. */
  begins: Arbitrary.schema(Schema.Literals(["nothing", "nothing", "nothing", "nothing", "segment"]))
})

const damageDraw = Arbitrary.all({
  what: Arbitrary.schema(
    Schema.Literals(["none", "none", "none", "none", "flip", "lineEnd", "nuls", "cut", "lastLine", "insert"])
  ),
  /** How far from the end, in 1/1000 of the segment, squared towards the end. */
  place: below(999),
  length: below(400)
})

type Drawn<A> = A extends Arbitrary.Arbitrary<infer B> ? B : never
type Piece = Drawn<typeof pieceDraw>
type Damage = Drawn<typeof damageDraw>

const draws = Arbitrary.all({
  pieces: Arbitrary.array(pieceDraw, { maxLength: 14 }),
  settled: below(14),
  damages: Arbitrary.array(damageDraw, { maxLength: 2 })
})

const damaged = (bytes: Buffer, { length, place, what }: Damage): Buffer => {
  if (bytes.length === 0) return bytes
  const copy = Buffer.from(bytes)
  const at = bytes.length - 1 - Math.floor((bytes.length - 1) * (place / 1000) ** 2)
  const lineEnd = bytes.lastIndexOf(0x0a, at)
  switch (what) {
    case "none":
      return copy
    case "flip":
      copy[at]! ^= 1
      return copy
    case "lineEnd":
      if (lineEnd >= 0) copy[lineEnd] = 0x0b
      return copy
    case "nuls":
      return copy.fill(0, at, Math.min(at + length, copy.length))
    case "cut":
      return copy.subarray(0, Math.max(copy.length - length, 0))
    case "lastLine":
      return copy.subarray(0, copy.lastIndexOf(0x0a, copy.length - 2) + 1)
    case "insert":
      return Buffer.concat([copy.subarray(0, at), Buffer.alloc(length, length % 2 === 0 ? 0 : 0x41), copy.subarray(at)])
  }
}

interface Segment {
  readonly segment: number
  bytes: Buffer
  settled: number
}

/** The segments of a log, the head's count of them, and what no damage has touched. */
const build = (pieces: ReadonlyArray<Piece>, settledPieces: number) => {
  const segments: Array<Segment> = [{ segment: 0, bytes: Buffer.alloc(0), settled: 0 }]
  let index = 0
  let count = 0
  let version = 1
  pieces.forEach(({ begins, pad, size, tag }, number) => {
    const isSettled = number < settledPieces
    if (isSettled && begins === "segment" && number > 0) {
      segments.push({ segment: segments.at(-1)!.segment + 1 + (number % 2), bytes: Buffer.alloc(0), settled: 0 })
    }
    const live = segments.at(-1)!
    version += 1
    const batch = { first: index, version: number + 2, size, pad }
    const waitsFor = tag === "committed" || (tag === "waiting" && isSettled) ? commitId : "another"
    const text = tag === "counted"
      ? batchBytes(batch)
      : tag === "former"
      ? batchBytes({ ...batch, incarnation: "former" })
      : batchBytes({ ...batch, waitsFor })
    live.bytes = Buffer.concat([live.bytes, text])
    if (tag !== "former" && (tag !== "waiting" || isSettled)) index += size
    if (isSettled) {
      live.settled = live.bytes.length
      count = index
    }
  })
  return { segments, count, version: Math.min(version, settledPieces + 1) }
}

const ranges = (count: number) => [
  { last: 1 },
  { last: 2 },
  { last: 5 },
  { last: 0 },
  { from: count - 1 },
  { from: count - 3, to: count - 1 },
  { from: Math.floor(count / 2) },
  { to: count - 1, last: 2 },
  { from: 1 },
  { from: count + 5 },
  { to: 2 },
  {}
]

const rowsOf = (target: Target, files: { document: Document; log: Log }, range: EntryRange) =>
  storedEntries(target, files, range).map((row) => row._tag === "StoredEntry" ? row : [row.index, row.error.message])

const factsWithoutWrites = (document: Document, log: Log) => ({
  ...factsOf(document, log.state),
  writes: []
})

const stored = (
  place: Effect.Success<typeof logPlace>,
  { damages, pieces, settled }: Drawn<typeof draws>
) => {
  const { count, segments, version } = build(pieces, settled)
  const log = { segments: segments.map(({ segment, settled: bytes }) => ({ segment, bytes })), count }
  const document = headWith("one", pieces.length > 0 ? log : { segments: [], count: 0 }, {
    version: Version(version),
    commitId: Option.some(commitId)
  })
  const live = segments.at(-1)!
  const last = damages.slice(0, 1).reduce(damaged, live.bytes)
  const first = damages.slice(1).reduce(damaged, segments[0]!.bytes)
  const files = segments.map(({ bytes, segment }): readonly [number, Buffer] =>
    segment === live.segment ? [segment, last] : segment === 0 ? [0, first] : [segment, bytes]
  )
  return { document, target: storeLog(place, document, files) }
}

describe("a log that is read from its end", () => {
  it.effect.prop("has the entries, the number of them, the version and the time that all of it says", {
    draw: draws
  }, ({ draw }) =>
    Effect.scoped(Effect.gen(function*() {
      const place = yield* logPlace
      const { document, target } = stored(place, draw)
      const whole = yield* readWhole(target, document)
      const all = rowsOf(target, { document, log: whole }, {})
      for (const range of ranges(all.length)) {
        const log = yield* readEntries(target, document, range)
        const rows = rowsOf(target, { document, log }, range)
        assert.deepStrictEqual(rows, all.slice(...selectRange(range, all.length)), JSON.stringify(range))
      }
      const tail = yield* readTail(target, document)
      assert.deepStrictEqual(factsWithoutWrites(document, tail), factsWithoutWrites(document, whole))
      const back = yield* readBack(target, document, () => "more")
      if (Option.isNone(back)) return
      const { end, isClean, isOpen, lines, writes } = back.value.state
      assert.deepStrictEqual([end, isClean, isOpen], [whole.state.end, true, false])
      assert.deepStrictEqual(lines, whole.state.lines)
      assert.deepStrictEqual(writes, whole.state.writes)
    })), options)
})
