/**
 * The envelope: how a session's head and state lie in a file.
 *
 * The file is one JSON document that a person can read. Its first line holds everything but content,
 * then come the summary, the state as the caller wrote it, and last a checksum of all bytes before it.
 * A torn write is told from a damaged file: it lacks its end, and is shorter than its header says.
 */
import type { AppliedWrite, SessionKey, Version } from "@holdfast/core/port"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { checksum } from "./checksum.ts"

/** The format that this version writes, and the newest that it reads. */
export const formatVersion = 1

const writtenBy = "@holdfast/adapter-fs 0.1.0"

/** How far a head has counted the log: the bytes of each segment that it settles, the last one being written to. */
export interface SettledLog {
  readonly segments: ReadonlyArray<{ readonly segment: number; readonly bytes: number }>
  readonly count: number
}

/** One version of a session, or the tombstone of a removed one, as a file holds it. */
export interface Document {
  readonly key: SessionKey
  readonly kind: string
  readonly schemaVersion: number
  readonly version: Version
  readonly incarnation: string
  readonly createdAt: number
  readonly updatedAt: number
  readonly writes: ReadonlyArray<AppliedWrite>
  readonly log: SettledLog
  /** The id of the change whose waiting entries this head brings to life. */
  readonly commitId: Option.Option<string>
  /** The checksum of the foreign file that this session was adopted from. */
  readonly adoptedFrom: Option.Option<string>
  readonly isRemoved: boolean
  readonly summary: string
  readonly body: string
}

const Count = Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0)))

const Header = Schema.Struct({
  holdfast: Schema.Int,
  writtenBy: Schema.String,
  kind: Schema.String,
  id: Schema.String,
  namespace: Schema.Array(Schema.String),
  incarnation: Schema.String,
  version: Count,
  schemaVersion: Count,
  createdAt: Schema.Finite,
  updatedAt: Schema.Finite,
  removed: Schema.Boolean,
  commitId: Schema.NullOr(Schema.String),
  adoptedFrom: Schema.NullOr(Schema.String),
  /** The bytes that follow the header's line. */
  bytes: Count,
  log: Schema.Struct({
    segments: Schema.Array(Schema.Struct({ segment: Count, bytes: Count })),
    count: Count
  }),
  writes: Schema.Array(
    Schema.Struct({ id: Schema.String, version: Count, at: Schema.Finite, entryCount: Count })
  )
})

const decodeHeader = Schema.decodeUnknownResult(Header)

const magic = /^\{"holdfast":(\d+),/
const summaryStart = "\n\"summary\":"
const stateStart = "\n\"state\":"
const tailStart = "\n\"checksum\":\""
const tailEnd = "\"}\n"
const tailBytes = tailStart.length + 32 + tailEnd.length - 1
const tailShape = /^\n"checksum":"[0-9a-f]{32}"\}\n$/

/** JSON text on one line: the line breaks that JSON allows between tokens would end a line of the file. */
export const oneLine = (json: string): string => json.includes("\n") ? JSON.stringify(JSON.parse(json)) : json

/** The bytes of a document. */
export const encodeDocument = (document: Document): Uint8Array => {
  const texts = `${summaryStart}${oneLine(document.summary)},${stateStart}${document.body},\n`
  const header: typeof Header.Type = {
    holdfast: formatVersion,
    writtenBy,
    kind: document.kind,
    id: document.key.id,
    namespace: document.key.namespace,
    incarnation: document.incarnation,
    version: document.version,
    schemaVersion: document.schemaVersion,
    createdAt: document.createdAt,
    updatedAt: document.updatedAt,
    removed: document.isRemoved,
    commitId: Option.getOrNull(document.commitId),
    adoptedFrom: Option.getOrNull(document.adoptedFrom),
    bytes: Buffer.byteLength(texts) - 1 + tailBytes,
    log: document.log,
    writes: document.writes
  }
  const content = Buffer.from(`${JSON.stringify(header).slice(0, -1)},${texts}`, "utf8")
  return Buffer.concat([content, Buffer.from(`"checksum":"${checksum(content)}${tailEnd}`, "latin1")])
}

