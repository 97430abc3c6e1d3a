/**
 * One database file as this process has it open, whoever opened it.
 *
 * There is one connection per real path, so that the locks of one adapter never get in the way of
 * another's. The connection is opened again after it was dropped, and nothing is read or written through
 * it once the file is no longer the one at the path.
 */
import { Busy, Closed, Corrupt, DirectoryUnreadable, type Reason } from "@holdfast/core/port"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { closeConnection, connect, type Connection, type OpenOptions } from "./connection.ts"
import { identify, inspect } from "./inspect.ts"
import { isHalfRecovered } from "./recoveryMark.ts"
import { reasonOf } from "./resultCode.ts"
import { prepare } from "./statements.ts"
import { lockPath, shareStore, type StoreLock } from "./storeLock.ts"

/** A database of this process. */
export interface Database {
  readonly options: OpenOptions
  /** The connection, opened if it is not. */
  readonly connection: Effect.Effect<Connection, Reason>
  /** Runs over the open connection in one synchronous step; what it throws is a defect. */
  readonly use: <A>(run: (connection: Connection) => A) => Effect.Effect<A, Reason>
  /** Reads in one synchronous step; what it throws is classified. */
  readonly read: <A>(run: (connection: Connection) => A) => Effect.Effect<A, Reason>
  /** The same of what may be there and not be readable. */
  readonly readResult: <A>(run: (connection: Connection) => Result.Result<A, Reason>) => Effect.Effect<A, Reason>
  /**
   * Gives the connection up after a commit whose outcome is unknown. The next one is used only once all
   * that the log holds was written again and flushed: a flush that failed must not be trusted afterwards.
   */
  readonly drop: Effect.Effect<void>
  /** Closes the connection while an effect runs alone in the store; none where the place has no locks. */
  readonly alone: <A, R>(effect: Effect.Effect<A, Reason, R>) => Effect.Effect<Option.Option<A>, Reason, R>
}

const goneReason = (path: string, code: string) => new DirectoryUnreadable({ path, code, outcome: "notApplied" })

/** Why a connection must not be used: its file is not what the path names, and writes to it would be lost with it. */
const notInPlace = (path: string, { file }: Connection): Reason | undefined => {
  const found = Result.try(() => identify(path))
  if (Result.isFailure(found)) return reasonOf(found.failure, { path, outcome: "notApplied" })
  if (found.success === undefined) return goneReason(path, "ENOENT")
  const isSame = found.success.inode === file.inode && found.success.device === file.device
  return isSame ? undefined : goneReason(path, "SQLITE_READONLY_DBMOVED")
}

/** Writes the whole log into the database and flushes it. Fails while other connections keep it from that. */
const settleLog = ({ path }: OpenOptions, { database }: Connection): Effect.Effect<void, Reason> =>
  Effect.try({
    try: () => prepare<{ readonly busy: number }>(database, "PRAGMA wal_checkpoint(TRUNCATE)").get()!.busy,
    catch: (cause) => reasonOf(cause, { path, outcome: "notApplied" })
  }).pipe(Effect.flatMap((busy) =>
    busy === 0 ? Effect.void : Effect.fail(new Busy({ path, code: "SQLITE_BUSY_CHECKPOINT", outcome: "notApplied" }))
  ))

const refuse = (path: string, problem: string): Effect.Effect<never, Reason> =>
  Effect.fail(new Corrupt({ at: path, problem, outcome: "notApplied" }))

const refuseHalfRecovered = (path: string): Effect.Effect<void, Reason> =>
  Effect.suspend(() =>
    isHalfRecovered(path) ? refuse(path, "is being replaced by a recovery that did not end") : Effect.void
  )

/** Refuses to make a store where one is missing. */
const requireNone = ({ mustExist, path }: OpenOptions, lock: Option.Option<StoreLock>): Effect.Effect<void, Reason> =>
  mustExist
    ? Effect.fail(goneReason(path, "ENOENT"))
    : Option.exists(lock, ({ hadStore }) => hadStore)
    ? refuse(path, `is missing or empty, but a store was made here; remove ${lockPath(path)} too to begin another one`)
    : Effect.void

/** Takes the lock for the length of a scope; a try that fails leaves nothing open in it. */
const shareIn = (path: string, scope: Scope.Scope): Effect.Effect<StoreLock, Reason> =>
  Effect.flatMap(
    Scope.fork(scope),
    (own) => Effect.onError(Scope.provide(shareStore(path), own), (cause) => Scope.close(own, Exit.failCause(cause)))
  )

/** Takes the store's lock when it is first asked, and gives it each time; none where the place has no locks. */
const makeShare = (path: string, scope: Scope.Scope): Effect.Effect<Option.Option<StoreLock>, Reason> => {
  let lock: Option.Option<StoreLock> | undefined
  return Effect.suspend(() =>
    lock !== undefined ? Effect.succeed(lock) : shareIn(path, scope).pipe(
      Effect.asSome,
      // In a read-only folder the store can be read, and is never set aside.
      Effect.catchIf(
        (reason) => reason._tag !== "Busy",
        (reason) => Effect.as(Effect.logDebug("holdfast: no store lock", reason.message), Option.none())
      ),
      Effect.tap((held) =>
        Effect.sync(() => {
          lock = held
        })
      )
    )
  )
}

