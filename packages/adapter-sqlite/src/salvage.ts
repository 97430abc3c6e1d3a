/**
 * Saving what can be read of a damaged database into a fresh one.
 *
 * The rows are found from both ends of the table and of its index by key, so that damage in the middle
 * hides nothing beyond itself. A session whose row cannot be read is written down as lost, under its key;
 * entries that cannot be read are missing at their indices, which every reader of them is told.
 */
import { Corrupt, type Reason, type SessionKey } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { DatabaseSync, type SQLInputValue } from "node:sqlite"
import { formatOf } from "./inspect.ts"
import { reasonOf } from "./resultCode.ts"
import { hasKey, headChecksum, isWholeEntry, textChecksum } from "./rowChecksum.ts"
import { migrationsFrom, states } from "./schema.ts"
import { checkBody, checkHead, keyOf } from "./sessionRow.ts"
import { type EntryRow, type FactsRow, prepare, type RoleRow, type SessionRow } from "./statements.ts"
import { isWholeRecord, lostRecordRow } from "./storeRecord.ts"
import { decodeWrites, encodeWrites } from "./writesColumn.ts"

/** What was saved, and what was not. */
export interface Salvaged {
  readonly sessionCount: number
  readonly entryCount: number
  readonly lost: ReadonlyArray<SessionKey>
  /** Sessions of which some entries could not be read, with how many. */
  readonly incomplete: ReadonlyArray<{ readonly key: SessionKey; readonly missing: number }>
  /** Whether the store's own record could not be read. */
  readonly isRecordLost: boolean
}

interface KeyRow {
  readonly session: number
  readonly namespace: Uint8Array
  readonly id: Uint8Array
}

type Row = { readonly [column: string]: SQLInputValue }

/** Rows, and what ended the reading of them before the end. */
interface Readable {
  readonly rows: ReadonlyArray<Row>
  readonly failures: ReadonlyArray<unknown>
}

/** The rows that a statement gives until it meets damage. */
const readUntilDamage = (database: DatabaseSync, sql: string, values: ReadonlyArray<SQLInputValue>): Readable => {
  const rows: Array<Row> = []
  const ended = Result.try(() => {
    for (const row of database.prepare(sql).iterate(...values)) rows.push(row)
  })
  return { rows, failures: Result.isFailure(ended) ? [ended.failure] : [] }
}

/** The rows in an order, from both ends: all of them, or all but those between two places of damage. */
const readFromBothEnds = (
  database: DatabaseSync,
  sql: string,
  { by, values = [] }: { readonly by: string; readonly values?: ReadonlyArray<SQLInputValue> }
): Readable => {
  const forwards = readUntilDamage(database, `${sql} ORDER BY ${by}`, values)
  const backwards = readUntilDamage(database, `${sql} ORDER BY ${by} DESC`, values)
  return { rows: [...forwards.rows, ...backwards.rows], failures: [...forwards.failures, ...backwards.failures] }
}

/**
 * Every row that the table or its index by key names. The index has the keys also of rows that cannot be read.
 * Throws what was met when nothing can be read: no store is made empty because nobody can see what is in it.
 */
const findKeys = (source: DatabaseSync): ReadonlyMap<number, KeyRow> => {
  const columns = "SELECT session, namespace, id FROM sessions"
  const byTable = readFromBothEnds(source, `${columns} NOT INDEXED`, { by: "session" })
  const byKey = readFromBothEnds(source, `${columns} INDEXED BY sqlite_autoindex_sessions_1`, { by: "namespace" })
  const byId = readFromBothEnds(source, `${columns} INDEXED BY sessions_by_id WHERE state = ${states.live}`, {
    by: "id"
  })
  const rows = [...byTable.rows, ...byKey.rows, ...byId.rows] as ReadonlyArray<object> as ReadonlyArray<KeyRow>
  const failures = [...byTable.failures, ...byKey.failures, ...byId.failures]
  if (rows.length === 0 && failures.length > 0) throw failures[0]
  return new Map(rows.filter(hasKey).map((row) => [row.session, row]))
}

