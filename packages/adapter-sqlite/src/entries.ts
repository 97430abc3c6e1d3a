/**
 * Reading entries page by page, each in one run, all of one life of the session.
 *
 * Every index that the session counts is there: what the table has lost, and what does not match its
 * checksum, is a row that cannot be read. A session that is removed and made again while somebody reads ends the reading with `Busy`.
 */
import {
  Busy,
  Corrupt,
  type EntryRange,
  type Reason,
  selectRange,
  type SessionKey,
  StorageError,
  type StoredEntry,
  type UnreadableEntry,
  Version
} from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Database } from "./Database.ts"
import { placeOf } from "./keyBytes.ts"
import { isWholeEntry } from "./rowChecksum.ts"
import { states } from "./schema.ts"
import { liveRow } from "./sessionRow.ts"
import { type EntryRow, type FactsRow, rowOf } from "./statements.ts"

// So many entries are read in one run; the event loop goes on between two of them.
const pageSize = 500

/** Which entries are still to be read, and of which life. */
interface Position {
  readonly from: number
  readonly to: number
  readonly incarnation: string
}

type Listed = StoredEntry | UnreadableEntry

/** How errors name the adapter. */
export interface Place {
  readonly adapter: string
  readonly database: Database
  readonly key: SessionKey
}

const storedEntry = (row: EntryRow): StoredEntry => ({
  _tag: "StoredEntry",
  index: row.index,
  at: row.at,
  version: Version(row.version),
  schemaVersion: row.schema_version,
  entry: row.entry,
  writeId: row.write_id === null ? undefined : JSON.parse(row.write_id) as string
})

const unreadableEntry = ({ adapter, database, key }: Place, index: number, problem: string): UnreadableEntry => {
  const reason = new Corrupt({ at: database.options.path, problem, outcome: "notApplied" })
  return { _tag: "UnreadableEntry", index, error: new StorageError({ adapter, operation: "entries", key, reason }) }
}

/** Rows at their own indices. */
const fill = (place: Place, rows: ReadonlyArray<EntryRow>, { from, to }: Position): ReadonlyArray<Listed> => {
  const seen = new Set(rows.map(({ index }) => index))
  const whole = new Map(rows.filter(isWholeEntry).map((row) => [row.index, row]))
  return Array.from({ length: to - from }, (_, offset) => {
    const index = from + offset
    const row = whole.get(index)
    if (row !== undefined) return storedEntry(row)
    return seen.has(index)
      ? unreadableEntry(place, index, "has this entry in a row that does not match its checksum")
      : unreadableEntry(place, index, "has lost this entry")
  })
}

const removedReason = ({ path }: Database["options"]): Reason =>
  new Busy({ path, code: "EBUSY", outcome: "notApplied" })

/** The row of the session, when it is there. */
const readFacts = ({ database, key }: Place): Effect.Effect<Option.Option<FactsRow>, Reason> =>
  database.readResult(({ statements }) =>
    liveRow(database.options.path, rowOf(statements, placeOf(key), statements.facts))
  )

const readPage = (place: Place, rest: Position): Effect.Effect<ReadonlyArray<Listed>, Reason> => {
  const { database, key } = place
  const page = { ...rest, to: Math.min(rest.to, rest.from + pageSize) }
  return database.read(({ statements }) => {
    const row = statements.facts.get(...placeOf(key))
    return row?.state === states.live && row.incarnation === rest.incarnation
      // SQLite goes on to the first key above the range: a damaged one may be of another session.
      ? Option.some(
        statements.entries.all(row.session, page.from, page.to).filter(({ session }) => session === row.session)
      )
      : Option.none()
  }).pipe(
    Effect.flatMap((rows) =>
      Option.isNone(rows) ? Effect.fail(removedReason(database.options)) : Effect.succeed(fill(place, rows.value, page))
    )
  )
}

/** The entries of a range; none for a session that is absent. */
export const readEntries = (
  place: Place,
  range: EntryRange
): Effect.Effect<Stream.Stream<Listed, Reason>, Reason> =>
  Effect.map(readFacts(place), (found) => {
    if (Option.isNone(found)) return Stream.empty
    const { entry_count: count, incarnation } = found.value
    const [from, to] = selectRange(range, count)
    if (from >= to) return Stream.empty
    return Stream.paginate(from, (start) =>
      Effect.map(readPage(place, { from: start, to, incarnation }), (rows) => {
        const next = start + pageSize
        return [rows, next < to ? Option.some(next) : Option.none<number>()] as const
      }))
  })
