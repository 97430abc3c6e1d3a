/**
 * A store's catalog: one file per folder with the heads of its sessions, read in one go.
 *
 * It is derived: losing it, or any line of it, loses nothing. A row is believed only while the session's
 * files are what they were; names are believed only where the folder itself cannot be read. No failure
 * of a catalog fails a call.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Semaphore from "effect/Semaphore"
import { nothingSaved, type Place } from "../commit/Place.ts"
import { isMissing } from "../io/errno.ts"
import { ExactStat, type LookExactly, type LookNow, lookNowLike, lookPromptly } from "../io/exactStat.ts"
import type { IoFailure } from "../io/Io.ts"
import { storeFolder } from "../layout/files.ts"
import { encodeName } from "../layout/names.ts"
import type { Marks } from "./marks.ts"
import { decodeWhole, encodeRow, lineEnd, linesIn, type SessionRow, stampOf, toldOn } from "./row.ts"

/** The folder in the store's folder that the catalogs lie in, each at the place of what it lists. */
const catalogFolder = "catalog"

// No key name has a dot as a file name, so a namespace's folder never takes this name.
const headsFile = "heads.jsonl"

/** The last line that tells of a session. It is decoded when somebody asks for it: a row takes ten times the room. */
interface SessionLine {
  /** The newest version that any line tells, and how many entries it had. */
  readonly version: number
  readonly entryCount: number
  /** Whether the line shows a head: none is shown of a removed session, nor of one of which only the name is known. */
  readonly hasHead: boolean
  /** Whether an earlier line tells a newer version. */
  readonly isLate: boolean
  readonly line: string
}

/** What a catalog says of one folder. */
export interface FolderRows {
  readonly sessions: Map<string, SessionLine>
  readonly folders: Set<string>
  /** How many lines the file has, and how many of its bytes end in a whole line. */
  lines: number
  bytes: number
}

/** What the catalog says of a session. */
export const rowOf = ({ sessions }: FolderRows, stem: string): SessionRow | undefined => {
  const line = sessions.get(stem)
  if (line === undefined) return undefined
  const row = decodeWhole(line.line)
  if (row?._tag !== "Session") return undefined
  // A row that came late, from a process that knew less, says how the files were, and not which version is newest.
  return line.isLate ? { ...row, entryCount: line.entryCount, version: line.version, files: {} } : row
}

interface Cached {
  readonly rows: FolderRows
  readonly stamp: string
  readonly ino: bigint
}

export interface Catalog {
  readonly place: Place
  readonly marks: Marks
  readonly look: LookExactly
  /** The same without the thread pool, where there is such a way. */
  readonly lookNow: Option.Option<LookNow>
  /** One writer at a time. */
  readonly turn: Semaphore.Semaphore
  /** What was read last, by file; the longest unused first. */
  readonly cached: Map<string, Cached>
}

/** How many bytes of a catalog are read at once: of a large one not all are held beside its lines. */
export const readBytes = 8 * 1024 * 1024

// A line takes about half a KB in memory.
const cachedRowsMax = 30_000

/** The catalog of a place. What is marked is written down by its upkeep. */
export const makeCatalog = (place: Place, marks: Marks): Effect.Effect<Catalog> =>
  Effect.map(ExactStat, (look) => ({
    place,
    marks,
    look: lookPromptly(look, place.io.isAtOnce),
    lookNow: lookNowLike(look),
    turn: Semaphore.makeUnsafe(1),
    cached: new Map()
  }))

/** The folders from the store's own to the one that a namespace's catalog lies in. */
export const catalogFolders = ({ path, root }: Place, namespace: ReadonlyArray<string>): ReadonlyArray<string> =>
  namespace.reduce<ReadonlyArray<string>>(
    (folders, name) => [...folders, path.join(folders.at(-1)!, encodeName(name))],
    [path.join(root, storeFolder, catalogFolder)]
  )

/** The catalog file of a namespace. */
export const catalogFile = (place: Place, namespace: ReadonlyArray<string>): string =>
  place.path.join(catalogFolders(place, namespace).at(-1)!, headsFile)

/** What a folder without a catalog says. */
export const noRows = (): FolderRows => ({ sessions: new Map(), folders: new Set(), lines: 0, bytes: 0 })

/** The lines that say all that a catalog does. */
export const liveLines = (rows: FolderRows): string => {
  const folders = [...rows.folders].map((folder) => encodeRow({ _tag: "Folder", folder, isThere: true }))
  const sessions = [...rows.sessions].map(([stem, line]) => {
    const late = line.isLate ? rowOf(rows, stem) : undefined
    return late === undefined ? `${line.line}\n` : encodeRow(late)
  })
  return [...folders, ...sessions].join("")
}

const tell = ({ folders, sessions }: FolderRows, line: string): void => {
  const told = toldOn(line)
  if (told?._tag === "Told") {
    const known = sessions.get(told.stem) ?? nothingSaved
    const isLate = told.version < known.version
    const { entryCount, version } = isLate ? known : told
    sessions.set(told.stem, { version, entryCount, hasHead: told.hasHead, isLate, line })
  } else if (told?._tag === "Gone") sessions.delete(told.stem)
  else if (told?._tag === "Folder") folders[told.isThere ? "add" : "delete"](told.folder)
}

/** Adds lines to what a file says; an end that lacks its line end is left for the next time. */
const addLines = (rows: FolderRows, bytes: Uint8Array): FolderRows => {
  const end = bytes.lastIndexOf(lineEnd) + 1
  for (const line of linesIn(bytes.subarray(0, end))) {
    tell(rows, line)
    rows.lines += 1
  }
  rows.bytes += end
  return rows
}

const keep = ({ cached }: Catalog, file: string, entry: Cached): void => {
  cached.delete(file)
  cached.set(file, entry)
  let total = 0
  for (const { rows } of cached.values()) total += rows.sessions.size
  for (const [oldest, { rows }] of cached) {
    if (total <= cachedRowsMax) break
    cached.delete(oldest)
    total -= rows.sessions.size
  }
}

/** Reads a catalog's file, of one that only grew what was added. */
const readFile = Effect.fnUntraced(function*(catalog: Catalog, file: string) {
  const found = yield* catalog.look(file)
  if (Option.isNone(found)) return noRows()
  const facts = found.value
  const stamp = stampOf(facts)
  const known = catalog.cached.get(file)
  if (known?.stamp === stamp) return known.rows
  const goesOn = known !== undefined && known.ino === facts.ino && facts.size >= known.rows.bytes
  const rows = goesOn ? known.rows : noRows()
  for (let from = rows.bytes; from < facts.size; from += readBytes) {
    const at = rows.bytes
    const { bytes } = yield* catalog.place.io.readRange(file, at, from + readBytes)
    // Another listing may have read the same lines meanwhile.
    if (rows.bytes === at) addLines(rows, bytes)
  }
  keep(catalog, file, { rows, stamp, ino: facts.ino })
  return rows
})

const empty = (file: string) => (failure: IoFailure) =>
  Effect.as(
    isMissing(failure) ? Effect.void : Effect.logDebug("holdfast: no catalog", file, failure.message),
    noRows()
  )

/** What is known of a namespace's folder; nothing where there is no catalog, or none that can be read. */
export const readRows = (catalog: Catalog, namespace: ReadonlyArray<string>): Effect.Effect<FolderRows> => {
  const file = catalogFile(catalog.place, namespace)
  return Effect.catch(readFile(catalog, file), empty(file))
}