/** Opens what holds the connection of a path; the connection itself is opened by the first use. */
const makeDatabase = Effect.fnUntraced(function*(options: OpenOptions): Effect.fn.Return<Database, never, Scope.Scope> {
  const { path } = options
  const met = { path, outcome: "notApplied" } as const
  // Made before the finalizer below, so closed after it: the store is held until its connection is closed.
  const lockScope = yield* Scope.fork(yield* Effect.scope)
  const turn = yield* Semaphore.make(1)
  let current: Connection | undefined
  let isUnsettled = false
  let wasOpen = false
  let isClosed = false

  const close = Effect.suspend(() => {
    const closing = current === undefined ? Effect.void : closeConnection(current)
    current = undefined
    return closing
  })
  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      isClosed = true
      return close
    })
  )

  const share = makeShare(path, lockScope)

  const open = Effect.gen(function*() {
    if (isClosed) return yield* new Closed({ outcome: "notApplied" })
    if (current !== undefined) return current
    yield* refuseHalfRecovered(path)
    const content = yield* inspect(path)
    if (content === "absent" && wasOpen) return yield* goneReason(path, "ENOENT")
    const shared = content === "absent" && options.mustExist ? Option.none() : yield* share
    if (content === "absent") yield* requireNone(options, shared)
    const opened = yield* connect(options)
    yield* Effect.tapError(isUnsettled ? settleLog(options, opened) : Effect.void, () => closeConnection(opened))
    if (Option.isSome(shared)) yield* shared.value.markMade
    isUnsettled = false
    wasOpen = true
    current = opened
    return opened
  }).pipe(Effect.uninterruptible, (opening) => turn.withPermit(opening))

  // Looking for the connection and using it is one step: between two another fiber may have given it up.
  const step = <A>(run: (opened: Connection) => Effect.Effect<A, Reason>): Effect.Effect<A, Reason> =>
    Effect.suspend(() => {
      if (current === undefined) return Effect.andThen(open, step(run))
      const problem = notInPlace(path, current)
      return problem === undefined ? run(current) : Effect.fail(problem)
    })

  const readResult: Database["readResult"] = (run) =>
    step((opened) => {
      const done = Result.try(() => run(opened))
      return Result.isSuccess(done) ? Effect.fromResult(done.success) : Effect.fail(reasonOf(done.failure, met))
    })

  return {
    options,
    connection: step(Effect.succeed),
    use: (run) => step((opened) => Effect.succeed(run(opened))),
    read: (run) => readResult((opened) => Result.succeed(run(opened))),
    readResult,
    drop: Effect.suspend(() => {
      isUnsettled = true
      return close
    }),
    alone: (effect) =>
      turn.withPermit(Effect.gen(function*() {
        const shared = yield* share
        if (Option.isNone(shared)) return Option.none()
        yield* close
        return Option.some(yield* shared.value.alone(effect))
      }))
  }
})

interface Open {
  readonly database: Database
  readonly scope: Scope.Closeable
  users: number
}

const openDatabases = new Map<string, Open>()

/** The database at a real path, kept while somebody in this process uses it. */
export const acquireDatabase = (options: OpenOptions): Effect.Effect<Database, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.gen(function*() {
        const known = openDatabases.get(options.path)
        if (known !== undefined) {
          known.users += 1
          return known
        }
        const scope = yield* Scope.make()
        const opened: Open = { database: yield* Scope.provide(makeDatabase(options), scope), scope, users: 1 }
        openDatabases.set(options.path, opened)
        return opened
      }),
      (opened, exit) =>
        Effect.suspend(() => {
          opened.users -= 1
          if (opened.users > 0) return Effect.void
          openDatabases.delete(options.path)
          return Scope.close(opened.scope, exit)
        })
    ),
    ({ database }) => database
  )

const isBusy = ({ _tag }: Reason): boolean => _tag === "Busy"

// Pauses that grow to 50 ms: other processes hold the lock for milliseconds.
const pauses = Schedule.min([Schedule.exponential("1 millis"), Schedule.spaced("50 millis")]).pipe(Schedule.jittered)

/** Tries again while somebody else holds the database, with growing pauses, for a limited time. */
export const whileBusy = (limit: Duration.Duration) => <A, R>(effect: Effect.Effect<A, Reason, R>) =>
  // Most calls find nobody: what repeating takes is made for those that do.
  Effect.catchIf(effect, isBusy, (busy) => {
    let isFirst = true
    const next = Effect.suspend(() => {
      if (!isFirst) return effect
      isFirst = false
      return Effect.fail(busy)
    })
    return Effect.retry(next, { schedule: Schedule.upTo(pauses, { duration: limit }), while: isBusy })
  })
