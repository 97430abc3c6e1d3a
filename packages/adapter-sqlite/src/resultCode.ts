/**
 * SQLite's result codes as reasons: one total table, and one for the few system calls beside it.
 *
 * A failure is looked up by its extended code, then by the primary one in its low byte; what has no row
 * is `Unclassified`. The outcome is the caller's to say, because the same code means different things
 * in a read and at COMMIT. Source: https://sqlite.org/rescode.html.
 */
import {
  Busy,
  Corrupt,
  DirectoryUnreadable,
  Io,
  NameTooLong,
  NoSpace,
  type Outcome,
  PermissionDenied,
  ReadOnly,
  type Reason,
  TooLarge,
  TooManyOpenFiles,
  Unavailable,
  Unclassified
} from "@holdfast/core/port"
import * as Predicate from "effect/Predicate"

/** Where a failure was met, and what the caller knows of the change. */
export interface Met {
  readonly path: string
  readonly outcome: Outcome
}

type Row = (met: Met & { readonly code: string; readonly cause: unknown }) => Reason

interface ResultCode {
  readonly name: string
  readonly reason: Row
}

const busy: Row = (met) => new Busy(met)
const readOnly: Row = (met) => new ReadOnly(met)
const device: Row = (met) => new Io(met)
const denied: Row = (met) => new PermissionDenied(met)
const gone: Row = (met) => new DirectoryUnreadable(met)
const unreachable: Row = ({ cause, outcome, path }) => new Unavailable({ what: path, outcome, cause })
const notWhole = (problem: string): Row => ({ cause, outcome, path }) =>
  new Corrupt({ at: path, problem, outcome, cause })
// SQLite does not say how large the text was; its own limit is a gigabyte, https://sqlite.org/limits.html.
const tooLarge: Row = ({ cause, outcome }) => new TooLarge({ bytes: Infinity, bytesMax: 1e9, outcome, cause })

/** What each result code means. Codes of mistakes in SQL stay unclassified: no caller can act on them. */
export const resultCodeTable: { readonly [code: number]: ResultCode } = {
  3: { name: "SQLITE_PERM", reason: denied },
  5: { name: "SQLITE_BUSY", reason: busy },
  6: { name: "SQLITE_LOCKED", reason: busy },
  7: { name: "SQLITE_NOMEM", reason: unreachable },
  8: { name: "SQLITE_READONLY", reason: readOnly },
  // The file under the connection was renamed or unlinked.
  1032: { name: "SQLITE_READONLY_DBMOVED", reason: gone },
  10: { name: "SQLITE_IOERR", reason: device },
  3082: { name: "SQLITE_IOERR_NOMEM", reason: unreachable },
  // The index of the log could not be made longer: the disk is full.
  4874: { name: "SQLITE_IOERR_SHMSIZE", reason: (met) => new NoSpace(met) },
  11: { name: "SQLITE_CORRUPT", reason: notWhole("is damaged") },
  13: { name: "SQLITE_FULL", reason: (met) => new NoSpace(met) },
  14: { name: "SQLITE_CANTOPEN", reason: unreachable },
  526: { name: "SQLITE_CANTOPEN_ISDIR", reason: notWhole("is a folder") },
  // The locking protocol of the write-ahead log gave up after its own retries.
  15: { name: "SQLITE_PROTOCOL", reason: busy },
  // The schema was changed by another process between preparing a statement and running it.
  17: { name: "SQLITE_SCHEMA", reason: busy },
  18: { name: "SQLITE_TOOBIG", reason: tooLarge },
  23: { name: "SQLITE_AUTH", reason: denied },
  26: { name: "SQLITE_NOTADB", reason: notWhole("is not a SQLite database") }
}

