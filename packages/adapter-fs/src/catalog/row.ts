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
import type { ExactFacts, PromptFacts } from "../io/exactStat.ts"
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

const nanosPerSecondDigits = 9

/** A time in nanoseconds as `fs.Stats` gives it in milliseconds, by the same steps: equal times make equal numbers. */
const millisOf = (nanos: string): number =>
  Number(nanos.slice(0, -nanosPerSecondDigits)) * 1000 + Number(nanos.slice(-nanosPerSecondDigits)) / 1e6

/**
 * Whether a stamp is of a file with these facts. Their times are as fine as a number of milliseconds is, a quarter of
 * a microsecond: a row's files had rested for seconds when it was written, so whatever was changed since is further off.
 */
export const isStampOf = (stamp: string, { ctimeMs, ino, mtimeMs, size }: PromptFacts): boolean => {
  const sizeAt = stamp.indexOf(":") + 1
  const mtimeAt = stamp.indexOf(":", sizeAt) + 1
  const ctimeAt = stamp.indexOf(":", mtimeAt) + 1
  return Number.isSafeInteger(ino) && Number(stamp.slice(0, sizeAt - 1)) === ino
    && Number(stamp.slice(sizeAt, mtimeAt - 1)) === size
    && millisOf(stamp.slice(mtimeAt, ctimeAt - 1)) === mtimeMs && millisOf(stamp.slice(ctimeAt)) === ctimeMs
}

// The coarsest clock of a file system in use, FAT's, has steps of 2 s: two writes within one look alike.
const youngMillis = 2000

const newestMillis = (stamp: string): number => {
  const [, , mtimeNs = "0", ctimeNs = "0"] = stamp.split(":")
  return Math.max(Number(mtimeNs), Number(ctimeNs)) / 1e6
}

/** Whether a file of the row was written so shortly before the row that a later write may have left no trace. */
export const isYoung = ({ files, writtenAt }: SessionRow): boolean => {
  let isEmpty = true
  for (const file in files) {
    const stamp = files[file as FileId]
    if (typeof stamp !== "string") continue
    if (newestMillis(stamp) > writtenAt - youngMillis) return true
    isEmpty = false
  }
  return isEmpty
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

type Unchecked = { readonly [name in keyof Line]?: unknown }

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value)
const isText = (value: unknown): value is string => typeof value === "string"
const isFlag = (value: unknown): value is boolean => typeof value === "boolean"
const isStamps = (value: unknown): value is Stamps => {
  if (!Predicate.isObject(value)) return false
  for (const name in value) {
    const stamp: unknown = Reflect.get(value, name)
    if (stamp !== null && !isText(stamp)) return false
  }
  return true
}

const isHead = (value: unknown): value is HeadFacts | null => {
  if (value === null) return true
  if (!Predicate.isObject(value)) return false
  const head = value as { readonly [name in keyof HeadFacts]?: unknown }
  return isText(head.kind) && isText(head.incarnation) && isText(head.summary) && isNumber(head.schemaVersion)
    && isNumber(head.version) && isNumber(head.createdAt) && isNumber(head.updatedAt) && isNumber(head.entryCount)
}

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
const contentEnd = "\"}"
const tailLength = tailStart.length + 16 + contentEnd.length

/** The line of a row, with its line end. */
export const encodeRow = (row: Row): string => {
  const content = JSON.stringify(contentOf(row)).slice(0, -1)
  return `${content}${tailStart}${shortChecksum(content)}"}\n`
}

/** The row of a session's line. A schema does the same in ten times the time, and a listing decodes thousands. */
const sessionOf = (line: Unchecked): SessionRow | undefined => {
  const { entries, files, head, stem, version, writtenAt } = line
  return isText(stem) && isNumber(version) && isNumber(entries) && isNumber(writtenAt) && isStamps(files)
      && isHead(head)
    ? { _tag: "Session", stem, version, entryCount: entries, writtenAt, files, head: Option.fromNullOr(head) }
    : undefined
}

