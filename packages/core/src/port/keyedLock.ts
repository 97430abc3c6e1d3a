/**
 * Mutual exclusion per key within one process.
 *
 * Turns are taken in order. Keys that nobody uses take no memory. Other processes are not locked out:
 * an adapter that promises that needs locks of its own.
 */
import * as Effect from "effect/Effect"
import * as RcMap from "effect/RcMap"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"

/** Runs an effect while no other effect runs under the same key. Waiting for the turn can be interrupted. */
export type KeyedLock = (key: string) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** Runs an effect with some of the permits of a key. Waiting for them can be interrupted. */
export type KeyedPermits = (
  key: string,
  taken: number
) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** Makes a key space in which every key has so many permits. */
export const makeKeyedPermits = Effect.fnUntraced(function*(permits: number): Effect.fn.Return<KeyedPermits> {
  // The map lives as long as somebody holds the function; its entries vanish when unused, so the scope has
  // nothing left to release.
  const keys = yield* RcMap.make({ lookup: (_: string) => Semaphore.make(permits) }).pipe(
    Scope.provide(Scope.makeUnsafe())
  )
  return (key, taken) => (effect) =>
    Effect.acquireUseRelease(
      Scope.make(),
      (scope) => Effect.flatMap(Scope.provide(RcMap.get(keys, key), scope), (own) => own.withPermits(taken)(effect)),
      (scope, exit) => Scope.close(scope, exit)
    )
})

/** Makes a lock with a key space of its own. */
export const makeKeyedLock: Effect.Effect<KeyedLock> = Effect.map(
  makeKeyedPermits(1),
  (withPermits): KeyedLock => (key) => withPermits(key, 1)
)
