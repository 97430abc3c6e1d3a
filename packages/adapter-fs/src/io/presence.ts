/**
 * Who has the store open: a lock that the kernel frees when its holder dies.
 *
 * Every open store holds a shared lock on the presence database; recovery takes a living writer's files
 * for leftovers only if it could be told alone, so it needs the lock exclusively. The locks are SQLite's
 * own (https://sqlite.org/lockingv3.html); nobody else opens the database by path, because closing any
 * descriptor of a file drops the process's POSIX locks on it.
 */
import { Busy } from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { DatabaseSync } from "node:sqlite"

/** A hold on the presence database. */
export interface Presence {
  /**
   * Runs an effect while nobody else, in this process or another, has the store open; none when
   * somebody has. The shared lock is held again afterwards.
   */
  readonly alone: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<Option.Option<A>, E, R>
}

// The primary result code SQLITE_BUSY, https://sqlite.org/rescode.html.
const busyCode = 5

type LockFailure = { readonly _tag: "Busy" } | { readonly _tag: "NoLock"; readonly cause: unknown }

const run = (database: DatabaseSync, sql: string): Effect.Effect<void, LockFailure> =>
  Effect.try({
    try: () => database.exec(sql),
    catch: (cause): LockFailure =>
      Predicate.hasProperty(cause, "errcode") && (Number(cause.errcode) & 0xff) === busyCode
        ? { _tag: "Busy" }
        : { _tag: "NoLock", cause }
  })

// A read inside a transaction takes the shared lock and keeps it until the transaction ends.
const share = (database: DatabaseSync) => run(database, "BEGIN; SELECT count(*) FROM sqlite_schema")
const takeAlone = (database: DatabaseSync) => run(database, "BEGIN EXCLUSIVE")
const release = (database: DatabaseSync) => Effect.exit(run(database, "ROLLBACK"))

const open = (path: string) =>
  Effect.gen(function*() {
    const { DatabaseSync } = yield* Effect.tryPromise({
      try: () => import("node:sqlite"),
      catch: (cause): LockFailure => ({ _tag: "NoLock", cause })
    })
    return yield* Effect.acquireRelease(
      Effect.try({
        try: () => new DatabaseSync(path, { timeout: 0 }),
        catch: (cause): LockFailure => ({ _tag: "NoLock", cause })
      }),
      (database) => Effect.sync(() => database.close())
    )
  })

/** The presence itself, and the gate that whoever comes or wants to be alone holds for a moment. */
interface Locks {
  readonly presence: DatabaseSync
  readonly gate: DatabaseSync
}

const throughGate = <A, E>({ gate }: Locks, effect: Effect.Effect<A, E>): Effect.Effect<A, E | LockFailure> =>
  Effect.acquireUseRelease(takeAlone(gate), () => effect, () => release(gate))

// Whoever is alone looks through leftovers, which takes milliseconds; 10 s is a stuck process.
const comeAgain = Schedule.spaced("10 millis").pipe(Schedule.upTo({ times: 1000 }))

const come = (locks: Locks): Effect.Effect<void, LockFailure> =>
  Effect.retry(throughGate(locks, Effect.tapError(share(locks.presence), () => release(locks.presence))), {
    schedule: comeAgain,
    while: (failure) => failure._tag === "Busy"
  })

// The shared lock of this very connection is given up first: two who wait for each other to give up
// theirs would both find the store in use. Behind the gate nobody can come in between.
const aloneBehindGate = <A, E, R>({ presence }: Locks, effect: Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.andThen(release(presence), Effect.isSuccess(takeAlone(presence))),
    (isAlone) => isAlone ? Effect.asSome(effect) : Effect.succeedNone,
    () => Effect.andThen(release(presence), Effect.exit(share(presence)))
  )

const makePresence = (locks: Locks): Presence => ({
  alone: (effect) =>
    Effect.acquireUseRelease(
      Effect.isSuccess(takeAlone(locks.gate)),
      (hasGate) => hasGate ? aloneBehindGate(locks, effect) : Effect.succeedNone,
      (hasGate) => hasGate ? release(locks.gate) : Effect.void
    )
})

/**
 * Opens the lock databases and takes the shared lock for the length of the scope.
 *
 * None when the place has no such locks (read-only, some network file systems): the store works, and
 * recovery leaves alone what a living writer might own. Fails with `Busy` when somebody stays alone in the
 * store for more than 10 s.
 */
export const openPresence = (
  path: string,
  gatePath: string
): Effect.Effect<Option.Option<Presence>, Busy, Scope.Scope> =>
  Effect.gen(function*() {
    const locks: Locks = { presence: yield* open(path), gate: yield* open(gatePath) }
    yield* come(locks)
    return Option.some(makePresence(locks))
  }).pipe(
    Effect.catchTag("NoLock", () => Effect.as(Effect.logDebug("holdfast: no presence lock at", path), Option.none())),
    Effect.mapError(() => new Busy({ path, code: "SQLITE_BUSY", outcome: "notApplied" }))
  )
