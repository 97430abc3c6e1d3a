/**
 * The policy that keeps calls away from a backend that fails, with Effect's own circuit breaker.
 *
 * Callers who would wait for the next failure are answered at once, and in a fallback chain the tier below
 * takes over at once. Reads and writes have a circuit each: a full disk stops no reading.
 */
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as CircuitBreaker from "effect/persistence/CircuitBreaker"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import { CircuitOpen } from "../errors/reasons.ts"
import type { StorageError, StorageOperation } from "../errors/StorageError.ts"
import type { SessionKey } from "../model/SessionKey.ts"
import type { StorageChange } from "../port/StorageChange.ts"
import { atFirstRows } from "./firstRows.ts"
import { makeFailingNote } from "./healthNote.ts"
import { type AdapterPolicy, failureOf, wrap } from "./policies.ts"

export interface CircuitOptions {
  /** When a circuit opens; after 5 failures in a row by default. */
  readonly trip?: CircuitBreaker.TripPolicy | undefined
  /** How long it stays open before one call may try; by default 1 s, doubling with every opening up to 30 s. */
  readonly openDuration?: Duration.Input | Schedule.Schedule<unknown, number> | undefined
}

/** A caller's mistake says nothing of the backend, neither that it works nor that it does not. */
const outcomeOf = <A>(exit: Exit.Exit<A, StorageError>): CircuitBreaker.Outcome => {
  if (Exit.isSuccess(exit)) return CircuitBreaker.success
  const error = Cause.findErrorOption(exit.cause)
  return Option.isSome(error) && error.value.remedy === "caller" ? CircuitBreaker.ignored : CircuitBreaker.failure()
}

// The state is held in memory and its scope has nothing to release, so a breaker lives as long as its adapter.
const makeBreaker = ({ openDuration, trip }: CircuitOptions) =>
  CircuitBreaker.make({
    tripPolicy: trip ?? CircuitBreaker.consecutive(5),
    openDuration: openDuration ?? Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("30 seconds")])
  }).pipe(Effect.provide(CircuitBreaker.layerStoreMemory()), Scope.provide(Scope.makeUnsafe()), Effect.runSync)

/**
 * Answers calls at once while the backend keeps failing.
 *
 * **Details**
 *
 * A call that is kept away fails with `CircuitOpen`, not applied, whose remedy is another backend. After the open
 * time one call may try; its success closes the circuit. Failures count whose remedy is not the caller's, and so
 * do defects; a `Conflict` or an invalid key neither counts nor closes. A stream counts by its first rows.
 * `recover` and `probe` are never kept away: they are how somebody finds out. While writes are kept away the health
 * is failing. It costs a few microseconds per call.
 *
 * **Gotchas**
 *
 * Put it outside `retried` and `withTimeout`, so that a call counts once, whatever it took.
 */
export const circuitBroken = (options: CircuitOptions = {}): AdapterPolicy => (adapter) => {
  const breaker = makeBreaker(options)
  const note = makeFailingNote()

  const through =
    (circuit: "reads" | "writes", operation: StorageOperation, key?: SessionKey) =>
    <A, R>(call: Effect.Effect<A, StorageError, R>): Effect.Effect<A, StorageError, R> =>
      breaker.execute(call, { key: circuit, classify: outcomeOf }).pipe(
        Effect.catchTag("CircuitBreakerError", (cause) => {
          const error = failureOf(adapter, operation, {
            key,
            reason: new CircuitOpen({ outcome: "notApplied", cause })
          })
          const noted = circuit === "writes" ? note.report(error) : Effect.void
          return Effect.andThen(noted, Effect.fail(error))
        })
      )

  const commit = (change: StorageChange) =>
    Effect.tap(through("writes", "commit", change.operations[0]?.key)(adapter.commit(change)), note.clear)

  return wrap(adapter, {
    head: (key) => through("reads", "head", key)(adapter.head(key)),
    load: (key) => through("reads", "load", key)(adapter.load(key)),
    commit,
    entries: (key, range) => atFirstRows(adapter.entries(key, range), through("reads", "entries", key)),
    list: (query) => atFirstRows(adapter.list(query), through("reads", "list")),
    changes: through("reads", "changes")(adapter.changes),
    health: note.over(adapter.health),
    role: {
      read: through("reads", "role")(adapter.role.read),
      compareAndSet: (expected, next) => through("writes", "role")(adapter.role.compareAndSet(expected, next))
    }
  })
}
