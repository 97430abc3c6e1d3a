/**
 * The statements of a store, prepared once per connection, with the rows that they give.
 *
 * Columns are as `schema.ts` declares them; `STRICT` tables make SQLite itself refuse another type. What a
 * statement means to the port is left to those who run it.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite"
import type { IndexCounts } from "./indexCheck.ts"
import type { ListedRow } from "./listedRow.ts"
import { states } from "./schema.ts"

/** Two indexes disagree; carries the result code that SQLite itself has for it. */
class IndexDamage extends Error {
  override readonly message = "an index has lost a session"
  // SQLITE_CORRUPT_INDEX, https://sqlite.org/rescode.html#corrupt_index.
  readonly errcode = 779
}

/** A prepared statement. */
export interface Statement<Row> {
  readonly get: (...values: ReadonlyArray<SQLInputValue>) => Row | undefined
  readonly all: (...values: ReadonlyArray<SQLInputValue>) => ReadonlyArray<Row>
  readonly run: (...values: ReadonlyArray<SQLInputValue>) => void
}

/** A key as its columns hold it. */
export interface KeyColumns {
  readonly namespace: Uint8Array
  readonly id: Uint8Array
}

/**
 * A key's row without its body; `state` is one of the schema's `states`. The summary of a lost session names
 * the damaged database that was set aside.
 */
export interface HeadRow extends KeyColumns {
  readonly kind: string
  readonly schema_version: number
  readonly version: number
  readonly incarnation: string
  readonly created_at: number
  readonly updated_at: number
  readonly entry_count: number
  readonly state: number
  readonly summary: string
  readonly body_checksum: number
  readonly checksum: number
}

/** A key's row with its body. */
export interface SessionRow extends HeadRow {
  readonly body: string
  readonly writes: string
}

/** What a change has to know of a key. */
export interface FactsRow extends HeadRow {
  readonly session: number
  readonly writes: string
}

/** One entry; `index` counts from 0. */
export interface EntryRow {
  readonly session: number
  readonly index: number
  readonly at: number
  readonly version: number
  readonly schema_version: number
  readonly checksum: number
  readonly entry: string
  /** The id of the write that it was the last one of, as JSON text. */
  readonly write_id: string | null
}

/** The store's own record. */
export interface RoleRow {
  readonly checksum: number
  readonly record: string
}

/** A key whose last change has the number `seq`. */
export interface ChangeRow extends Pick<HeadRow, "namespace" | "id" | "kind" | "version"> {
  readonly state: number
  readonly seq: number
}

const keyNames = ["namespace", "id"]

const factNames = [
  "kind",
  "schema_version",
  "version",
  "incarnation",
  "created_at",
  "updated_at",
  "entry_count",
  "state",
  "summary",
  "body_checksum",
  "checksum"
]

// A row has a column under the name that the statement gives it, whatever a damaged schema says.
const named = (columns: ReadonlyArray<string>): string =>
  columns.map((column) => `"${column}" AS "${column}"`).join(", ")

// Whoever asks for a row has its key, whose checksum the row's has in it.
const factColumns = named(factNames)

type Keyless<Row extends KeyColumns> = Omit<Row, keyof KeyColumns>

const isKey = "namespace = ? AND id = ?"

// The number of the next change of the store.
const nextSeq = "(SELECT coalesce(max(seq), 0) + 1 FROM sessions)"

/** Prepares a statement whose rows have this shape. */
export const prepare = <Row>(database: DatabaseSync, sql: string): Statement<Row> => {
  const statement = database.prepare(sql)
  return {
    get: (...values) => statement.get(...values) as Row | undefined,
    all: (...values) => statement.all(...values) as Array<Row>,
    run: (...values) => {
      statement.run(...values)
    }
  }
}

/** Runs statements by their text, each prepared when it is first asked for. Rows are arrays; what is not kept is forgotten. */
const prepareOnDemand = <Row>(database: DatabaseSync) => {
  const prepared = new Map<string, StatementSync>()
  return (sql: string) => {
    const statement = prepared.get(sql) ?? database.prepare(sql)
    statement.setReturnArrays(true)
    prepared.set(sql, statement)
    return (...values: ReadonlyArray<SQLInputValue>) =>
      statement.iterate(...values) as Iterable<unknown> as Iterable<Row>
  }
}

/**
 * The newest entry of a write. Left to itself SQLite goes through all entries of the session for the sake of the order.
 */
export const entryWriteSql: string = `SELECT ${
  named(["index", "at", "version"])
} FROM entries INDEXED BY entries_by_write
  WHERE session = ? AND write_id = ? ORDER BY "index" DESC LIMIT 1`