/** What the codes of system calls mean that are made beside SQLite: on folders and names. */
export const systemCodeTable: { readonly [code: string]: Row } = {
  ENOENT: gone,
  ENOTDIR: gone,
  EACCES: denied,
  EPERM: denied,
  EROFS: readOnly,
  ENOSPC: (met) => new NoSpace(met),
  EDQUOT: (met) => new NoSpace(met),
  ENAMETOOLONG: (met) => new NameTooLong(met),
  EMFILE: (met) => new TooManyOpenFiles(met),
  ENFILE: (met) => new TooManyOpenFiles(met),
  EBUSY: busy,
  EIO: device,
  ENXIO: device,
  ENODEV: unreachable,
  ENOTCONN: unreachable,
  ETIMEDOUT: unreachable,
  EHOSTDOWN: unreachable,
  EHOSTUNREACH: unreachable,
  ESTALE: device,
  ELOOP: notWhole("is a loop of symbolic links"),
  EISDIR: notWhole("is a folder")
}

/** The extended result code of a failure; none for what does not come from SQLite. */
export const resultCodeOf = (cause: unknown): number | undefined =>
  Predicate.hasProperty(cause, "errcode") && typeof cause.errcode === "number" ? cause.errcode : undefined

/** The primary code: the low byte of an extended one. */
const primary = (code: number): number => code & 0xff

const isPrimary = (code: number) => (cause: unknown): boolean => primary(resultCodeOf(cause) ?? 0) === code

export const isBusy: (cause: unknown) => boolean = (cause) => isPrimary(5)(cause) || isPrimary(6)(cause)

// Node's own code for an integer that a flipped bit has made too large for a number.
const isWrongNumber = (cause: unknown): boolean =>
  Predicate.hasProperty(cause, "code") && cause.code === "ERR_OUT_OF_RANGE"

// SQLITE_ERROR: statements of ours that SQLite does not understand meet a schema, or a header, that is not as it was made.
const isWrongSchema: (cause: unknown) => boolean = isPrimary(1)

/** Whether a failure says that the database is damaged. */
export const isDamageCause = (cause: unknown): boolean =>
  isPrimary(11)(cause) || isWrongSchema(cause) || isWrongNumber(cause)

export const isFull: (cause: unknown) => boolean = isPrimary(13)

const errnoOf = (cause: unknown): number =>
  Predicate.hasProperty(cause, "errno") && typeof cause.errno === "number" ? cause.errno : 0

// Linux has numbers for these two that libuv has no names for: Node gives them negated.
const unnamedCodes: { readonly [errno: number]: string } = { [-122]: "EDQUOT", [-116]: "ESTALE" }

const nameOf = (cause: unknown): string => {
  if (Predicate.hasProperty(cause, "code") && typeof cause.code === "string") {
    const unnamed = process.platform === "linux" ? unnamedCodes[errnoOf(cause)] : undefined
    return unnamed ?? cause.code
  }
  return cause instanceof Error ? cause.name : "unknown"
}

const syscallOf = (cause: unknown): string =>
  Predicate.hasProperty(cause, "syscall") && typeof cause.syscall === "string" ? cause.syscall : "sqlite"

/** The reason of a failed call. */
export const reasonOf = (cause: unknown, { outcome, path }: Met): Reason => {
  if (isWrongNumber(cause)) {
    return new Corrupt({ at: path, problem: "holds a number that is too large", outcome, cause })
  }
  const code = resultCodeOf(cause)
  const row = code === undefined ? undefined : resultCodeTable[code] ?? resultCodeTable[primary(code)]
  if (row !== undefined) return row.reason({ path, outcome, code: row.name, cause })
  if (code !== undefined) {
    return new Unclassified({
      code: `SQLite result code ${code}`,
      errno: code,
      syscall: "sqlite",
      path,
      outcome,
      cause
    })
  }
  const name = nameOf(cause)
  const systemRow = Object.hasOwn(systemCodeTable, name) ? systemCodeTable[name] : undefined
  return systemRow?.({ path, outcome, code: name, cause })
    ?? new Unclassified({ code: name, errno: errnoOf(cause), syscall: syscallOf(cause), path, outcome, cause })
}

/** The reason of a failure while a database is opened, where every statement is one of ours. */
export const openingReason = (path: string, cause: unknown): Reason =>
  isWrongSchema(cause)
    ? new Corrupt({ at: path, problem: "has a damaged schema", outcome: "notApplied", cause })
    : reasonOf(cause, { path, outcome: "notApplied" })
