/** Documents for tests: one that has everything in it, and random ones. */
import { type AppliedWrite, Version } from "@holdfast/core"
import { Arbitrary, Option, Schema } from "effect"
import type { Document } from "../../src/layout/envelope.ts"

const write = (id: string, version: number): AppliedWrite => ({
  id,
  version: Version(version),
  at: 1700000000000,
  entryCount: 3
})

/** A document with every field filled. */
export const document: Document = {
  key: { namespace: ["acct", "Org é"], id: "local_1" },
  kind: "CodeSession",
  schemaVersion: 2,
  version: Version(1700000000000123),
  incarnation: "0123456789abcdef0123",
  createdAt: 1700000000000,
  updatedAt: 1700000000000.5,
  writes: [write("w1", 1700000000000122), write("w2", 1700000000000123)],
  log: { segments: [{ segment: 0, bytes: 400 }, { segment: 2, bytes: 120 }], count: 3 },
  commitId: Option.some("c1"),
  adoptedFrom: Option.some("ab".repeat(16)),
  isRemoved: false,
  summary: "{\"title\":\"Fix EXDEV\"}",
  body: "{\n  \"title\": \"Fix EXDEV\",\n  \"lines\": [\n    1,\n    2\n  ]\n}"
}

/** The smallest document. */
export const smallDocument: Document = {
  ...document,
  key: { namespace: [], id: "a" },
  writes: [],
  log: { segments: [], count: 0 },
  commitId: Option.none(),
  adoptedFrom: Option.none(),
  summary: "{}",
  body: "1"
}

// Text that JSON escapes, text that it does not, and text that looks like a part of the envelope.
const texts = Schema.Literals([
  "",
  "plain",
  "a\nb\r\n\t\u0000\u001f",
  "\u2028\u2029\u00a0\ufeff",
  "é😀\uFFFF",
  "\ud800",
  "x\udfffy",
  "\"checksum\":\"",
  "\n\"state\":1,\n\"checksum\":\"00000000000000000000000000000000\"}\n",
  "\n\"summary\":",
  "\\\"\\\\"
])

const values = Arbitrary.array(
  Arbitrary.schema(Schema.Union([texts, Schema.String, Schema.Finite, Schema.Boolean, Schema.Null])),
  { maxLength: 6 }
)
const indent = Arbitrary.schema(Schema.Literals([0, 1, 2, "\t"]))

/** JSON text of any content and layout. */
export const jsonTexts: Arbitrary.Arbitrary<string> = Arbitrary.map(
  Arbitrary.all([values, Arbitrary.schema(texts), indent]),
  ([list, name, space]) => JSON.stringify({ list, [name]: { nested: list.at(-1) } }, null, space)
)

const ids = Arbitrary.schema(Schema.Literals(["a", "local_1", "Id \"quoted\"", "é\u2028", "\"summary\":"]))
const numbers = Arbitrary.schema(
  Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })))
)

/** Documents whose texts are of any content and layout. */
export const documents: Arbitrary.Arbitrary<Document> = Arbitrary.map(
  Arbitrary.all({
    id: ids,
    name: ids,
    version: numbers,
    count: numbers,
    summary: jsonTexts,
    body: jsonTexts,
    isRemoved: Arbitrary.schema(Schema.Boolean)
  }),
  ({ body, count, id, isRemoved, name, summary, version }): Document => ({
    ...document,
    key: { namespace: count % 2 === 0 ? [] : [name], id },
    kind: name,
    version: Version(version),
    writes: count % 3 === 0 ? [] : document.writes,
    log: { segments: count % 2 === 0 ? [] : [{ segment: 0, bytes: count }], count },
    commitId: count % 5 === 0 ? Option.none() : Option.some(id),
    isRemoved,
    summary,
    body
  })
)
