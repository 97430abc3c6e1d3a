/**
 * The life of writes in an adapter: closing, interruption and health, the same for every backend.
 *
 * A write runs in a fiber of its own, so that a caller who is interrupted, or who stops waiting after
 * a timeout, never cuts a write in half. Closing the adapter waits for writes in flight, at most
 * `closeTimeout`; whoever still waits then is told that the outcome is unknown.
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type { Health, HealthState } from "../errors/Health.ts"
import { Closed, OutcomeUnknown } from "../errors/reasons.ts"
import { StorageError, type StorageOperation } from "../errors/StorageError.ts"
import type { SessionKey } from "../model/SessionKey.ts"

/** How long closing waits for writes in flight unless the adapter's options say otherwise. */
export const closeTimeoutDefault: Duration.Duration = Duration.seconds(10)

export interface Writes {
  /** Fails with `Closed` once the adapter is closed. */
  readonly ensureOpen: (operation: StorageOperation, key?: SessionKey) => Effect.Effect<void, StorageError>
  /** The same, decided when it is called and not when its effect is run. */
  readonly isOpenNow: (operation: StorageOperation, key?: SessionKey) => Effect.Effect<void, StorageError>
  /**
   * Runs a write to its end, whatever happens to the caller. `write` decides which part of it may
   * still be interrupted, for example waiting for its turn.
   */
  readonly run: <A>(
    key: SessionKey | undefined,
    write: Effect.Effect<A, StorageError>
  ) => Effect.Effect<A, StorageError>
  /** Ends when no write is under way, also those that were given up when the adapter was closed. */
  readonly settled: Effect.Effect<void>
  /** The current health, then every change. */
  readonly health: Stream.Stream<Health>
  /** A stream that fails with `Closed` when the adapter is closed while somebody reads it. */
  readonly whileOpen: <A, E>(stream: Stream.Stream<A, E>) => Stream.Stream<A, E | StorageError>
}

/** Who waits for a write in flight. */
interface Waiter {
  readonly key: SessionKey | undefined
  /** Answers the caller, and keeps a write that has not begun from beginning. */
  readonly giveUp: (error: StorageError) => Effect.Effect<void>
}

const healthOf = (name: string, facts: Pick<Health, "state" | "since" | "lastError">): Health => ({
  ...facts,
  displacedCount: 0,
  tiers: [{ name, ...facts, displacedCount: 0 }]
})

/** Makes the writes of one adapter; they end with the scope. */
export const makeWrites = Effect.fnUntraced(function*(options: {
  readonly adapter: string
  readonly closeTimeout?: Duration.Input | undefined
}): Effect.fn.Return<Writes, never, Scope.Scope> {
  const { adapter } = options
  const health = yield* SubscriptionRef.make(
    healthOf(adapter, { state: "healthy", since: yield* Clock.currentTimeMillis, lastError: Option.none() })
  )
  const inFlight = new Set<Waiter>()
  const idle = yield* Latch.make(true)
  const closed = yield* Deferred.make<never, StorageError>()
  let isOpen = true

  let isHealthy = true

  const note = Effect.fnUntraced(function*(state: HealthState, lastError: Option.Option<StorageError>) {
    isHealthy = state === "healthy"
    const current = yield* SubscriptionRef.get(health)
    const since = state === current.state ? current.since : yield* Clock.currentTimeMillis
    yield* SubscriptionRef.set(health, healthOf(adapter, { state, since, lastError }))
  })

  const observe = <A>(exit: Exit.Exit<A, StorageError>): Effect.Effect<void> => {
    if (Exit.isSuccess(exit)) return isHealthy ? Effect.void : note("healthy", Option.none())
    const error = Exit.findErrorOption(exit)
    return Option.isSome(error) && error.value.remedy !== "caller" ? note("failing", error) : Effect.void
  }

  const fail = (operation: StorageOperation, key: SessionKey | undefined, reason: StorageError["reason"]) =>
    new StorageError({ adapter, operation, key, reason })

  const isOpenNow: Writes["isOpenNow"] = (operation, key) =>
    isOpen ? Effect.void : Effect.fail(fail(operation, key, new Closed({ outcome: "notApplied" })))

  const ensureOpen: Writes["ensureOpen"] = (operation, key) => Effect.suspend(() => isOpenNow(operation, key))

  const run: Writes["run"] = <A>(key: SessionKey | undefined, write: Effect.Effect<A, StorageError>) =>
    Effect.uninterruptibleMask((restore) => {
      if (!isOpen) return isOpenNow("commit", key) as Effect.Effect<never, StorageError>
      const answer = Deferred.makeUnsafe<A, StorageError>()
      let stop: Effect.Effect<void> = Effect.void
      const giveUp: Waiter["giveUp"] = (error) =>
        Effect.andThen(Deferred.fail(answer, error), Effect.suspend(() => stop))
      const waiter: Waiter = { key, giveUp }
      inFlight.add(waiter)
      Latch.closeUnsafe(idle)
      const settle = (exit: Exit.Exit<A, StorageError>) =>
        Effect.map(observe(exit), () => {
          Deferred.doneUnsafe(answer, exit)
          inFlight.delete(waiter)
          if (inFlight.size === 0) Latch.openUnsafe(idle)
        })
      const own = Effect.forkDetach(Effect.onExit(Effect.interruptible(write), settle), { startImmediately: true })
      return Effect.flatMap(own, (fiber) => {
        // What waits for its turn ends here; what has begun cannot be interrupted and goes on.
        stop = Effect.sync(() => fiber.interruptUnsafe())
        return Effect.onInterrupt(restore(Deferred.await(answer)), () => stop)
      })
    })

  yield* Effect.addFinalizer(Effect.fnUntraced(function*() {
    isOpen = false
    yield* Deferred.fail(closed, fail("changes", undefined, new Closed({ outcome: "notApplied" })))
    yield* Effect.timeoutOption(idle.await, options.closeTimeout ?? closeTimeoutDefault)
    const why = "the store was closed while the write was under way"
    for (const { giveUp, key } of inFlight) {
      yield* giveUp(fail("commit", key, new OutcomeUnknown({ outcome: "unknown", why })))
    }
  }))

  return {
    ensureOpen,
    isOpenNow,
    run,
    settled: Effect.asVoid(idle.await),
    health: SubscriptionRef.changes(health),
    whileOpen: Stream.interruptWhen(Deferred.await(closed))
  }
})
