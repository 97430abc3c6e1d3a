/**
 * Looking at a database before it is opened for writing: is it ours, and can it be read?
 *
 * A look changes nothing and leaves nothing behind. The file is never opened by path, because closing any
 * descriptor of it would drop the locks of every connection that this process has to it; SQLite reads it
 * as immutable, without locks, log or index. What it says is judged again by whoever opens it.
 */
import { Corrupt, NewerFormat, type Reason, Unsupported } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { statSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { pathToFileURL } from "node:url"
import { isDamageCause, openingReason, reasonOf, resultCodeOf } from "./resultCode.ts"
import { applicationId, formatVersion } from "./schema.ts"
import { prepare } from "./statements.ts"

/** Which file a path names: a moved or replaced file has another identity. */
export interface FileIdentity {
  readonly device: bigint
  readonly inode: bigint
  readonly bytes: bigint
  readonly isFile: boolean
  /** How many names the file has. */
  readonly linkCount: bigint
}

/** The identity of the file at a path; none when nothing is there. Throws what stat throws. */
export const identify = (path: string): FileIdentity | undefined => {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats && {
    device: stats.dev,
    inode: stats.ino,
    bytes: stats.size,
    isFile: stats.isFile(),
    linkCount: stats.nlink
  }
}

/** What a path holds: nothing yet, or a database of ours. */
export type Content = "absent" | "ours"

/** What the header and the schema of a database say. */
interface Header {
  readonly application_id: number
  readonly user_version: number
  readonly tables: number
}

const refuse = (path: string, problem: string) => new Corrupt({ at: path, problem, outcome: "notApplied" })

/** The format of a database; 0 for an empty one. Throws what SQLite throws. */
export const formatOf = (database: DatabaseSync): number =>
  prepare<Pick<Header, "user_version">>(database, "PRAGMA user_version").get()!.user_version

const readHeader = (database: DatabaseSync): Header => ({
  ...prepare<Pick<Header, "application_id">>(database, "PRAGMA application_id").get()!,
  user_version: formatOf(database),
  ...prepare<Pick<Header, "tables">>(database, "SELECT count(*) AS tables FROM sqlite_schema").get()!
})

/**
 * Says whether an open database is ours; an empty one may become ours, another program's never does.
 * Throws what SQLite throws.
 */
export const judge = (path: string, database: DatabaseSync): Result.Result<Content, Reason> => {
  const { application_id: id, tables, user_version: format } = readHeader(database)
  if (id === 0 && format === 0 && tables === 0) return Result.succeed("absent")
  if (id !== applicationId) return Result.fail(refuse(path, "is a database of another program"))
  if (format < 1) return Result.fail(refuse(path, "is damaged: it has lost its format"))
  return format > formatVersion
    ? Result.fail(new NewerFormat({ at: path, format, known: formatVersion, outcome: "notApplied" }))
    : Result.succeed("ours")
}

/** What SQLite threw. */
interface Thrown {
  readonly cause: unknown
}

const attempt = <A>(run: () => A): Effect.Effect<A, Thrown> => Effect.try({ try: run, catch: (cause) => ({ cause }) })

/** Judges a database through a connection that is closed again. Fails with what SQLite throws. */
const lookThrough = (path: string, place: URL): Effect.Effect<Result.Result<Content, Reason>, Thrown> =>
  Effect.acquireUseRelease(
    attempt(() => new DatabaseSync(place, { readOnly: true, timeout: 0 })),
    (database) => attempt(() => judge(path, database)),
    (database) => Effect.sync(() => database.close())
  )

/** A place with a parameter of SQLite's, https://sqlite.org/uri.html. */
const withParameter = (path: string, parameter: "immutable" | "readonly_shm"): URL => {
  const url = pathToFileURL(path)
  url.searchParams.set(parameter, "1")
  return url
}

// The header of a write-ahead log, https://sqlite.org/fileformat2.html#walformat: a log of this length holds nothing.
const logHeaderBytes = 32n

const isLonger = (path: string, bytes: bigint): boolean => (identify(path)?.bytes ?? 0n) > bytes

// SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PROTOCOL: a read-only connection cannot roll a journal back, nor read a log
// whose index is missing or half made.
const writersCodes = [8, 14, 15]

const needsWriter = (cause: unknown): boolean => writersCodes.includes((resultCodeOf(cause) ?? 0) & 0xff)

/**
 * Looks at a file that has bytes. What the file alone cannot tell, while a log or a journal lies beside it, a
 * connection that reads the log is asked; what that cannot tell either is left to the one that writes.
 */
const look = (path: string, hasRest: boolean): Effect.Effect<Content, Reason> => {
  const failed = ({ cause }: Thrown) => Effect.fail(openingReason(path, cause))
  const withLog = Effect.matchEffect(lookThrough(path, withParameter(path, "readonly_shm")), {
    onSuccess: (content) => Effect.fromResult(content),
    onFailure: (thrown): Effect.Effect<Content, Reason> =>
      needsWriter(thrown.cause) ? Effect.succeed("ours") : failed(thrown)
  })
  return Effect.matchEffect(lookThrough(path, withParameter(path, "immutable")), {
    onSuccess: (content) => hasRest && Result.isSuccess(content) ? withLog : Effect.fromResult(content),
    onFailure: (thrown) => hasRest ? withLog : failed(thrown)
  })
}

/**
 * Says what a path holds, and fails for what is not ours to open.
 *
 * A missing or empty file beside a write-ahead log is a database that lost its main file: SQLite would
 * delete the log, with the commits in it. A file with two names would get two logs.
 */
export const inspect = (path: string): Effect.Effect<Content, Reason> =>
  Effect.gen(function*() {
    const seen = yield* Effect.try({
      try: () => ({
        file: identify(path),
        hasLogFile: isLonger(`${path}-wal`, 0n),
        hasLog: isLonger(`${path}-wal`, logHeaderBytes),
        hasJournal: isLonger(`${path}-journal`, 0n)
      }),
      catch: (cause) => reasonOf(cause, { path, outcome: "notApplied" })
    })
    const { file, hasJournal, hasLog, hasLogFile } = seen
    if (file !== undefined && !file.isFile) return yield* refuse(path, "is not a file")
    if (file === undefined || file.bytes === 0n) {
      return hasLogFile ? yield* refuse(path, "is missing beside its write-ahead log") : "absent"
    }
    if (file.linkCount > 1n) {
      return yield* new Unsupported({ capability: "a database with several names", outcome: "notApplied" })
    }
    return yield* look(path, hasLog || hasJournal)
  })

/** Whether a failure is damage of our own database, as against a file that never was one. */
export const isDamage = (reason: Reason): boolean => reason._tag === "Corrupt" && isDamageCause(reason.cause)
