/**
 * Who has the store open, and whether there ever was one: a lock database beside the store's own.
 *
 * Every open store holds a shared lock on `<database>-lock`; setting a damaged database aside needs it
 * exclusively, so that nobody goes on writing to the file that was moved. The kernel frees the locks of a
 * process that dies (https://sqlite.org/lockingv3.html). Nobody opens this file by path.
 */
import { Busy, type Reason } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { DatabaseSync } from "node:sqlite"
import { makePrivate } from "./files.ts"
import { isBusy, reasonOf } from "./resultCode.ts"
import { prepare } from "./statements.ts"

/** A shared hold on a store. */
export interface StoreLock {
  /** Whether a store was made here before: one that is missing was lost. */
  readonly hadStore: boolean
  /** Writes down that a store was made here. Where others hold the store, one of them has, or will. */
  readonly markMade: Effect.Effect<void>
  /** Runs an effect while nobody else has the store open; fails with `Busy` when somebody has. */
  readonly alone: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | Reason, R>
}

// Setting a database aside takes seconds at most; a minute is a stuck process.
const comeAgain = Schedule.spaced("20 millis").pipe(Schedule.upTo({ duration: "60 seconds" }))

/** The path of the lock database. */
export const lockPath = (path: string): string => `${path}-lock`

const attempt = <A>(path: string, run: () => A): Effect.Effect<A, Reason> =>
  Effect.try({
    try: run,
    catch: (cause) =>
      isBusy(cause)
        ? new Busy({ path, code: "SQLITE_BUSY", outcome: "notApplied", cause })
        : reasonOf(cause, { path, outcome: "notApplied" })
  })

// A read inside a transaction takes the shared lock and keeps it until the transaction ends.
const shareSql = "BEGIN; SELECT count(*) FROM sqlite_schema"

/** Marks in the shared transaction itself, and shares again: nobody else runs in this process in between. */
const markAndShare = (database: DatabaseSync): void => {
  const marked = Result.try(() => database.exec("PRAGMA user_version = 1; COMMIT"))
  if (Result.isFailure(marked)) database.exec("ROLLBACK")
  database.exec(shareSql)
}

/**
 * Takes the shared lock for the length of the scope. Fails with `Busy` while somebody is alone in the
 * store, and with what opening the lock database met.
 */
export const shareStore = (path: string): Effect.Effect<StoreLock, Reason, Scope.Scope> =>
  Effect.gen(function*() {
    const file = lockPath(path)
    const database = yield* Effect.acquireRelease(
      attempt(file, () => {
        makePrivate(file)
        return new DatabaseSync(file, { timeout: 0 })
      }),
      (opened) => Effect.sync(() => opened.close())
    )
    const run = (sql: string) => attempt(file, () => database.exec(sql))
    const release = Effect.ignore(run("ROLLBACK"), { log: "Debug" })
    const share = Effect.tapError(run(shareSql), () => release)
    yield* share
    const { user_version: made } = yield* attempt(
      file,
      () => prepare<{ readonly user_version: number }>(database, "PRAGMA user_version").get()!
    )
    // Between giving up the one lock and taking the other somebody else may have become alone for a while.
    const shareAgain = Effect.retry(share, { schedule: comeAgain, while: ({ _tag }) => _tag === "Busy" }).pipe(
      Effect.ignore({ log: "Debug" })
    )
    return {
      hadStore: made > 0,
      markMade: made > 0
        ? Effect.void
        : Effect.catch(attempt(file, () => markAndShare(database)), () => shareAgain),
      // The own shared lock is given up first: with it nobody could be alone. `BEGIN EXCLUSIVE` fails while
      // another process shares the store, and keeps newcomers out while it stands.
      alone: (effect) =>
        Effect.acquireUseRelease(
          Effect.andThen(release, Effect.tapError(run("BEGIN EXCLUSIVE"), () => shareAgain)),
          () => effect,
          () => Effect.andThen(release, shareAgain)
        )
    }
  })
