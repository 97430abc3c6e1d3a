import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Option, Schema } from "effect"
import { decodeLine, encodeLine, type EntryLine } from "../../src/layout/entryLine.ts"
import { jsonTexts } from "./documents.ts"
import { batchLines } from "./logs.ts"

const options = { arbitrary: { runs: 300, size: 300 } }

const [sample] = batchLines({ first: 0, version: 7, size: 2, waitsFor: "c1" }) as [EntryLine]

const ids = Arbitrary.schema(Schema.Literals(["w", "", "\",\"entry\":", "a\nb", "é\u2028", "\\"]))

const lines: Arbitrary.Arbitrary<EntryLine> = Arbitrary.map(
  Arbitrary.all({ entry: jsonTexts, writeId: ids, commitId: ids, isWaiting: Arbitrary.schema(Schema.Boolean) }),
  ({ commitId, entry, isWaiting, writeId }) => ({
    ...sample,
    writeId,
    commitId: isWaiting ? Option.some(commitId) : Option.none(),
    entry
  })
)

const decoded = (line: string) => decodeLine(line.slice(0, -1))

/** A line as it comes back: JSON that spans lines comes back on one. */
const onOneLine = (line: EntryLine): EntryLine => ({
  ...line,
  entry: line.entry.includes("\n") ? JSON.stringify(JSON.parse(line.entry)) : line.entry
})

describe("an encoded line", () => {
  it.prop("is read as it was, whatever its entry and its ids hold", { line: lines }, ({ line }) => {
    assert.deepStrictEqual(decoded(encodeLine(line)), Option.some(onOneLine(line)))
  }, options)

  it.prop("is one line of JSON with its end", { line: lines }, ({ line }) => {
    const text = encodeLine(line)
    assert.strictEqual(text.indexOf("\n"), text.length - 1)
    assert.deepStrictEqual((JSON.parse(text) as { entry: unknown }).entry, JSON.parse(line.entry))
  }, options)

  it.prop("is read from its UTF-8 as from its text", { line: lines }, ({ line }) => {
    const text = encodeLine(line)
    assert.strictEqual(Buffer.from(text).toString("utf8"), text.toWellFormed())
    assert.deepStrictEqual(decoded(Buffer.from(text).toString("utf8")), decoded(text))
  }, options)

  it("keeps the entry as the caller wrote it, spaces and escapes included", () => {
    const entry = "{ \"a\" : \"\\u00e9\\ud800\" }"
    assert.strictEqual(Option.getOrThrow(decoded(encodeLine({ ...sample, entry }))).entry, entry)
  })
})

describe("a damaged line", () => {
  it("is none wherever one bit is flipped", () => {
    const bytes = Buffer.from(encodeLine(sample).slice(0, -1))
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      assert.deepStrictEqual(decodeLine(flipped.toString("utf8")), Option.none(), `bit ${bit & 7} of byte ${bit >> 3}`)
    }
  })

  it("is none wherever it is cut off at either end", () => {
    const text = encodeLine(sample).slice(0, -1)
    for (let length = 0; length < text.length; length++) {
      assert.deepStrictEqual(decodeLine(text.slice(0, length)), Option.none(), `the first ${length}`)
      if (length > 0) assert.deepStrictEqual(decodeLine(text.slice(length)), Option.none(), `from ${length}`)
    }
  })

  for (const text of ["", "{}", "null", "{\"i\":0,\"entry\":1,\"sum\":\"0000000000000000\"}", "\0".repeat(100)]) {
    it(`is none: ${JSON.stringify(text.slice(0, 50))}`, () => {
      assert.deepStrictEqual(decodeLine(text), Option.none())
    })
  }
})
