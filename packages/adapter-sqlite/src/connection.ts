/**
 * One connection to a database, opened so that a commit is on the disk when it succeeds.
 *
 * What durability rests on is set and read back: the journal mode and `synchronous`. The schema is made
 * or brought up to date in one transaction. Nothing is moved, and a file that is not ours is not opened.
 */
import { type Reason, Unavailable } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { DatabaseSync } from "node:sqlite"
import type { Mode } from "./environment.ts"
import { makePrivate } from "./files.ts"
import { type IndexCheck, makeIndexCheck } from "./indexCheck.ts"
import { type Content, type FileIdentity, formatOf, identify, judge } from "./inspect.ts"
import { openingReason } from "./resultCode.ts"
import { formatVersion, migrationsFrom } from "./schema.ts"
import { prepare, prepareStatements, type Statements } from "./statements.ts"

/** An open database file. */
export interface Connection {
  readonly database: DatabaseSync
  readonly statements: Statements
  readonly indexes: IndexCheck
  readonly file: FileIdentity
  readonly journal: Mode["journal"]
}

// Locks that are held for microseconds (a checkpoint, another commit's end) are waited for in place; longer
// waits happen between tries, so that the event loop goes on.
const busyMillis = 5

/**
 * Makes or updates the tables, unless the database is not ours: it is judged in the transaction that would
 * write to it. A crash leaves the format that was there.
 */
const migrate = (path: string, database: DatabaseSync): Result.Result<Content, Reason> => {
  const seen = judge(path, database)
  if (Result.isFailure(seen) || formatOf(database) === formatVersion) return seen
  database.exec("BEGIN EXCLUSIVE")
  // Somebody else may have made it, or made it another one, while this connection waited.
  const content = judge(path, database)
  const format = formatOf(database)
  const isToDo = Result.isSuccess(content) && format < formatVersion
  database.exec(isToDo ? `${migrationsFrom(format)} COMMIT` : "ROLLBACK")
  return content
}

const journalOf = (database: DatabaseSync): string =>
  prepare<{ readonly journal_mode: string }>(database, "PRAGMA journal_mode").get()!.journal_mode

/** Sets the journal where it is another one, and says which one it is. A read-only file keeps what it has. */
const setJournal = (database: DatabaseSync, { journal }: Mode): Mode["journal"] => {
  if (journalOf(database) !== journal) database.exec(`PRAGMA journal_mode = ${journal}`)
  return journalOf(database) === "wal" ? "wal" : "delete"
}

// FULL (2) flushes the log at every commit; without a log EXTRA (3) also flushes the folder when the
// journal goes, https://sqlite.org/pragma.html#pragma_synchronous.
const synchronousOf: Readonly<Record<Mode["journal"], number>> = { wal: 2, delete: 3 }

/** Sets up a connection and says which journal it has. Throws what SQLite throws. */
const setUp = (path: string, database: DatabaseSync, mode: Mode): Result.Result<Mode["journal"], Reason> => {
  if (mode.locking === "exclusive") database.exec("PRAGMA locking_mode = EXCLUSIVE")
  // On macOS a plain flush stops at the drive's cache.
  if (process.platform === "darwin") database.exec("PRAGMA fullfsync = 1; PRAGMA checkpoint_fullfsync = 1")
  database.exec("PRAGMA synchronous = EXTRA")
  return Result.flatMap(migrate(path, database), () => {
    const journal = setJournal(database, mode)
    database.exec(`PRAGMA synchronous = ${synchronousOf[journal]}`)
    const { synchronous } = prepare<{ readonly synchronous: number }>(database, "PRAGMA synchronous").get()!
    return synchronous === synchronousOf[journal]
      ? Result.succeed(journal)
      : Result.fail(new Unavailable({ what: `${path} with flushed commits`, outcome: "notApplied" }))
  })
}

/** What to open: a path without symbolic links, and whether a database has to be there already. */
export interface OpenOptions {
  readonly path: string
  readonly mode: Mode
  readonly mustExist: boolean
}

const attempt = <A>(path: string, run: () => A): Effect.Effect<A, Reason> =>
  Effect.try({ try: run, catch: (cause) => openingReason(path, cause) })

/**
 * Opens a connection to a file that was looked at before, making the database where there is none.
 *
 * Fails with what SQLite met, and with `Unavailable` where commits would not be flushed.
 */
export const connect = ({ mode, path }: OpenOptions): Effect.Effect<Connection, Reason> =>
  Effect.gen(function*() {
    yield* attempt(path, () => makePrivate(path))
    const database = yield* attempt(path, () => new DatabaseSync(path, { timeout: busyMillis }))
    return yield* Effect.gen(function*() {
      const journal = yield* Effect.fromResult(yield* attempt(path, () => setUp(path, database, mode)))
      const file = yield* attempt(path, () => identify(path))
      if (file === undefined) return yield* new Unavailable({ what: path, outcome: "notApplied" })
      const statements = yield* attempt(path, () => prepareStatements(database))
      return { database, statements, indexes: makeIndexCheck(statements), file, journal }
    }).pipe(Effect.onError(() => closeDatabase(database)))
  })

const closeDatabase = (database: DatabaseSync): Effect.Effect<void> =>
  Effect.suspend(() => {
    const closed = Result.try(() => database.close())
    return Result.isSuccess(closed)
      ? Effect.void
      : Effect.logDebug("holdfast: closing a database failed", closed.failure)
  })

/** Closes a connection; what fails while it closes changes nothing that was acknowledged. */
export const closeConnection = ({ database }: Connection): Effect.Effect<void> => closeDatabase(database)
