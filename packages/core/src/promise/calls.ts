/**
 * Running effects for callers who await promises.
 *
 * A promise rejects with the typed error itself, as the store failed with it. An abort ends the waiting
 * at once, however long what was begun takes to stop; the call is then interrupted, and what the
 * storage does with that is the port's to say.
 */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

/** What is used of an `AbortSignal`: that of every platform fits, and core depends on none of them. */
export interface AbortSignalLike {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: "abort", listener: () => void): void
  removeEventListener(type: "abort", listener: () => void): void
}

/** What every method takes. */
export interface CallOptions {
  /**
   * Ends the waiting: the promise rejects with the signal's `reason`, as `fetch` does. A write that has begun
   * goes on to its end; one that has not begun is not made.
   */
  readonly signal?: AbortSignalLike | undefined
}

export const isAborted = (signal: AbortSignalLike | undefined): boolean => signal?.aborted ?? false

/** Calls `stop` when the signal is aborted, until what is returned is called. */
export const onAbort = (signal: AbortSignalLike | undefined, stop: (reason: unknown) => void): () => void => {
  if (signal === undefined) return () => {}
  const listener = () => stop(signal.reason)
  signal.addEventListener("abort", listener)
  return () => signal.removeEventListener("abort", listener)
}

/** Runs an effect; with a signal that is aborted already nothing is run. */
export const runPromise = <A, E, R>(
  context: Context.Context<R>,
  effect: Effect.Effect<A, E, R>,
  signal?: AbortSignalLike
): Promise<A> =>
  new Promise((resolve, reject) => {
    if (isAborted(signal)) return reject(signal?.reason)
    const fiber = Effect.runForkWith(context)(effect)
    const abort = (reason: unknown) => {
      reject(reason)
      fiber.interruptUnsafe()
    }
    const forget = onAbort(signal, abort)
    fiber.addObserver((exit) => {
      forget()
      if (Exit.isSuccess(exit)) resolve(exit.value)
      else reject(Cause.squash(exit.cause))
    })
    // The effect itself may have aborted its signal before anybody listened.
    if (isAborted(signal)) abort(signal?.reason)
  })
