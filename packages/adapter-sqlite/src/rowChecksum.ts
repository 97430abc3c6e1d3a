/**
 * Checksums of rows: SQLite has none of its own for what lies in its pages.
 *
 * A flipped bit in a body may still be JSON. With a checksum it reads as `Corrupt` and never as a session. The
 * checksum is CRC-32, which sees every change of up to 32 bits in a row; it is no protection against people.
 * A flipped bit may also change a column's type: what is no text or no bytes matches no checksum.
 */
import * as Result from "effect/Result"
import { crc32 } from "node:zlib"
import type { EntryRow, HeadRow } from "./statements.ts"

/** No CRC-32 is negative. */
const never = -1

/** Whether a column is text, as it was declared. */
export const isText = (value: unknown): value is string => typeof value === "string"
const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array

/** The checksum of a text. */
export const textChecksum = (text: string): number => isText(text) ? crc32(text) : never

/** Whether a row has the bytes of a key. */
export const hasKey = ({ id, namespace }: Pick<HeadRow, "id" | "namespace">): boolean =>
  isBytes(id) && isBytes(namespace)

/** The checksum of everything about a session but its body and writes; the body's checksum is bound into it. */
export const headChecksum = (row: Omit<HeadRow, "checksum">): number => {
  const text = JSON.stringify([
    row.kind,
    row.schema_version,
    row.version,
    row.incarnation,
    row.created_at,
    row.updated_at,
    row.entry_count,
    row.state,
    row.summary,
    row.body_checksum
  ])
  return hasKey(row) ? crc32(text, crc32(row.id, crc32(row.namespace))) : never
}

/** The same of a row whose key may be text, and whose other columns are in an array. */
export const listedChecksum = (
  namespace: string | Uint8Array,
  id: string | Uint8Array,
  columns: ReadonlyArray<unknown>
): number => crc32(JSON.stringify(columns), crc32(id, crc32(namespace)))

/** The checksum of an entry: its session and the id of its write belong to it, a damaged key may name another one. */
export const entryChecksum = (row: Omit<EntryRow, "checksum">): number => {
  const { at, entry, index, schema_version, session, version, write_id } = row
  if (!isText(entry) || !(write_id === null || isText(write_id))) return never
  return crc32(entry, crc32(`${session},${index},${at},${version},${schema_version},${write_id ?? ""}`))
}

const isJson = (text: string): boolean => Result.isSuccess(Result.try(() => JSON.parse(text)))

/** In format 1 the checksum had neither the session nor the id of the write. */
const isWholeFormerEntry = ({ at, checksum, entry, index, schema_version, version, write_id }: EntryRow): boolean =>
  isText(entry) && checksum === crc32(entry, crc32(`${index},${at},${version},${schema_version}`))
  && (write_id === null || isText(write_id) && isJson(write_id))

/** Whether an entry is as it was written. */
export const isWholeEntry = (row: EntryRow): boolean => row.checksum === entryChecksum(row) || isWholeFormerEntry(row)
