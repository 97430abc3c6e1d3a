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
import type * as Scope from "effect/Scope"
import type { DatabaseSync } from "node:sqlite"

/** Somebody else has the lock, or there are no such locks here. */
export type LockFailure = { readonly _tag: "Busy" } | { readonly _tag: "NoLock"; readonly cause: unknown }

/** One lock. Taking it never waits: it fails with `Busy` while somebody else's hold is in the way. */
export interface LockDatabase {
  /** Holds it beside others who share it. */
  readonly share: Effect.Effect<void, LockFailure>
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

const run = (database: DatabaseSync, sql: string): Effect.Effect<void, LockFailure> =>
  Effect.try({
    try: () => database.exec(sql),
    catch: (cause): LockFailure =>
      Predicate.hasProperty(cause, "errcode") && (Number(cause.errcode) & 0xff) === busyCode
        ? { _tag: "Busy" }
        : { _tag: "NoLock", cause }
  })

const open = (path: string): Effect.Effect<LockDatabase, LockFailure, Scope.Scope> =>
  Effect.gen(function*() {
    const { DatabaseSync } = yield* Effect.tryPromise({
      try: () => import("node:sqlite"),
      catch: (cause): LockFailure => ({ _tag: "NoLock", cause })
    })
    const database = yield* Effect.acquireRelease(
      Effect.try({
        try: () => new DatabaseSync(path, { timeout: 0 }),
        catch: (cause): LockFailure => ({ _tag: "NoLock", cause })
      }),
      (opened) => Effect.sync(() => opened.close())
    )
    const release = Effect.asVoid(Effect.exit(run(database, "ROLLBACK")))
    return {
      // A read inside a transaction takes the shared lock and keeps it until the transaction ends.
      share: Effect.tapError(run(database, "BEGIN; SELECT count(*) FROM sqlite_schema"), () => release),
      takeAlone: run(database, "BEGIN EXCLUSIVE"),
      release
    }
  })

/** SQLite's locks on the real disk, unless a test brings others. */
export const LockDatabases: Context.Reference<LockDatabases> = Context.Reference(
  "@holdfast/adapter-fs/io/LockDatabases",
  { defaultValue: () => ({ open }) }
)
