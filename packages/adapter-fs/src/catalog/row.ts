/**
 * The lines of a catalog: what is known of a session, or of a folder, each on a line that tells its own damage.
 *
 * A row repeats what the session's files say and never stands for them: it counts only while each of the files
 * is exactly as it was. Lines that are cut off, changed, or of another format are nothing.
 */
import { makeKey, type SessionKey, type StoredHead } from "@holdfast/core/port"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import type { Saved } from "../commit/Place.ts"
import type { ExactFacts } from "../io/exactStat.ts"
import { shortChecksum } from "../layout/checksum.ts"
import { segmentFile, slotFile } from "../layout/files.ts"

// Another number makes every line of before nothing: what a row means must not change under it.
const formatVersion = 1

/** A file that may belong to a session: one of the two names of its head, or a segment of its log by number. */
export type FileId = "main" | "alt" | `${number}`

/** How each file was, as text; `null` for one that was not there. */
export type Stamps = { readonly [file in FileId]?: string | null }

/** A head without its key, which the row's place tells. */
export type HeadFacts = Omit<StoredHead, "_tag" | "key">

/** A session as it was read: its files, and what a listing shows of it. */
export interface SessionRow {
  readonly _tag: "Session"
  readonly stem: string
  /** When its files were looked at, in epoch milliseconds by the slower of this machine's clock and the disk's. */
  readonly writtenAt: number
  readonly files: Stamps
  /** The version that was on the disk for sure, a tombstone's too, and how many entries it had. */
  readonly version: number
  readonly entryCount: number
  /** None for a removed session, of which a tombstone is left. */
  readonly head: Option.Option<HeadFacts>
}

/** What a line tells. Later lines win. */
export type Row =
  | SessionRow
  | { readonly _tag: "Gone"; readonly stem: string }
  | { readonly _tag: "Folder"; readonly folder: string; readonly isThere: boolean }

/** The name of a session's file. */
export const fileName = (stem: string, file: string): string =>
  file === "main" || file === "alt" ? slotFile(stem, file) : segmentFile(stem, Number(file))

/** A file's facts as text that differs when one of them does. */
export const stampOf = ({ ctimeNs, ino, mtimeNs, size }: ExactFacts): string => `${ino}:${size}:${mtimeNs}:${ctimeNs}`

// The coarsest clock of a file system in use, FAT's, has steps of 2 s: two writes within one look alike.
const youngMillis = 2000

const newestMillis = (stamp: string): number => {
  const [, , mtimeNs = "0", ctimeNs = "0"] = stamp.split(":")
  return Math.max(Number(mtimeNs), Number(ctimeNs)) / 1e6
}

/** Whether a file of the row was written so shortly before the row that a later write may have left no trace. */
export const isYoung = ({ files, writtenAt }: SessionRow): boolean => {
  const found = Object.values(files).filter((stamp) => typeof stamp === "string")
  return found.length === 0 || found.some((stamp) => newestMillis(stamp) > writtenAt - youngMillis)
}

/** The head of a row. */
export const headOf = (row: HeadFacts, key: SessionKey): StoredHead => ({
  _tag: "StoredHead",
  // A copy: whoever gets the head may change its key as he likes.
  key: makeKey(key.id, [...key.namespace]),
  ...row
})

/** A line as JSON. */
interface Line {
  readonly catalog: number
  readonly stem?: string
  readonly version?: number
  readonly entries?: number
  readonly folder?: string
  readonly gone?: boolean
  readonly writtenAt?: number
  readonly files?: Readonly<Record<string, string | null>>
  readonly head?: HeadFacts | null
}

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value)
const isText = (value: unknown): value is string => typeof value === "string"
const isFlag = (value: unknown): value is boolean => typeof value === "boolean"
const isStamps = (value: unknown): boolean =>
  Predicate.isObject(value) && Object.values(value).every((stamp) => stamp === null || isText(stamp))

const isHead = (value: unknown): boolean =>
  value === null || (
    Predicate.isObject(value)
    && isText(Reflect.get(value, "kind")) && isText(Reflect.get(value, "incarnation"))
    && isText(Reflect.get(value, "summary"))
    && headNumbers.every((name) => isNumber(Reflect.get(value, name)))
  )

