/**
 * Lists of effects that are done when they are made.
 *
 * Most codecs are synchronous, and the effects that they give are exits: `Effect.flatMapEager` and its like go on from
 * them at once, without a step of a fiber. This is the same for lists. Where each row is a step of its own, a listing of
 * many takes several times as long.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

/** Whether an effect has succeeded already. */
export const isDone = <A, E, R>(effect: Effect.Effect<A, E, R>): effect is Exit.Success<A> =>
  Exit.isExit(effect) && Exit.isSuccess(effect)

/** `Effect.forEach`, at once as far as the effects have succeeded when they are made. */
export const forEach = <A, B, E, R>(
  items: ReadonlyArray<A>,
  f: (item: A) => Effect.Effect<B, E, R>
): Effect.Effect<ReadonlyArray<B>, E, R> => {
  const values: Array<B> = []
  for (const [place, item] of items.entries()) {
    const effect = f(item)
    if (!isDone(effect)) return Effect.map(Effect.forEach(items.slice(place), f), (rest) => [...values, ...rest])
    values.push(effect.value)
  }
  return Effect.succeed(values)
}
