/**
 * Listings from an index: the query in SQL, with the meaning of `evaluateQuery`.
 *
 * A page begins where the one before ended, by the order's value and the key. Bodies are not read. All
 * rows of a listing are read in one run, so they are one snapshot. A row that does not match its checksum
 * is one that cannot be read.
 */
import {
  Corrupt,
  displayKey,
  isWithin,
  type Listed,
  type ListOrder,
  type ListQuery,
  type Reason,
  type SessionKey,
  StorageError,
  type Unreadable
} from "@holdfast/core/port"
import * as Option from "effect/Option"
import type { SQLInputValue } from "node:sqlite"
import type { Connection } from "./connection.ts"
import { namespaceBytes, namespaceRange, textBytes } from "./keyBytes.ts"
import { listedColumns, listedHead, listedKey } from "./listedRow.ts"
import { hasKey } from "./rowChecksum.ts"
import { states } from "./schema.ts"
import { keyOf, lostReason, rowDamage } from "./sessionRow.ts"
import type { Statements } from "./statements.ts"

/** A piece of SQL with the values of its parameters. */
interface Condition {
  readonly sql: string
  readonly values: ReadonlyArray<SQLInputValue>
}

const orders: Readonly<Record<ListOrder, string>> = {
  updatedAt: "updated_at DESC, namespace, id",
  createdAt: "created_at DESC, namespace, id",
  id: "id, namespace"
}

const afterOf = ({ after, order }: ListQuery): ReadonlyArray<Condition> => {
  if (after === undefined) return []
  const namespace = namespaceBytes(after.key.namespace)
  const id = textBytes(after.key.id)
  if (order === "id") return [{ sql: "(id, namespace) > (?, ?)", values: [id, namespace] }]
  const column = order === "updatedAt" ? "updated_at" : "created_at"
  return [
    { sql: `${column} <= ?`, values: [after.value] },
    { sql: `(${column} < ? OR (namespace, id) > (?, ?))`, values: [after.value, namespace, id] }
  ]
}

const conditionsOf = (query: ListQuery): ReadonlyArray<Condition> => {
  const range = namespaceRange(query.namespace)
  return [
    { sql: `state = ${states.live}`, values: [] },
    ...(query.kind === undefined ? [] : [{ sql: "kind = ?", values: [query.kind] }]),
    ...(range === undefined ? [] : [{ sql: "namespace >= ? AND namespace < ?", values: range }]),
    ...afterOf(query)
  ]
}

// A negative limit is none, https://sqlite.org/lang_select.html#limitoffset.
const limitOf = ({ limit }: ListQuery): number =>
  limit === undefined ? -1 : Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.trunc(limit) || 0))

/** How errors name the store. */
interface Place {
  readonly adapter: string
  readonly path: string
}

const unreadable = ({ adapter, path }: Place, key: SessionKey | undefined, reason: Reason): Unreadable => ({
  _tag: "Unreadable",
  key: Option.fromUndefinedOr(key),
  place: key === undefined ? path : `${path} ${displayKey(key)}`,
  error: new StorageError({ adapter, operation: "list", key, reason })
})

/** What the query's namespace has lost to damage. */
const listLost = (place: Place, { lost }: Statements, { namespace }: ListQuery): Array<Unreadable> =>
  lost.all()
    .filter((row) => !hasKey(row) || isWithin(keyOf(row).namespace, namespace))
    .map((row) => unreadable(place, hasKey(row) ? keyOf(row) : undefined, lostReason(place.path, row)))

// Above so many rows it is cheaper to sort what one index has of all sessions than to go to the row of each.
const pageMax = 1000

/**
 * Where the rows of a query are read: in the index that has all of their heads, but for a page in another order of the
 * whole store. Left to itself SQLite finds a namespace by its key, and reads and sorts all of it for one page.
 */
const sourceOf = ({ namespace, order }: ListQuery, limit: number): string =>
  order !== "updatedAt" && namespace.length === 0 && limit >= 0 && limit <= pageMax
    ? "sessions"
    : "sessions INDEXED BY sessions_by_update"

/** The statement of a query, with the values of its parameters. */
export const statementOf = (query: ListQuery, from: "index" | "table" = "index"): Condition => {
  const conditions = conditionsOf(query)
  const where = conditions.map(({ sql }) => sql).join(" AND ")
  const limit = limitOf(query)
  return {
    sql: `SELECT ${listedColumns} FROM ${
      from === "index" ? sourceOf(query, limit) : "sessions NOT INDEXED"
    } WHERE ${where} ORDER BY ${orders[query.order]} LIMIT ?`,
    values: [...conditions.flatMap(({ values }) => values), limit]
  }
}

/** What the index of a listing does not have, or has too much of. */
const listHidden = (place: Place, { indexes }: Connection, query: ListQuery): Array<Unreadable> => {
  const differing = indexes.differ(limitOf(query) < 0 ? "all" : "page")
  if (differing === undefined) return []
  const problem = `has ${differing.listed} sessions in one index and ${differing.known} in another`
  return [unreadable(place, undefined, new Corrupt({ at: place.path, problem, outcome: "notApplied" }))]
}

/** The rows that a query selects: first what cannot be read, then heads in its order. Throws what SQLite throws. */
export const listRows = (place: Place, connection: Connection, query: ListQuery): ReadonlyArray<Listed> => {
  const { indexes, statements } = connection
  const hidden = listHidden(place, connection, query)
  const { sql, values } = statementOf(query, hidden.length === 0 ? "index" : "table")
  const unread: Array<Listed> = [...hidden, ...listLost(place, statements, query)]
  const heads: Array<Listed> = []
  for (const row of statements.list(sql)(...values)) {
    const head = listedHead(row)
    if (head === undefined) unread.push(unreadable(place, listedKey(row), rowDamage(place.path)))
    else heads.push(head)
  }
  indexes.note(unread.length + heads.length)
  return unread.length === 0 ? heads : [...unread, ...heads]
}
