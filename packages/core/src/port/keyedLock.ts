/**
 * Mutual exclusion per key within one process.
 *
 * Turns are taken in order. Keys that nobody uses take no memory. Other processes are not locked out:
 * an adapter that promises that needs locks of its own.
 */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"

/** Runs an effect while no other effect runs under the same key. Waiting for the turn can be interrupted. */
export type KeyedLock = (key: string) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** Runs an effect with some of the permits of a key. Waiting for them can be interrupted. */
export type KeyedPermits = (
  key: string,
  taken: number
) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** A key that somebody uses or waits for. */
interface Turns {
  readonly semaphore: Semaphore.Semaphore
  users: number
}

/** Makes a key space in which every key has so many permits. */
export const makeKeyedPermits = (permits: number): Effect.Effect<KeyedPermits> =>
  Effect.sync(() => {
    const keys = new Map<string, Turns>()
    return (key, taken) => (effect) =>
      Effect.uninterruptibleMask((restore) => {
        const turns = keys.get(key) ?? { semaphore: Semaphore.makeUnsafe(permits), users: 0 }
        keys.set(key, turns)
        turns.users += 1
        return Effect.onExit(restore(turns.semaphore.withPermits(taken)(effect)), () => {
          turns.users -= 1
          if (turns.users === 0) keys.delete(key)
          return Effect.void
        })
      })
  })

/** Makes a lock with a key space of its own. */
export const makeKeyedLock: Effect.Effect<KeyedLock> = Effect.map(
  makeKeyedPermits(1),
  (withPermits): KeyedLock => (key) => withPermits(key, 1)
)
