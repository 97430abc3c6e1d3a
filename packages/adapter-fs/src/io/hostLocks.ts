/**
 * Locks between the processes of one host: a few kernel-freed locks, each for the keys that hash to it.
 *
 * A process holds one while any of its writes needs it, so its own writes to different keys do not wait
 * for each other: who writes one key within the process is settled before. Others ask again every few
 * milliseconds, so whoever has held a lock for long lets go for a moment.
 */
import { Busy, type Reason } from "@holdfast/core/port"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { shortChecksum } from "../layout/checksum.ts"
import { type LockDatabase, LockDatabases, type LockFailure } from "./lockDatabase.ts"

/** Runs an effect while no other process of the host runs one under the same key. */
type HostLock = (key: string) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | Reason, R>

/** The locks of a store. */
export interface HostLocks {
  readonly lock: HostLock
  /** Runs an effect while no other process of the host runs one under any key. */
  readonly lockAll: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | Reason, R>
  /** Ends when everything that other processes ran under any lock when it began has ended. */
  readonly passAll: Effect.Effect<void, Reason>
}

/**
 * How many locks there are. Part of the store's format: processes that count differently do not exclude
 * each other. Two processes that write different keys meet in one of 4 cases.
 */
export const hostLockCount = 4

// A commit takes about a millisecond; asking costs some ten microseconds.
const askInterval = "2 millis"
const pauseInterval = "4 millis"
// Below what a person notices; long enough that letting go costs a busy writer a few percent.
const heldForLong = 50
// A stuck process: nothing that a store does under its lock takes as long.
const patience = 10_000

/** Which lock a key has. */
export const lockNumber = (key: string): number => Number.parseInt(shortChecksum(key).slice(0, 8), 16) % hostLockCount

/** One lock, and who in this process uses it. */
interface Bucket {
  readonly path: string
  readonly database: LockDatabase
  /** Taken while the lock itself is taken or given up, never while it is held. */
  readonly turn: Semaphore.Semaphore
  /** The lock's file was moved or replaced under it: whoever comes next opens it again. */
  isBroken: boolean
  users: number
  heldSince: number
  /** Complete when the last user has let go; newcomers wait for it once the lock was held for long. */
  released: Deferred.Deferred<void>
}

const busy = (path: string) => new Busy({ path, code: "SQLITE_BUSY", outcome: "notApplied" })

const asking = Schedule.jittered(Schedule.spaced(askInterval))

/** Who waits for a lock, and which one it uses: set in the very step that takes it. */
interface Holder {
  isUser: Bucket | undefined
}

/** Takes the lock itself, asking until `deadline`. */
const take = (bucket: Bucket, holder: Holder, deadline: number): Effect.Effect<void, Busy> => {
  const ask = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    yield* Effect.mapError(bucket.database.reserve, ({ _tag }) => {
      if (_tag === "NoLock") bucket.isBroken = true
      return _tag === "Busy" && now < deadline
    })
    bucket.users = 1
    bucket.heldSince = now
    bucket.released = Deferred.makeUnsafe<void>()
    holder.isUser = bucket
  })
  return Effect.retry(Effect.uninterruptible(ask), { schedule: asking, while: (mayAskAgain) => mayAskAgain }).pipe(
    Effect.mapError(() => busy(bucket.path))
  )
}

/** Lets go for a moment where the lock was held for long, unless a user is stuck: then others gain nothing by it. */
const letOthers = (bucket: Bucket): Effect.Effect<void> =>
  Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    if (bucket.users === 0 || now - bucket.heldSince < heldForLong) return
    const hasEnded = yield* Effect.timeoutOption(Deferred.await(bucket.released), heldForLong)
    if (Option.isSome(hasEnded)) yield* Effect.sleep(pauseInterval)
  })

const join = (bucket: Bucket, holder: Holder): void => {
  bucket.users += 1
  holder.isUser = bucket
}

const enter = (bucket: Bucket, holder: Holder): Effect.Effect<void, Busy> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    bucket.turn.withPermit(
      Effect.andThen(
        letOthers(bucket),
        Effect.suspend(() =>
          bucket.users > 0 ? Effect.sync(() => join(bucket, holder)) : take(bucket, holder, now + patience)
        )
      )
    ))

