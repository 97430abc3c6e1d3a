/**
 * One entry as one line of a log: JSON, with its place in its batch and a checksum at its end.
 *
 * A line that names a commit id waits for the head that carries it. Lines of another incarnation belong
 * to a former life of the key and do not exist for this one.
 */
import type { Version } from "@holdfast/core/port"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { shortChecksum } from "./checksum.ts"
import { oneLine } from "./envelope.ts"

/** An entry as a line holds it. */
export interface EntryLine {
  readonly index: number
  readonly at: number
  /** When the line was written, where that is not `at`: a copy keeps the time of its entry. */
  readonly writtenAt?: number | undefined
  readonly version: Version
  /** Empty where nobody knows which write it was. */
  readonly writeId: string
  /** The place in the batch, from 1, and the size of the batch. */
  readonly place: readonly [number: number, of: number]
  readonly schemaVersion: number
  readonly incarnation: string
  /** The commit that the line waits for; none for a line that counts by itself. */
  readonly commitId: Option.Option<string>
  readonly entry: string
}

const Header = Schema.Struct({
  i: Schema.Int,
  at: Schema.Finite,
  t: Schema.optionalKey(Schema.Finite),
  v: Schema.Int,
  w: Schema.String,
  n: Schema.Tuple([Schema.Int, Schema.Int]),
  s: Schema.Int,
  x: Schema.String,
  c: Schema.optionalKey(Schema.String)
})

const decodeHeader = Schema.decodeUnknownResult(Header)

// Within JSON text a quote inside a string is escaped, so these occur only where they are meant.
const entryStart = ",\"entry\":"
/** How every record begins. */
export const recordStart = "{\"i\":"

/** How the end of every record begins. */
export const tailStart = ",\"sum\":\""

/** The bytes that the end of a record takes, all of them ASCII. */
export const tailBytes = tailStart.length + 16 + "\"}".length

const tailShape = /^,"sum":"[0-9a-f]{16}"\}$/

/** Whether the end of a record stands at a place, by its shape. */
export const isTailAt = (bytes: Buffer, at: number): boolean =>
  at >= 0 && tailShape.test(bytes.toString("latin1", at, at + tailBytes))

/** The line of an entry, with its line end. */
export const encodeLine = (line: EntryLine): string => {
  const header: typeof Header.Type = {
    i: line.index,
    at: line.at,
    ...(line.writtenAt === undefined || line.writtenAt === line.at ? {} : { t: line.writtenAt }),
    v: line.version,
    w: line.writeId,
    n: line.place,
    s: line.schemaVersion,
    x: line.incarnation,
    ...(Option.isSome(line.commitId) ? { c: line.commitId.value } : {})
  }
  const content = JSON.stringify(header).slice(0, -1) + entryStart + oneLine(line.entry)
  return `${content}${tailStart}${shortChecksum(content)}"}\n`
}

const parseHeader = (text: string): Option.Option<typeof Header.Type> =>
  Option.flatMap(
    Result.getSuccess(Result.try((): unknown => JSON.parse(text))),
    (json) => Result.getSuccess(decodeHeader(json))
  )

/** The entry of a line without its line end; none when the line is damaged. */
export const decodeLine = (text: string): Option.Option<EntryLine> => {
  const content = text.slice(0, -tailBytes)
  const at = content.indexOf(entryStart)
  if (at < 0 || text.slice(-tailBytes) !== `${tailStart}${shortChecksum(content)}"}`) return Option.none()
  return Option.map(parseHeader(`${content.slice(0, at)}}`), (header) => ({
    index: header.i,
    at: header.at,
    ...(header.t === undefined ? {} : { writtenAt: header.t }),
    version: header.v as Version,
    writeId: header.w,
    place: header.n,
    schemaVersion: header.s,
    incarnation: header.x,
    commitId: Option.fromUndefinedOr(header.c),
    entry: content.slice(at + entryStart.length)
  }))
}