/** Inserts a row and says whether it took: one that breaks a constraint was not written by us. */
const insertRow = (target: DatabaseSync, table: string, row: object): boolean => {
  const columns = Object.keys(row).map((column) => `"${column}"`)
  const marks = columns.map(() => "?").join(", ")
  const statement = target.prepare(`INSERT OR IGNORE INTO ${table} (${columns.join(", ")}) VALUES (${marks})`)
  return Number(statement.run(...Object.values(row)).changes) === 1
}

interface Databases {
  readonly source: DatabaseSync
  readonly target: DatabaseSync
}

/** Copies a session's entries and gives how many there are. */
const copyEntries = ({ source, target }: Databases, session: number): number => {
  const { rows } = readFromBothEnds(source, "SELECT * FROM entries WHERE session = ?", {
    by: `"index"`,
    values: [session]
  })
  const whole = rows.filter((row) => row["session"] === session && isWholeEntry(row as unknown as EntryRow))
  // Both ends may have given the same row: it is inserted once.
  return whole.filter((row) => insertRow(target, "entries", row)).length
}

interface Place {
  readonly path: string
  /** Where the damaged database will lie. */
  readonly aside: string
  readonly now: number
}

const markLost = ({ target }: Databases, { id, namespace }: KeyRow, { aside, now }: Place): void => {
  const { seq } = prepare<{ readonly seq: number }>(
    target,
    "SELECT coalesce(max(seq), 0) + 1 AS seq FROM sessions"
  ).get()!
  const row = {
    namespace,
    id,
    kind: "",
    schema_version: 0,
    // Above all that the clock has seeded: the version that it had is not known.
    version: Math.floor(now * 1000),
    incarnation: "",
    created_at: now,
    updated_at: now,
    entry_count: 0,
    state: states.lost,
    summary: aside,
    body_checksum: textChecksum("")
  }
  insertRow(target, "sessions", { ...row, checksum: headChecksum(row), seq, writes: encodeWrites([]), body: "" })
}

type WholeRow = SessionRow & Pick<FactsRow, "session" | "writes">

/** The row as it was written. What its writes were may be lost without the session being so. */
const wholeRow = (path: string, row: WholeRow | undefined): WholeRow | undefined =>
  row === undefined || Result.isFailure(Result.flatMap(checkHead(path, row), (head) => checkBody(path, head)))
    ? undefined
    : Result.isSuccess(decodeWrites(path, row.writes))
    ? row
    : { ...row, writes: encodeWrites([]) }

const hasRoleTable = (source: DatabaseSync): boolean =>
  prepare<{ readonly tables: number }>(source, "SELECT count(*) AS tables FROM sqlite_schema WHERE tbl_name = 'role'")
    .get()!.tables > 0

/**
 * Copies the store's own record from its table or, failing that, from its index; says whether neither has it. A
 * database of format 1 has none, and is what the fresh one begins as.
 */
const copyRecord = ({ source, target }: Databases, { aside }: Place): boolean => {
  const rows = ["NOT INDEXED", "INDEXED BY role_copy"].flatMap((by) =>
    readUntilDamage(source, `SELECT checksum, record FROM role ${by} WHERE one = 1`, []).rows
  )
  const whole = (rows as ReadonlyArray<object> as ReadonlyArray<RoleRow>).find(isWholeRecord)
  if (whole === undefined && formatOf(source) === 1 && !hasRoleTable(source)) return false
  const { checksum, record } = whole ?? lostRecordRow(aside)
  prepare(target, "UPDATE role SET checksum = ?, record = ?").run(checksum, record)
  return whole === undefined
}

