/**
 * Effects that are done when they are made.
 *
 * Most codecs are synchronous, and the effects that they give are exits. What follows such an effect is done at once,
 * without a step of a fiber; everything else runs as any effect does. Where a step is an effect of its own, a listing
 * of many rows takes several times as long.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

/** Whether an effect has succeeded already. */
export const isDone = <A, E, R>(effect: Effect.Effect<A, E, R>): effect is Exit.Success<A> =>
  Exit.isExit(effect) && Exit.isSuccess(effect)

/** `Effect.flatMap`, at once where the effect has succeeded already. */
export const andThen = <A, E, R, B, E2>(
  effect: Effect.Effect<A, E, R>,
  next: (value: A) => Effect.Effect<B, E2, R>
): Effect.Effect<B, E | E2, R> => isDone(effect) ? next(effect.value) : Effect.flatMap(effect, next)

/** `Effect.map`, at once where the effect has succeeded already. */
export const map = <A, E, R, B>(effect: Effect.Effect<A, E, R>, f: (value: A) => B): Effect.Effect<B, E, R> =>
  isDone(effect) ? Exit.succeed(f(effect.value)) : Effect.map(effect, f)

/** `Effect.mapError`, which leaves an effect as it is that has succeeded already. */
export const mapError = <A, E, R, E2>(
  effect: Effect.Effect<A, E, R>,
  f: (error: E) => E2
): Effect.Effect<A, E2, R> => isDone(effect) ? effect : Effect.mapError(effect, f)
