/**
 * Copying a store while it is in use: one file with all that was acknowledged when the copying began.
 *
 * The copy is checked row by row before it gets its name, and is on the disk with it when the backup succeeds; one
 * that fails leaves nothing behind. It opens as a store of its own.
 */
import { Corrupt, type Reason, StorageError, Unsupported } from "@holdfast/core/port"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { existsSync } from "node:fs"
import * as sqlite from "node:sqlite"
import type { Connection } from "./connection.ts"
import { type Database, whileBusy } from "./Database.ts"
import { makePrivate, moveIfThere, removeIfThere, syncFile } from "./files.ts"
import { identify } from "./inspect.ts"
import { busyTimeoutDefault, openDatabase } from "./openDatabase.ts"
import { openPath } from "./openPath.ts"
import { reasonOf } from "./resultCode.ts"
import { mismatches } from "./salvage.ts"
import { prepare } from "./statements.ts"

/** Which store is copied, and where to. */
export interface BackupOptions {
  /** The database file of the store, which has to be there; an adapter may have it open, here or elsewhere. */
  readonly filename: string
  /** The file of the copy, which must not be there. Its folder is made when it is missing. */
  readonly target: string
  /** How long to wait for other processes before failing with `Busy`; 5 s by default. */
  readonly busyTimeout?: Duration.Input | undefined
}

/** A copy that was made. */
export interface Backup {
  /** The real path of the copy. */
  readonly location: string
  readonly bytes: number
  /** How many sessions it has. */
  readonly sessionCount: number
}

const attempt = <A>(path: string, run: () => A): Effect.Effect<A, Reason> =>
  Effect.try({ try: run, catch: (cause) => reasonOf(cause, { path, outcome: "notApplied" }) })

const requireFree = (path: string): Effect.Effect<void, Reason> =>
  Effect.flatMap(attempt(path, () => existsSync(path)), (isThere) =>
    isThere
      ? Effect.fail(new Unsupported({ capability: "a backup to a file that is there", outcome: "notApplied" }))
      : Effect.void)

const opened = (path: string, options: { readonly readOnly: boolean }) =>
  Effect.acquireRelease(
    attempt(path, () => new sqlite.DatabaseSync(path, { ...options, timeout: 0 })),
    (database) => Effect.sync(() => database.close())
  )

// Pages for each step of the copying, which runs beside the event loop: some milliseconds.
const pagesPerStep = 1000

/**
 * Copies through a connection that reads one state of the database all along: writers go on, and the copying has not
 * to begin again after each of them. The store's own connection may be in the middle of a transaction.
 */
const copyBeside = (path: string, target: string): Effect.Effect<void, Reason> =>
  Effect.scoped(Effect.gen(function*() {
    const reader = yield* opened(path, { readOnly: true })
    yield* attempt(path, () => reader.exec("BEGIN; SELECT count(*) FROM sqlite_schema"))
    yield* Effect.tryPromise({
      try: () => sqlite.backup(reader, target, { rate: pagesPerStep }),
      catch: (cause) => reasonOf(cause, { path, outcome: "notApplied" })
    })
  }))

/** Copies in one step, where readers would keep writers waiting or the database belongs to one connection. */
const copyAtOnce = (target: string) => ({ database }: Connection): void => {
  prepare(database, "VACUUM INTO ?").run(target)
}

const copy = (database: Database, target: string): Effect.Effect<void, Reason> => {
  const { mode, path } = database.options
  return mode.journal === "wal" && mode.locking === "normal"
    ? Effect.andThen(database.connection, copyBeside(path, target))
    : database.read(copyAtOnce(target))
}

/** Checks a copy, as one file without a log, and counts its sessions. */
const verify = (path: string): Effect.Effect<number, Reason> =>
  Effect.scoped(Effect.gen(function*() {
    const database = yield* opened(path, { readOnly: false })
    const problems = yield* attempt(path, () => {
      database.exec("PRAGMA journal_mode = DELETE")
      const { integrity_check: integrity } = prepare<{ readonly integrity_check: string }>(
        database,
        "PRAGMA integrity_check(1)"
      ).get()!
      return integrity === "ok" ? mismatches(path, database) : [integrity]
    })
    const [problem] = problems
    if (problem !== undefined) return yield* new Corrupt({ at: path, problem, outcome: "notApplied" })
    const count = prepare<{ readonly count: number }>(
      database,
      "SELECT count(*) AS count FROM sessions WHERE state = 0"
    )
    return yield* attempt(path, () => count.get()!.count)
  }))

const copySuffixes = ["", "-journal", "-wal", "-shm"]

/** Makes a copy under a name of its own, which goes where the copying fails or is interrupted. */
const copyTo = (database: Database, target: string, busyTimeout: Duration.Duration): Effect.Effect<Backup, Reason> => {
  const partial = `${target}-partial`
  const remove = attempt(partial, () => copySuffixes.forEach((suffix) => removeIfThere(`${partial}${suffix}`)))
  return Effect.gen(function*() {
    yield* requireFree(target)
    // What a backup that died has left, or the try before this one.
    const once = Effect.andThen(
      remove,
      Effect.andThen(attempt(partial, () => makePrivate(partial)), copy(database, partial))
    )
    yield* whileBusy(busyTimeout)(Effect.uninterruptible(once))
    const sessionCount = yield* verify(partial)
    yield* requireFree(target)
    return yield* attempt(target, () => {
      syncFile(partial)
      moveIfThere(partial, target)
      return { location: target, bytes: Number(identify(target)!.bytes), sessionCount }
    })
  }).pipe(Effect.onError(() => Effect.ignore(remove, { log: "Debug" })))
}

/**
 * Copies a store to a file of its own while it is in use, in this process or in others.
 *
 * **Details**
 *
 * The copy holds what was acknowledged when the copying began, in one piece; it was checked row by row and flushed
 * when this succeeds. Writers and readers go on meanwhile; the log of the store grows until the copy is made. Where the
 * store has no write-ahead log, or belongs to one process, the copying is one step that keeps the event loop.
 *
 * **Gotchas**
 *
 * A damaged store is not copied: it fails with `Corrupt`. Checking reads the whole copy in one step, which keeps the event loop.
 */
export const backup = (options: BackupOptions): Effect.Effect<Backup, StorageError> =>
  Effect.scoped(Effect.gen(function*() {
    const busyTimeout = Duration.fromInputUnsafe(options.busyTimeout ?? busyTimeoutDefault)
    const target = yield* openPath({ filename: options.target, mustExist: false })
    yield* requireFree(target)
    const { database } = yield* openDatabase({ filename: options.filename, mustExist: true }, busyTimeout)
    return yield* copyTo(database, target, busyTimeout)
  })).pipe(Effect.mapError((reason) => new StorageError({ adapter: "sqlite", operation: "backup", reason })))
