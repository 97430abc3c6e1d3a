/**
 * The writes that a record remembers, as their column holds them: JSON text, so that any id comes back as it was, with a
 * checksum of its own.
 *
 * Whoever saves a session again reads what was written last. A column that is the very text which was made here is not
 * parsed again, and a write that was in it is not made into text again: both took a fifth of a commit beside SQLite. Only
 * what is read decides which one it is: a column that differs in anything is summed and parsed.
 */
import { type AppliedWrite, Corrupt, type Reason, Version } from "@holdfast/core/port"
import * as Result from "effect/Result"
import { isText, textChecksum } from "./rowChecksum.ts"

type Writes = ReadonlyArray<AppliedWrite>

// A text is about a kilobyte long.
const madeMax = 512

/** The texts that were made last, the oldest first. Nobody outside of commits gets the writes of one. */
const made = new Map<string, Writes>()

const texts = new WeakMap<AppliedWrite, string>()

const textOf = (write: AppliedWrite): string => {
  const known = texts.get(write)
  if (known !== undefined) return known
  const text = JSON.stringify([write.id, write.version, write.at, write.entryCount])
  texts.set(write, text)
  return text
}

/** The column of writes. They are not changed afterwards. */
export const encodeWrites = (writes: Writes): string => {
  const text = `[${writes.map(textOf).join(",")}]`
  const column = `${textChecksum(text)} ${text}`
  made.set(column, writes)
  if (made.size > madeMax) made.delete(made.keys().next().value!)
  return column
}

/** The writes of a column; fails when they do not match their checksum. */
export const decodeWrites = (path: string, column: string): Result.Result<Writes, Reason> => {
  const end = isText(column) ? column.indexOf(" ") : -1
  const text = end < 0 ? undefined : column.slice(end + 1)
  if (text === undefined || column.slice(0, end) !== String(textChecksum(text))) {
    const problem = "has this session with write ids that do not match their checksum"
    return Result.fail(new Corrupt({ at: path, problem, outcome: "notApplied" }))
  }
  const writes = JSON.parse(text) as Array<[id: string, version: number, at: number, entryCount: number]>
  return Result.succeed(
    writes.map(([id, version, at, entryCount]) => ({ id, version: Version(version), at, entryCount }))
  )
}

/** The same for a commit, which keeps them to itself. */
export const knownWrites = (path: string, column: string): Result.Result<Writes, Reason> => {
  const known = made.get(column)
  return known === undefined ? decodeWrites(path, column) : Result.succeed(known)
}
