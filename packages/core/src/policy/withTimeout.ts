/**
 * The policy that bounds how long a caller waits.
 *
 * A timeout ends the waiting only. A read that is out of time is given up. A write that is out of time goes
 * on to its end in a fiber of its own, and until it has returned its key takes no other write: else a write
 * that hangs and lands late would bring back what a later save replaced.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Busy, OutcomeUnknown, TimedOut } from "../errors/reasons.ts"
import type { AdapterReceipt } from "../errors/Receipt.ts"
import type { StorageError, StorageOperation } from "../errors/StorageError.ts"
import { keyText, type SessionKey } from "../model/SessionKey.ts"
import type { StorageChange } from "../port/StorageChange.ts"
import { makeFailingNote } from "./healthNote.ts"
import { type Adapter, type AdapterPolicy, failureOf, wrap } from "./policies.ts"

/** How long a caller waits for one try. Without a limit the calls of that kind are passed through. */
export interface TimeoutLimits {
  /** For `head`, `load`, a subscription, the store's role; for the first row of a stream and between its rows. */
  readonly read?: Duration.Input | undefined
  /** For `commit` and for the compare-and-set of the store's role. */
  readonly write?: Duration.Input | undefined
}

interface Waiting<A, E> {
  readonly limit: Duration.Duration
  /** The answer once the time is up. */
  readonly late: (fiber: Fiber.Fiber<A, E>) => Effect.Effect<A, E>
  /** What becomes of the call when the caller itself is interrupted. */
  readonly left: (fiber: Fiber.Fiber<A, E>) => Effect.Effect<void>
}

/**
 * Runs an effect in a fiber of its own and waits for it. Only the waiting is timed: a timeout round an effect
 * that cannot be interrupted would wait for its end.
 */
const waitFor = <A, E, R>(effect: Effect.Effect<A, E, R>, { late, left, limit }: Waiting<A, E>) =>
  Effect.uninterruptibleMask(Effect.fnUntraced(function*(restore) {
    const fiber = yield* Effect.forkDetach(Effect.interruptible(effect), { startImmediately: true })
    const done = fiber.pollUnsafe()
    if (done !== undefined) return yield* done
    yield* Effect.onInterrupt(restore(Effect.timeoutOption(Fiber.await(fiber), limit)), () => left(fiber))
    return yield* fiber.pollUnsafe() ?? late(fiber)
  }))

const stop = <A, E>(fiber: Fiber.Fiber<A, E>) => Effect.sync(() => fiber.interruptUnsafe())

/** Bounds reads: what is out of time is interrupted and not waited for. */
const boundedReads = (adapter: Adapter, limit: Duration.Duration): Adapter => {
  const reading = <A, E, R>(
    operation: StorageOperation,
    effect: Effect.Effect<A, E | StorageError, R>,
    key?: SessionKey
  ): Effect.Effect<A, E | StorageError, R> => {
    const reason = new TimedOut({ outcome: "notApplied", limitMillis: Duration.toMillis(limit) })
    const late = (fiber: Fiber.Fiber<A, E | StorageError>) =>
      Effect.andThen(stop(fiber), Effect.fail(failureOf(adapter, operation, { key, reason })))
    return waitFor(effect, { limit, late, left: stop })
  }
  const rows = <A>(operation: StorageOperation, stream: Stream.Stream<A, StorageError>, key?: SessionKey) =>
    Stream.transformPull(stream, (pull) => Effect.succeed(reading(operation, pull, key)))
  return wrap(adapter, {
    head: (key) => reading("head", adapter.head(key), key),
    load: (key) => reading("load", adapter.load(key), key),
    entries: (key, range) => rows("entries", adapter.entries(key, range), key),
    list: (query) => rows("list", adapter.list(query)),
    changes: reading("changes", adapter.changes),
    role: { ...adapter.role, read: reading("role", adapter.role.read) }
  })
}