const leave = (bucket: Bucket): Effect.Effect<void> =>
  Effect.suspend(() => {
    bucket.users -= 1
    if (bucket.users > 0) return Effect.void
    return Effect.andThen(bucket.database.release, Deferred.succeed(bucket.released, undefined))
  })

const openBucket = Effect.fnUntraced(function*({ open }: LockDatabases, path: string) {
  const bucket: Bucket = {
    path,
    database: yield* open(path),
    turn: yield* Semaphore.make(1),
    isBroken: false,
    users: 0,
    heldSince: 0,
    released: Deferred.makeUnsafe()
  }
  return bucket
})

/**
 * Opens the locks for the length of the scope; `pathOf` names their databases, which are made where they are
 * missing. One that was moved away is opened again when it is needed, if the store is still there.
 *
 * None when the place has no such locks. A lock that somebody holds for more than 10 s fails with `Busy`,
 * and nothing was begun.
 */
export const openHostLocks = (
  pathOf: (index: number) => string,
  isThere: Effect.Effect<void, Reason>
): Effect.Effect<Option.Option<HostLocks>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const databases = yield* LockDatabases
    const buckets = new Map<number, Bucket>()
    const opening = yield* Semaphore.make(1)
    const bucketAt = (index: number): Effect.Effect<Bucket, LockFailure> =>
      opening.withPermit(Effect.suspend(() => {
        const known = buckets.get(index)
        return known === undefined || known.isBroken
          ? Effect.tap(
            Scope.provide(openBucket(databases, pathOf(index)), scope),
            (bucket) => Effect.sync(() => buckets.set(index, bucket))
          )
          : Effect.succeed(known)
      }))

    // Taking each once finds out whether the place has such locks, and makes sure that they are this store's: later
    // another one may lie here.
    for (let index = 0; index < hostLockCount; index++) {
      const { database } = yield* bucketAt(index)
      yield* Effect.catchIf(database.reserve, ({ _tag }) => _tag === "Busy", () => Effect.void)
      yield* database.release
    }

    const bucketThere = Effect.fnUntraced(function*(index: number) {
      if (buckets.get(index)?.isBroken !== false) yield* isThere
      return yield* Effect.mapError(bucketAt(index), () => busy(pathOf(index)))
    })
    /** Takes a lock; one whose file was replaced is opened again, once. */
    const enterAt = Effect.fnUntraced(function*(index: number, holder: Holder) {
      const bucket = yield* bucketThere(index)
      const entered = yield* Effect.exit(enter(bucket, holder))
      if (Exit.isSuccess(entered)) return bucket
      // A lock that cannot be taken may be that of a store which is not there any more.
      yield* isThere
      if (!bucket.isBroken) return yield* entered
      const again = yield* bucketThere(index)
      yield* enter(again, holder)
      return again
    })
    const lockAt = (index: number) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | Reason, R> =>
      Effect.suspend(() => {
        const holder: Holder = { isUser: undefined }
        return Effect.onExit(
          Effect.andThen(enterAt(index, holder), effect),
          () => holder.isUser === undefined ? Effect.void : leave(holder.isUser)
        )
      })
    const indices = Array.from({ length: hostLockCount }, (_, index) => index)
    return Option.some<HostLocks>({
      lock: (key) => lockAt(lockNumber(key)),
      // Everybody takes the first one first, so two who want all do not wait for each other.
      lockAll: <A, E, R>(effect: Effect.Effect<A, E, R>) =>
        indices.reduceRight<Effect.Effect<A, E | Reason, R>>((inner, index) => lockAt(index)(inner), effect),
      passAll: Effect.forEach(indices, (index) => lockAt(index)(Effect.void), { discard: true })
    })
  }).pipe(
    Effect.catch((failure) =>
      Effect.as(
        Effect.logDebug("holdfast: no locks between processes at", pathOf(0), failure._tag),
        Option.none<HostLocks>()
      )
    )
  )