const copyAll = (databases: Databases, place: Place): Salvaged => {
  const { source, target } = databases
  const keys = findKeys(source)
  const statement = prepare<WholeRow>(source, "SELECT * FROM sessions NOT INDEXED WHERE session = ?")
  const lost: Array<KeyRow> = []
  const incomplete: Array<Salvaged["incomplete"][number]> = []
  let entryCount = 0
  for (const [session, key] of [...keys].toSorted(([self], [that]) => self - that)) {
    const row = wholeRow(place.path, Result.getOrElse(Result.try(() => statement.get(session)), () => undefined))
    if (row === undefined || !insertRow(target, "sessions", row)) {
      lost.push(key)
      continue
    }
    const copied = copyEntries(databases, session)
    if (copied < row.entry_count) incomplete.push({ key: keyOf(key), missing: row.entry_count - copied })
    entryCount += copied
  }
  for (const row of lost) markLost(databases, row, place)
  return {
    sessionCount: keys.size - lost.length,
    entryCount,
    lost: lost.map(keyOf),
    incomplete,
    isRecordLost: copyRecord(databases, place)
  }
}

/** Every row that can be read and is not as it was written, in words without content. Throws what SQLite throws. */
export const mismatches = (path: string, database: DatabaseSync): ReadonlyArray<string> => {
  const found: Array<string> = []
  const record = prepare<RoleRow>(database, "SELECT checksum, record FROM role NOT INDEXED WHERE one = 1").get()
  if (record === undefined || !isWholeRecord(record)) found.push("the record of the store does not match its checksum")
  const rows = database.prepare("SELECT * FROM sessions NOT INDEXED").iterate() as Iterable<unknown>
  for (const row of rows as Iterable<WholeRow>) {
    if (wholeRow(path, row) !== row) found.push(`row ${row.session} of sessions does not match its checksum`)
  }
  const entries = database.prepare("SELECT * FROM entries").iterate() as Iterable<unknown>
  for (const row of entries as Iterable<EntryRow>) {
    if (isWholeEntry(row)) continue
    found.push(`entry ${row.index} of session row ${row.session} does not match its checksum`)
  }
  return found
}

/** Makes the fresh database: one file, whole and flushed when this returns. Throws what SQLite throws. */
const writeFresh = (databases: Databases, place: Place): Salvaged => {
  const { target } = databases
  target.exec("PRAGMA synchronous = EXTRA; BEGIN")
  target.exec(migrationsFrom(0))
  const salvaged = copyAll(databases, place)
  target.exec("COMMIT")
  return salvaged
}

const integrityOf = (target: DatabaseSync): string | undefined =>
  prepare<{ readonly integrity_check: string }>(target, "PRAGMA integrity_check(1)").get()?.integrity_check

const opened = (path: string, options: { readonly readOnly: boolean }) =>
  Effect.acquireRelease(
    Effect.try({
      try: () => new DatabaseSync(path, { ...options, enableForeignKeyConstraints: false }),
      catch: (cause) => reasonOf(cause, { path, outcome: "notApplied" })
    }),
    (database) => Effect.sync(() => database.close())
  )

/**
 * Copies what can be read of the database at `path` to `fresh`, which must not exist.
 *
 * The damaged one is only read. Fails with what writing the fresh one met; it is then not whole.
 */
export const salvage = (place: Place, fresh: string): Effect.Effect<Salvaged, Reason> =>
  Effect.scoped(Effect.gen(function*() {
    const source = yield* opened(place.path, { readOnly: true })
    const target = yield* opened(fresh, { readOnly: false })
    const attempt = <A>(run: () => A) =>
      Effect.try({ try: run, catch: (cause) => reasonOf(cause, { path: fresh, outcome: "notApplied" }) })
    const salvaged = yield* attempt(() => writeFresh({ source, target }, place))
    if ((yield* attempt(() => integrityOf(target))) === "ok") return salvaged
    return yield* new Corrupt({ at: fresh, problem: "is not whole although it was made anew", outcome: "notApplied" })
  }))