/** Bounds writes: what is out of time goes on, and keeps its keys until it has returned. */
const boundedWrites = (adapter: Adapter, limit: Duration.Duration): Adapter => {
  const note = makeFailingNote()
  /** The keys of writes that nobody waits for any more, and how many of them each has. */
  const kept = new Map<string, number>()

  const keep = (keys: ReadonlyArray<string>, by: 1 | -1) => {
    for (const key of keys) {
      const count = (kept.get(key) ?? 0) + by
      if (count === 0) kept.delete(key)
      else kept.set(key, count)
    }
  }

  const why = `no answer within ${Duration.toMillis(limit)} ms; the write goes on`
  const outOfTime = (operation: StorageOperation, key?: SessionKey) =>
    failureOf(adapter, operation, { key, reason: new OutcomeUnknown({ outcome: "unknown", why }) })

  const afterwards = Effect.fnUntraced(function*(
    fiber: Fiber.Fiber<AdapterReceipt, StorageError>,
    keys: ReadonlyArray<string>
  ) {
    const exit = yield* Fiber.await(fiber)
    keep(keys, -1)
    if (Exit.isSuccess(exit)) return yield* note.clear
    yield* Effect.logDebug("a write failed after its caller had been told that its outcome is unknown", exit.cause)
  })

  const commit = (change: StorageChange) =>
    Effect.suspend(() => {
      const busy = change.operations.find(({ key }) => kept.has(keyText(key)))
      if (busy !== undefined) {
        const reason = new Busy({ outcome: "notApplied", path: adapter.location, code: "a write has not returned" })
        return Effect.fail(failureOf(adapter, "commit", { key: busy.key, reason }))
      }
      const keys = [...new Set(change.operations.map(({ key }) => keyText(key)))]
      const error = outOfTime("commit", change.operations[0]?.key)
      const late = Effect.fnUntraced(function*(fiber: Fiber.Fiber<AdapterReceipt, StorageError>) {
        keep(keys, 1)
        yield* Effect.forkDetach(afterwards(fiber, keys))
        yield* note.report(error)
        return yield* error
      })
      return Effect.tap(waitFor(adapter.commit(change), { limit, late, left: () => Effect.void }), note.clear)
    })

  return wrap(adapter, {
    commit,
    health: note.over(adapter.health),
    role: {
      ...adapter.role,
      compareAndSet: (expected, next) =>
        waitFor(adapter.role.compareAndSet(expected, next), {
          limit,
          late: () => Effect.fail(outOfTime("role")),
          left: () => Effect.void
        })
    }
  })
}

/**
 * Bounds how long a caller waits for an answer.
 *
 * **Details**
 *
 * - A read out of time fails with `TimedOut`, not applied. Its fiber is interrupted and not waited for.
 * - A write out of time fails with `OutcomeUnknown`. It goes on underneath; until it has returned, writes of
 *   its keys through this policy fail at once with `Busy`, not applied: no retry and no drain overtakes it.
 *   The health is failing meanwhile.
 * - A caller who is interrupted stops waiting; a write goes on to its end all the same.
 * - Streams are timed from pull to pull: until the first row and between rows. What the reader does with a row
 *   is not counted. `recover`, `probe` and what `changes` brings take the time they take.
 *
 * It costs one fiber per call, and per chunk of a stream.
 *
 * **Gotchas**
 *
 * The limit is for one try: put it inside `retried`, whose own budget bounds all tries. It counts the time that
 * a write waits for its turn at its key.
 */
export const withTimeout = (limits: TimeoutLimits): AdapterPolicy => (adapter) => {
  const read = Option.map(Option.fromUndefinedOr(limits.read), Duration.fromInputUnsafe)
  const write = Option.map(Option.fromUndefinedOr(limits.write), Duration.fromInputUnsafe)
  const reads = Option.match(read, { onNone: () => adapter, onSome: (limit) => boundedReads(adapter, limit) })
  return Option.match(write, { onNone: () => reads, onSome: (limit) => boundedWrites(reads, limit) })
}
