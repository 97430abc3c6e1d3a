/**
 * Locks that the kernel frees when their holder dies: SQLite's own, on databases that hold nothing else.
 *
 * SQLite locks a file through the operating system (https://sqlite.org/lockingv3.html), so a lock ends
 * with its process and never has to be broken. Nobody opens such a file by path, because closing any
 * descriptor of a file drops the process's POSIX locks on it.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { closeSync, openSync, statSync } from "node:fs"
import type { DatabaseSync } from "node:sqlite"

/** Somebody else has the lock, or there are no such locks here. */
export type LockFailure = { readonly _tag: "Busy" } | { readonly _tag: "NoLock"; readonly cause: unknown }

/** One lock. Taking it never waits: it fails with `Busy` while somebody else's hold is in the way. */
export interface LockDatabase {
  /** Holds it beside others who share it. */
  readonly share: Effect.Effect<void, LockFailure>
  /** Holds it beside others who share it, and keeps everybody else from reserving it or being alone. */
  readonly reserve: Effect.Effect<void, LockFailure>
  /** Holds it alone. */
  readonly takeAlone: Effect.Effect<void, LockFailure>
  /** Gives up what is held; nothing happens when nothing is. */
  readonly release: Effect.Effect<void>
}

/** Where locks come from; a file system that is not the real disk brings its own. */
export interface LockDatabases {
  /** Opens the lock at a path for the length of the scope; closing it gives up what is held. */
  readonly open: (path: string) => Effect.Effect<LockDatabase, LockFailure, Scope.Scope>
}

// The primary result code SQLITE_BUSY, https://sqlite.org/rescode.html.
const busyCode = 5

const noLock = (cause: unknown): LockFailure => ({ _tag: "NoLock", cause })

const run = (database: DatabaseSync, sql: string): Effect.Effect<void, LockFailure> =>
  Effect.try({
    try: () => database.exec(sql),
    catch: (cause): LockFailure =>
      Predicate.hasProperty(cause, "errcode") && (Number(cause.errcode) & 0xff) === busyCode
        ? { _tag: "Busy" }
        : noLock(cause)
  })

/**
 * Makes the file for its owner alone, where it is not there: SQLite would let everybody read it. Only a
 * file that nobody can have open yet is opened by path.
 */
const makePrivate = (path: string): Effect.Effect<void, LockFailure> =>
  Effect.try({ try: () => closeSync(openSync(path, "wx", 0o600)), catch: noLock }).pipe(
    Effect.catchIf(
      (failure) =>
        failure._tag === "NoLock" && Predicate.hasProperty(failure.cause, "code")
        && failure.cause.code === "EEXIST",
      () => Effect.void
    )
  )

/** Which file has this name; none when there is none. Looking opens nothing, so it drops no lock. */
const identityOf = (path: string): string => {
  const found = Result.try(() => statSync(path, { bigint: true }))
  return Result.isSuccess(found) ? `${found.success.dev}:${found.success.ino}` : ""
}

/** A connection, and the file that it was made to. */
interface Connection {
  readonly database: DatabaseSync
  readonly identity: string
}

type Open = new(path: string, options: { readonly timeout: number }) => DatabaseSync

const connect = (Database: Open, path: string): Connection => {
  const database = new Database(path, { timeout: 0 })
  return { database, identity: identityOf(path) }
}

/** A connection that is made when a lock is taken first: most stores that are opened take few of theirs. */
const connectLate = Effect.fnUntraced(function*(
  path: string
): Effect.fn.Return<Effect.Effect<Connection, LockFailure>, LockFailure, Scope.Scope> {
  const { DatabaseSync } = yield* Effect.tryPromise({ try: () => import("node:sqlite"), catch: noLock })
  let connection: Connection | undefined
  yield* Effect.addFinalizer(() => Effect.sync(() => connection?.database.close()))
  return Effect.try({ try: () => connection ??= connect(DatabaseSync, path), catch: noLock })
})

const open = (path: string): Effect.Effect<LockDatabase, LockFailure, Scope.Scope> =>
  Effect.gen(function*() {
    yield* makePrivate(path)
    const connected = yield* connectLate(path)
    // Nothing is ever written, so there is nothing to keep a journal for: its file would be made at every turn,
    // and be left by a process that is killed. It cannot be said while somebody is alone, as nothing else can.
    let isSet = false
    const settle = (database: DatabaseSync) =>
      isSet ? Effect.void : Effect.tap(run(database, "PRAGMA journal_mode = MEMORY"), () =>
        Effect.sync(() => {
          isSet = true
        }))
    // A lock on a file that has lost its name keeps nobody out who opens the one that has it.
    const isStillNamed = ({ database, identity }: Connection) =>
      identity === identityOf(path)
        ? Effect.void
        : Effect.andThen(Effect.exit(run(database, "ROLLBACK")), Effect.fail(noLock("the lock's file was replaced")))
    const begin = (sql: string) =>
      Effect.flatMap(connected, (connection) =>
        settle(connection.database).pipe(
          Effect.andThen(run(connection.database, sql)),
          Effect.andThen(isStillNamed(connection))
        ))
    const release = Effect.asVoid(Effect.exit(Effect.flatMap(connected, ({ database }) => run(database, "ROLLBACK"))))
    return {
      // A read inside a transaction takes the shared lock and keeps it until the transaction ends.
      share: Effect.tapError(begin("BEGIN; SELECT count(*) FROM sqlite_schema"), () => release),
      reserve: begin("BEGIN IMMEDIATE"),
      takeAlone: begin("BEGIN EXCLUSIVE"),
      release
    }
  })

/** SQLite's locks on the real disk, unless a test brings others. */
export const LockDatabases: Context.Reference<LockDatabases> = Context.Reference(
  "@holdfast/adapter-fs/io/LockDatabases",
  { defaultValue: () => ({ open }) }
)