const prepareEntries = (database: DatabaseSync) => ({
  addEntry: prepare(
    database,
    `INSERT INTO entries (session, "index", at, version, schema_version, checksum, write_id, entry)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
  ),
  removeEntries: prepare(database, "DELETE FROM entries WHERE session = ?"),
  entryWrite: prepare<Pick<EntryRow, "index" | "at" | "version">>(database, entryWriteSql),
  entries: prepare<EntryRow>(
    database,
    `SELECT ${
      named(["session", "index", "at", "version", "schema_version", "checksum", "entry", "write_id"])
    } FROM entries
    WHERE session = ? AND "index" >= ? AND "index" < ? ORDER BY "index"`
  )
})

/** Prepares the statements of a connection. */
export const prepareStatements = (database: DatabaseSync) => ({
  ...prepareEntries(database),
  begin: prepare(database, "BEGIN IMMEDIATE"),
  commit: prepare(database, "COMMIT"),
  rollback: prepare(database, "ROLLBACK"),
  facts: prepare<Keyless<FactsRow>>(
    database,
    `SELECT ${named(["session"])}, ${factColumns}, ${named(["writes"])} FROM sessions WHERE ${isKey}`
  ),
  head: prepare<Keyless<HeadRow>>(database, `SELECT ${factColumns} FROM sessions WHERE ${isKey}`),
  session: prepare<Keyless<SessionRow>>(
    database,
    `SELECT ${factColumns}, ${named(["body", "writes"])} FROM sessions WHERE ${isKey}`
  ),
  // Absence is what two indexes say: one of them may be damaged.
  known: prepare<{ readonly known: number }>(
    database,
    `SELECT 1 AS known FROM sessions INDEXED BY sessions_by_id WHERE id = ?2 AND namespace = ?1 AND state = ${states.live}`
  ),
  /** How many sessions are there by the index that listings read, and by another one. */
  counts: prepare<IndexCounts>(
    database,
    `SELECT (SELECT count(*) FROM sessions INDEXED BY sessions_by_update WHERE state = ${states.live}) AS listed,
      (SELECT count(*) FROM sessions INDEXED BY sessions_by_id WHERE state = ${states.live}) AS known`
  ),
  lost: prepare<HeadRow>(
    database,
    `SELECT ${named(keyNames)}, ${factColumns} FROM sessions WHERE state = ${states.lost} ORDER BY namespace, id`
  ),
  insert: prepare<{ readonly session: number }>(
    database,
    `INSERT INTO sessions (${[...keyNames, ...factNames].join(", ")}, writes, body, seq)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ${nextSeq}) RETURNING session`
  ),
  replace: prepare(
    database,
    `UPDATE sessions SET kind = ?, schema_version = ?, version = ?, incarnation = ?, created_at = ?, updated_at = ?,
    entry_count = ?, state = ?, summary = ?, body_checksum = ?, checksum = ?, writes = ?, body = ?, seq = ${nextSeq}
    WHERE session = ?`
  ),
  // What a live session keeps is not named: SQLite writes every index again that has a named column.
  put: prepare(
    database,
    `UPDATE sessions SET schema_version = ?, version = ?, updated_at = ?, entry_count = ?, summary = ?,
    body_checksum = ?, checksum = ?, writes = ?, body = ?, seq = ${nextSeq} WHERE session = ?`
  ),
  touch: prepare(
    database,
    `UPDATE sessions SET version = ?, updated_at = ?, entry_count = ?, checksum = ?, writes = ?, seq = ${nextSeq}
    WHERE session = ?`
  ),
  // The index with the second copy is for saving what is damaged: both are written, one is read.
  role: prepare<RoleRow>(
    database,
    `SELECT ${named(["checksum", "record"])} FROM role NOT INDEXED WHERE one = 1`
  ),
  setRole: prepare(database, "UPDATE role SET checksum = ?, record = ? WHERE one = 1"),
  lastSeq: prepare<{ readonly seq: number }>(database, "SELECT coalesce(max(seq), 0) AS seq FROM sessions"),
  changesSince: prepare<ChangeRow>(
    database,
    `SELECT ${named(["namespace", "id", "kind", "version", "state", "seq"])} FROM sessions WHERE seq > ? ORDER BY seq`
  ),
  // A listing's text depends on its query; there are a few dozen of them.
  list: prepareOnDemand<ListedRow>(database)
})

/**
 * The row of a key by one of the statements that read one. Throws where the table's own index knows no such key and
 * another one does: the database is damaged, and the session is not absent.
 */
export const rowOf = <Row extends object>(
  { known }: Statements,
  [namespace, id]: readonly [namespace: Uint8Array, id: Uint8Array],
  statement: Statement<Row>
): Row & KeyColumns | undefined => {
  const row = statement.get(namespace, id)
  if (row !== undefined) return Object.assign(row, { namespace, id })
  if (known.get(namespace, id) !== undefined) throw new IndexDamage()
  return undefined
}

/** The statements of one connection. */
export type Statements = ReturnType<typeof prepareStatements>
