/**
 * A row of a listing: what the index of listings has of a session, in an array, with its key as text.
 *
 * Objects of named columns and keys as bytes took three quarters of the time of a listing, for the memory that each of
 * them gets. What `sessionRow.ts` says of rows holds for these: one is used only when it matches its checksum.
 */
import { type SessionKey, type StoredHead, Version } from "@holdfast/core/port"
import { bytesText, textNamespace } from "./keyBytes.ts"
import { listedChecksum } from "./rowChecksum.ts"

/** A name of a key; null where its column holds no bytes. */
type Name = string | Uint8Array | null

/** The columns after the key are those of `headChecksum`, in its order. */
export type ListedRow = readonly [
  namespace: Name,
  id: Name,
  kind: string,
  schemaVersion: number,
  version: number,
  incarnation: string,
  createdAt: number,
  updatedAt: number,
  entryCount: number,
  state: number,
  summary: string,
  bodyChecksum: number,
  checksum: number
]

// Bytes with this one may be an encoded surrogate, which is no UTF-8 to anybody else: they come as they are. All others
// come as text; bytes that are no text come as another one, which does not match the checksum.
const nameOf = (column: string): string =>
  `CASE typeof("${column}") WHEN 'blob' THEN iif(instr("${column}", x'ED'), "${column}", CAST("${column}" AS TEXT)) END`

/** The columns of a `ListedRow`. They have no names, which an order would take for its columns. */
export const listedColumns: string = `${nameOf("namespace")}, ${nameOf("id")}, "kind", "schema_version", "version",
  "incarnation", "created_at", "updated_at", "entry_count", "state", "summary", "body_checksum", "checksum"`

const textOf = (name: string | Uint8Array): string => typeof name === "string" ? name : bytesText(name)

/** The key of a row; none where it has lost it. */
export const listedKey = ([namespace, id]: ListedRow): SessionKey | undefined =>
  namespace === null || id === null ? undefined : { namespace: textNamespace(textOf(namespace)), id: textOf(id) }

/** The head of a row; none when it is not as it was written. */
export const listedHead = (row: ListedRow): StoredHead | undefined => {
  const key = listedKey(row)
  if (key === undefined || listedChecksum(row[0]!, row[1]!, row.slice(2, 12)) !== row[12]) return undefined
  return {
    _tag: "StoredHead",
    key,
    kind: row[2],
    schemaVersion: row[3],
    version: Version(row[4]),
    incarnation: row[5],
    createdAt: row[6],
    updatedAt: row[7],
    summary: row[10],
    entryCount: row[8]
  }
}
