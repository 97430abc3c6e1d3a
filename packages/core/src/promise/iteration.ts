/**
 * Streams as async iterators.
 *
 * An iteration holds what it reads from until it is done, left (`break`, `return`), aborted, or ended
 * from outside because the store is closed. An iteration that was cut rejects, so that what it gave so
 * far is never taken for all there is.
 */
import type * as Context from "effect/Context"
import * as Stream from "effect/Stream"
import { type AbortSignalLike, isAborted, onAbort } from "./calls.ts"

/** One reading of a stream, for `for await`. */
export interface Iteration<A> extends AsyncIterator<A, undefined, undefined>, AsyncIterable<A>, AsyncDisposable {
  next(): Promise<IteratorResult<A, undefined>>
  /** Ends the reading and releases what it holds; what `break` calls. */
  return(): Promise<IteratorResult<A, undefined>>
  [Symbol.asyncIterator](): Iteration<A>
}

/** What one pull of an iteration answers. */
export type Answer<A> = () => Promise<IteratorResult<A, undefined>>

/** Ends an iteration from outside, and tells when what it held is released. */
export type Stop = () => Promise<unknown>

export interface IterationOptions<A> {
  readonly context: Context.Context<never>
  readonly signal?: AbortSignalLike | undefined
  /** What a pull answers once the iteration was stopped from outside. */
  readonly stopped: Answer<A>
  /** The iterations that can be stopped from outside; this one is in it while it holds something. */
  readonly open: Set<Stop>
  /** Releases what was acquired for the iteration before its first pull. */
  readonly release?: (() => Promise<unknown>) | undefined
}

/** The answer of an iteration that has nothing more to give. */
export const ended = { done: true, value: undefined } as const

/** Makes one iteration over a stream; nothing is read before the first pull. */
export const makeIteration = <A, E>(stream: Stream.Stream<A, E>, options: IterationOptions<A>): Iteration<A> => {
  const { context, open, release, signal, stopped } = options
  const inner = Stream.toAsyncIterableWith(stream, context)[Symbol.asyncIterator]()
  const waiting = new Set<(answer: Answer<A>) => void>()
  let cut: Answer<A> | undefined
  let finishing: Promise<unknown> | undefined

  const finish = (): Promise<unknown> => {
    forget()
    finishing ??= Promise.all([inner.return?.(), release?.()]).finally(() => open.delete(stop))
    return finishing
  }

  /** Answers whoever waits at once; releasing may take longer. */
  const end = (answer: Answer<A>): Promise<unknown> => {
    if (cut === undefined && finishing === undefined) cut = answer
    for (const settle of waiting) settle(cut ?? answer)
    return finish()
  }

  const stop: Stop = () => end(stopped)
  const forget = onAbort(signal, (reason) => void end(() => Promise.reject(reason)))
  open.add(stop)
  if (isAborted(signal)) void end(() => Promise.reject(signal?.reason))

  const next = (): Promise<IteratorResult<A, undefined>> => {
    if (cut !== undefined) return cut()
    return new Promise((resolve, reject) => {
      const settle = (answer: Answer<A>) => void answer().then(resolve, reject)
      waiting.add(settle)
      inner.next().then(
        (result) => result.done === true ? finish().then(() => resolve(ended), reject) : resolve(result),
        (error) => finish().then(() => reject(error), reject)
      ).finally(() => waiting.delete(settle))
    })
  }

  const leave = () => end(() => Promise.resolve(ended)).then(() => ended)

  return {
    next,
    return: leave,
    [Symbol.asyncIterator]() {
      return this
    },
    [Symbol.asyncDispose]: () => leave().then(() => undefined)
  }
}