const rowOf = (line: Unchecked): Row | undefined => {
  const { folder, gone, stem } = line
  if (gone === undefined) return sessionOf(line)
  if (!isFlag(gone)) return undefined
  if (isText(folder)) return { _tag: "Folder", folder, isThere: !gone }
  return gone && isText(stem) ? { _tag: "Gone", stem } : undefined
}

const isWhole = (line: string): boolean =>
  line.endsWith(contentEnd) && line.startsWith(tailStart, line.length - tailLength)
  && line.slice(-tailLength + tailStart.length, -contentEnd.length) === shortChecksum(line.slice(0, -tailLength))

/** The row of a line that is known to be whole; none when it is none of this format. */
export const decodeWhole = (line: string): Row | undefined => {
  const json = Result.getOrUndefined(Result.try((): unknown => JSON.parse(line)))
  if (!Predicate.isObject(json)) return undefined
  const content: Unchecked = json
  return content.catalog === formatVersion ? rowOf(content) : undefined
}

/** The row of a line without its line end; none when the line is damaged, or none of this format. */
export const decodeRow = (line: string): Option.Option<Row> =>
  isWhole(line) ? Option.fromUndefinedOr(decodeWhole(line)) : Option.none()

/** What a line tells of a session before it is decoded. */
export interface Told {
  readonly _tag: "Told"
  readonly stem: string
  readonly version: number
  readonly entryCount: number
  readonly hasHead: boolean
}

// What `encodeRow` writes before all else; the name of a session's file or folder has no character that JSON escapes.
const sessionStart = `{"catalog":${formatVersion},"stem":"`
const folderStart = `{"catalog":${formatVersion},"folder":"`
const goneStart = "\",\"gone\":"
const versionStart = "\",\"version\":"
const entriesStart = ",\"entries\":"
const headless = ",\"head\":null"

/** What a whole line tells, without decoding the rest of it; nothing for other lines. */
export const toldOn = (line: string): Exclude<Row, SessionRow> | Told | undefined => {
  const isFolder = line.startsWith(folderStart)
  if (!isFolder && !line.startsWith(sessionStart)) return undefined
  const nameAt = (isFolder ? folderStart : sessionStart).length
  const nameEnd = line.indexOf("\"", nameAt)
  if (nameEnd < 0 || !isWhole(line)) return undefined
  const name = line.slice(nameAt, nameEnd)
  if (line.startsWith(goneStart, nameEnd)) {
    if (!isFolder) return { _tag: "Gone", stem: name }
    return { _tag: "Folder", folder: name, isThere: line.startsWith("false", nameEnd + goneStart.length) }
  }
  const entriesAt = line.indexOf(entriesStart, nameEnd)
  const entriesEnd = line.indexOf(",", entriesAt + entriesStart.length)
  const version = Number(line.slice(nameEnd + versionStart.length, entriesAt))
  const entryCount = Number(line.slice(entriesAt + entriesStart.length, entriesEnd))
  if (isFolder || !line.startsWith(versionStart, nameEnd) || !isNumber(version) || !isNumber(entryCount)) {
    return undefined
  }
  return { _tag: "Told", stem: name, version, entryCount, hasHead: !line.endsWith(headless, line.length - tailLength) }
}

/** What a line ends with. */
export const lineEnd = 0x0a

// All lines of a large catalog at once take several times its room.
const textBytes = 1024 * 1024

/** The lines that some bytes hold, without their ends. */
export function* linesIn(bytes: Uint8Array): Generator<string> {
  const text = new TextDecoder()
  for (let from = 0; from < bytes.length;) {
    // A line that is longer is taken whole.
    const end = bytes.indexOf(lineEnd, Math.max(bytes.lastIndexOf(lineEnd, from + textBytes), from)) + 1
    const next = end === 0 ? bytes.length : end
    const lines = text.decode(bytes.subarray(from, next)).split("\n")
    if (end !== 0) lines.pop()
    yield* lines
    from = next
  }
}
