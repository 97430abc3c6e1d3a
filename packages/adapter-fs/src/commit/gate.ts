/**
 * A gate for many or for one: commits pass it side by side, and whoever must be alone shuts it.
 *
 * Who shuts it waits for those inside, and those who come later wait for him, so a steady stream of commits does
 * not keep him out. Waiting can be interrupted, on both sides.
 */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"

export interface Gate {
  /** Runs an effect beside others who pass. */
  readonly pass: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Runs an effect while nobody is inside. */
  readonly shut: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Whether somebody has shut it, or waits for those inside to leave. */
  readonly isShut: () => boolean
}

// More than a process can have fibers.
const room = 2 ** 40

/** Makes a gate that is open. */
export const makeGate = (): Gate => {
  const inside = Semaphore.makeUnsafe(room)
  const door = Semaphore.makeUnsafe(1)
  let shutters = 0
  return {
    isShut: () => shutters > 0,
    pass: (effect) =>
      Effect.suspend(() =>
        shutters === 0
          ? inside.withPermit(effect)
          : Effect.andThen(door.withPermit(Effect.void), inside.withPermit(effect))
      ),
    shut: (effect) =>
      Effect.acquireUseRelease(
        Effect.sync(() => void (shutters += 1)),
        () => door.withPermit(inside.withPermits(room)(effect)),
        () => Effect.sync(() => void (shutters -= 1))
      )
  }
}
