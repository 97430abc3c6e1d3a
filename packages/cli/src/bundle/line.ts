/**
 * One line of a bundle: a record as JSON, with a checksum of the line at its end.
 *
 * A line that was cut off, or changed by hand or by a disk, is told by its checksum, so it is never taken for a session.
 * States, summaries and entries stand in a line as the values that they are, for people and their tools; a text that
 * JSON would write in another way stands there as a text, so that it comes back as it was.
 */
import {
  type AppliedWrite,
  type StoredEntry,
  type StoredHead,
  type StoredSession,
  Version,
  type WholeSession
} from "@holdfast/core"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { createHash } from "node:crypto"

const Count = Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0)))

/** A JSON text as a value, or as the text that it is. */
const Content = Schema.Union([Schema.Struct({ value: Schema.Json }), Schema.Struct({ text: Schema.String })])

type Content = typeof Content.Type

const Write = Schema.Struct({ id: Schema.String, version: Count, at: Schema.Finite, entryCount: Count })

const Line = Schema.Union([
  Schema.TaggedStruct("bundle", { format: Schema.Literal(1), madeAt: Schema.String, from: Schema.String }),
  Schema.TaggedStruct("session", {
    namespace: Schema.Array(Schema.String),
    id: Schema.String,
    kind: Schema.String,
    schemaVersion: Count,
    version: Count,
    incarnation: Schema.String,
    createdAt: Schema.Finite,
    updatedAt: Schema.Finite,
    entryCount: Count,
    writes: Schema.Array(Write),
    summary: Content,
    state: Content
  }),
  Schema.TaggedStruct("entry", {
    index: Count,
    at: Schema.Finite,
    version: Count,
    schemaVersion: Count,
    writeId: Schema.optionalKey(Schema.String),
    entry: Content
  }),
  Schema.TaggedStruct("end", { sessions: Count, entries: Count })
])

/** A record of a bundle. */
export type BundleLine = typeof Line.Type

const decodeLine = Schema.decodeUnknownOption(Line)

const sumMark = ",\"sum\":\""
const sumLength = 32

const sumOf = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, sumLength)

/** A record as its line, without the line end. */
export const encodeLine = (line: BundleLine): string => {
  const text = JSON.stringify(line).slice(0, -1)
  return `${text}${sumMark}${sumOf(text)}"}`
}

const shape = new RegExp(`^(.*)${sumMark}([0-9a-f]{${sumLength}})"\\}$`, "s")

/** The record of a line; none for a line that is damaged or no line of a bundle. */
export const parseLine = (line: string): Option.Option<BundleLine> => {
  const match = shape.exec(line)
  if (match === null || sumOf(match[1]!) !== match[2]) return Option.none()
  return Option.flatMap(Result.getSuccess(Result.try((): unknown => JSON.parse(`${match[1]}}`))), decodeLine)
}

const contentOf = (text: string): Content => {
  const value = Result.try(() => JSON.parse(text) as Schema.Json)
  return Result.isSuccess(value) && JSON.stringify(value.success) === text ? { value: value.success } : { text }
}

const textOf = (content: Content): string => "text" in content ? content.text : JSON.stringify(content.value)

/** A session and its entries as records. */
export const linesOf = ({ entries, session: { body, head, writes } }: WholeSession): ReadonlyArray<BundleLine> => [
  {
    _tag: "session",
    namespace: [...head.key.namespace],
    id: head.key.id,
    kind: head.kind,
    schemaVersion: head.schemaVersion,
    version: head.version,
    incarnation: head.incarnation,
    createdAt: head.createdAt,
    updatedAt: head.updatedAt,
    entryCount: head.entryCount,
    writes: writes.map((write) => ({ ...write })),
    summary: contentOf(head.summary),
    state: contentOf(body)
  },
  ...entries.map((row): BundleLine => ({
    _tag: "entry",
    index: row.index,
    at: row.at,
    version: row.version,
    schemaVersion: row.schemaVersion,
    ...(row.writeId === undefined ? {} : { writeId: row.writeId }),
    entry: contentOf(row.entry)
  }))
]

/** The session of its record, without entries. */
export const sessionOf = (line: Extract<BundleLine, { readonly _tag: "session" }>): StoredSession => {
  const { entryCount, id, incarnation, kind, namespace, schemaVersion, summary, version, writes } = line
  const head: StoredHead = {
    _tag: "StoredHead",
    key: { namespace, id },
    kind,
    schemaVersion,
    version: Version(version),
    incarnation,
    createdAt: line.createdAt,
    updatedAt: line.updatedAt,
    summary: textOf(summary),
    entryCount
  }
  const applied = writes.map((write): AppliedWrite => ({ ...write, version: Version(write.version) }))
  return { head, body: textOf(line.state), writes: applied }
}

/** The entry of its record. */
export const entryOf = (line: Extract<BundleLine, { readonly _tag: "entry" }>): StoredEntry => ({
  _tag: "StoredEntry",
  index: line.index,
  at: line.at,
  version: Version(line.version),
  schemaVersion: line.schemaVersion,
  writeId: line.writeId,
  entry: textOf(line.entry)
})