/** What the bytes at a head's name are. */
export type Parsed =
  | { readonly _tag: "Document"; readonly document: Document }
  /** Cut off, or filled with NULs at its end: a write that did not finish. */
  | { readonly _tag: "Torn" }
  /** Whole, and changed since it was written. */
  | { readonly _tag: "Damaged"; readonly problem: string }
  /** JSON that no version of this adapter wrote. */
  | { readonly _tag: "Foreign"; readonly json: unknown }
  | { readonly _tag: "NewerFormat"; readonly format: number }

const parseJson = (text: string): Option.Option<unknown> =>
  Result.getSuccess(Result.try((): unknown => JSON.parse(text)))

/** Whether JSON is a document of ours all the same: damage to its first name must not make it another program's. */
const isOurs = (json: unknown): boolean =>
  Predicate.hasProperty(json, "incarnation") && Predicate.hasProperty(json, "checksum")

const parseForeign = (text: string): Parsed =>
  Option.match(parseJson(text), {
    onNone: () =>
      text.endsWith("\n") && !text.includes("\0")
        ? { _tag: "Damaged", problem: "is not a session file" }
        : { _tag: "Torn" },
    onSome: (json) => isOurs(json) ? { _tag: "Damaged", problem: "has a damaged beginning" } : { _tag: "Foreign", json }
  })

const toDocument = (header: typeof Header.Type, summary: string, body: string): Document => ({
  key: { namespace: header.namespace, id: header.id },
  kind: header.kind,
  schemaVersion: header.schemaVersion,
  version: header.version as Version,
  incarnation: header.incarnation,
  createdAt: header.createdAt,
  updatedAt: header.updatedAt,
  writes: header.writes as ReadonlyArray<AppliedWrite>,
  log: header.log,
  commitId: Option.fromNullOr(header.commitId),
  adoptedFrom: Option.fromNullOr(header.adoptedFrom),
  isRemoved: header.removed,
  summary,
  body
})

/** The header that stands on a line ending with a comma. */
const parseHeader = (line: string): Option.Option<typeof Header.Type> =>
  Option.flatMap(parseJson(`${line.slice(0, -1)}}`), (json) => Result.getSuccess(decodeHeader(json)))

/** Whether a file without a whole end has the length that its header says: then it was changed, not cut off. */
const hasFullLength = (buffer: Buffer): boolean => {
  const headerEnd = buffer.indexOf("\n")
  const header = parseHeader(buffer.toString("utf8", 0, Math.max(headerEnd, 0)))
  return Option.isSome(header) && buffer.at(-1) !== 0 && buffer.length > headerEnd + header.value.bytes
}

const parseContent = (content: string): Parsed => {
  const summaryAt = content.indexOf(summaryStart)
  const stateAt = content.indexOf(stateStart, summaryAt + 1)
  const header = parseHeader(content.slice(0, Math.max(summaryAt, 0)))
  if (summaryAt < 0 || stateAt < 0 || Option.isNone(header)) {
    return { _tag: "Damaged", problem: "has a header that this version does not read" }
  }
  const summary = content.slice(summaryAt + summaryStart.length, stateAt - 1)
  const body = content.slice(stateAt + stateStart.length, -2)
  return { _tag: "Document", document: toDocument(header.value, summary, body) }
}

/** Tells what bytes are. Only a document whose checksum holds is one. */
export const parseDocument = (bytes: Uint8Array): Parsed => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = magic.exec(buffer.toString("latin1", 0, 32))
  if (start === null) return parseForeign(buffer.toString("utf8"))
  if (Number(start[1]) > formatVersion) return { _tag: "NewerFormat", format: Number(start[1]) }
  const content = buffer.subarray(0, Math.max(buffer.length - tailBytes, 0))
  const tail = buffer.toString("latin1", Math.max(content.length - 1, 0))
  if (tail === `${tailStart}${checksum(content)}${tailEnd}`) return parseContent(content.toString("utf8"))
  // A write may have been cut off at the end of any line, and a flipped bit may have taken the last one.
  return tailShape.test(tail) || hasFullLength(buffer)
    ? { _tag: "Damaged", problem: "has a wrong checksum" }
    : { _tag: "Torn" }
}