const headNumbers = ["schemaVersion", "version", "createdAt", "updatedAt", "entryCount"]

const checks: { readonly [name in Exclude<keyof Line, "catalog">]-?: (value: unknown) => boolean } = {
  stem: isText,
  version: isNumber,
  entries: isNumber,
  folder: isText,
  gone: isFlag,
  writtenAt: isNumber,
  files: isStamps,
  head: isHead
}

const hasShape = Object.entries(checks)

// A schema does the same in ten times the time, and a listing of 10,000 sessions decodes as many lines.
const isLine = (json: unknown): json is Line =>
  Predicate.isObject(json) && Reflect.get(json, "catalog") === formatVersion
  && hasShape.every(([name, isOne]) => {
    const value: unknown = Reflect.get(json, name)
    return value === undefined || isOne(value)
  })

const contentOf = (row: Row): Line => {
  switch (row._tag) {
    case "Session":
      return {
        catalog: formatVersion,
        stem: row.stem,
        version: row.version,
        entries: row.entryCount,
        writtenAt: row.writtenAt,
        files: row.files as Record<string, string | null>,
        head: Option.getOrNull(row.head)
      }
    case "Gone":
      return { catalog: formatVersion, stem: row.stem, gone: true }
    default:
      return { catalog: formatVersion, folder: row.folder, gone: !row.isThere }
  }
}

const tailStart = ",\"sum\":\""
const tailLength = tailStart.length + 16 + "\"}".length

/** The line of a row, with its line end. */
export const encodeRow = (row: Row): string => {
  const content = JSON.stringify(contentOf(row)).slice(0, -1)
  return `${content}${tailStart}${shortChecksum(content)}"}\n`
}

const rowOf = (
  { entries, files, folder, gone, head, stem, version, writtenAt }: Line
): Option.Option<Row> => {
  if (folder !== undefined) return Option.some({ _tag: "Folder", folder, isThere: gone !== true })
  if (stem === undefined) return Option.none()
  if (gone === true) return Option.some({ _tag: "Gone", stem })
  if (
    writtenAt === undefined || files === undefined || head === undefined || version === undefined ||
    entries === undefined
  ) {
    return Option.none()
  }
  return Option.some({
    _tag: "Session",
    stem,
    version,
    entryCount: entries,
    writtenAt,
    files,
    head: Option.fromNullOr(head)
  })
}

const isWhole = (line: string): boolean =>
  line.slice(-tailLength) === `${tailStart}${shortChecksum(line.slice(0, -tailLength))}"}`

// What `encodeRow` writes before all else; the stem of a session's file has no character that JSON escapes.
const versionStart = /^\{"catalog":1,"stem":"([^"\\]*)","version":(\d+),"entries":(\d+)/

/** The session and the version that a whole line tells, without decoding the rest of it; none for other lines. */
export const savedOn = (line: string): Option.Option<readonly [stem: string, saved: Saved]> => {
  const match = versionStart.exec(line)
  return match === null || !isWhole(line)
    ? Option.none()
    : Option.some([match[1]!, { version: Number(match[2]), entryCount: Number(match[3]) }])
}

const folderStart = /^\{"catalog":1,"folder":"([^"\\]*)","gone":(true|false)/

/** The folder that a whole line tells; none for other lines. */
export const folderOn = (line: string): Option.Option<{ readonly folder: string; readonly isThere: boolean }> => {
  const match = folderStart.exec(line)
  return match === null || !isWhole(line)
    ? Option.none()
    : Option.some({ folder: match[1]!, isThere: match[2] === "false" })
}

/** The row of a line without its line end; none when the line is damaged, or none of this format. */
export const decodeRow = (line: string): Option.Option<Row> => {
  if (!isWhole(line)) return Option.none()
  const json = Result.getSuccess(Result.try((): unknown => JSON.parse(`${line.slice(0, -tailLength)}}`)))
  return Option.flatMap(json, (value) => isLine(value) ? rowOf(value) : Option.none())
}
