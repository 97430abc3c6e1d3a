/**
 * Listings from an index: the query in SQL, with the meaning of `evaluateQuery`.
 *
 * A page begins where the one before ended, by the order's value and the key. Bodies are not read. All
 * rows of a listing are read in one run, so they are one snapshot. A row that does not match its checksum
 * is one that cannot be read.
 */
import {
  displayKey,
  isWithin,
  type Listed,
  type ListOrder,
  type ListQuery,
  type Reason,
  StorageError,
  type Unreadable
} from "@holdfast/core"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { SQLInputValue } from "node:sqlite"
import { namespaceBytes, namespaceRange, textBytes } from "./keyBytes.ts"
import { hasKey } from "./rowChecksum.ts"
import { states } from "./schema.ts"
import { checkHead, headOf, keyOf, lostReason } from "./sessionRow.ts"
import { headColumns, type HeadRow, type Statements } from "./statements.ts"

/** A condition with the values of its parameters. */
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

const unreadable = ({ adapter, path }: Place, row: HeadRow, reason: Reason): Unreadable => {
  const key = hasKey(row) ? Option.some(keyOf(row)) : Option.none()
  return {
    _tag: "Unreadable",
    key,
    place: Option.match(key, { onNone: () => path, onSome: (known) => `${path} ${displayKey(known)}` }),
    error: new StorageError({ adapter, operation: "list", key: Option.getOrUndefined(key), reason })
  }
}

/** What the query's namespace has lost to damage. */
const listLost = (place: Place, { lost }: Statements, { namespace }: ListQuery): ReadonlyArray<Unreadable> =>
  lost.all()
    .filter((row) => !hasKey(row) || isWithin(keyOf(row).namespace, namespace))
    .map((row) => unreadable(place, row, lostReason(place.path, row)))

/** The rows that a query selects: first what cannot be read, then heads in its order. Throws what SQLite throws. */
export const listRows = (place: Place, statements: Statements, query: ListQuery): ReadonlyArray<Listed> => {
  const conditions = conditionsOf(query)
  const where = conditions.map(({ sql }) => sql).join(" AND ")
  const sql = `SELECT ${headColumns} FROM sessions WHERE ${where} ORDER BY ${orders[query.order]} LIMIT ?`
  const rows = statements.list(sql).all(...conditions.flatMap(({ values }) => values), limitOf(query))
  const listed = rows.map((row): Listed =>
    Result.match(checkHead(place.path, row), {
      onFailure: (reason) => unreadable(place, row, reason),
      onSuccess: headOf
    })
  )
  return [
    ...listLost(place, statements, query),
    ...listed.filter((row) => row._tag === "Unreadable"),
    ...listed.filter((row) => row._tag === "StoredHead")
  ]
}
