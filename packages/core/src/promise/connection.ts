/**
 * What one open store of promises runs with: its storage, who reads from it, and the order of closing.
 *
 * Closing refuses calls from the first moment on, ends what is being read, lets autosaves save what
 * they hold, and closes the storage last, which waits for the writes in flight and answers them.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type * as Stream from "effect/Stream"
import { Closed } from "../errors/reasons.ts"
import { StorageError, type StorageOperation } from "../errors/StorageError.ts"
import type { SessionKey } from "../model/SessionKey.ts"
import { StorageAdapter } from "../port/StorageAdapter.ts"
import { closeTimeoutDefault } from "../port/writes.ts"
import { type AbortSignalLike, runPromise } from "./calls.ts"
import { type Answer, ended, type Iteration, makeIteration, type Stop } from "./iteration.ts"

/** What a call is about, as its error names it when the store is closed. */
export interface About {
  readonly operation: StorageOperation
  readonly key?: SessionKey | undefined
}

export interface IterateOptions {
  /** What the iteration's error names when the store is closed; without it the iteration ends then. */
  readonly about?: About | undefined
  readonly signal?: AbortSignalLike | undefined
  /** Releases what was acquired for the iteration before its first pull. */
  readonly release?: (() => Promise<unknown>) | undefined
}

/** An effect that an open store runs before its storage is closed. */
type BeforeClose = Effect.Effect<unknown, unknown>

export interface Connection {
  readonly context: Context.Context<StorageAdapter>
  /** Runs an effect, whether the store is open or not. */
  readonly run: <A, E>(effect: Effect.Effect<A, E>, signal?: AbortSignalLike) => Promise<A>
  readonly iterate: <A, E>(stream: Stream.Stream<A, E>, options: IterateOptions) => Iteration<A>
  /** Fails from the moment on when `close` was called. */
  readonly ensureOpen: (about: About) => Effect.Effect<void, StorageError>
  readonly closedError: (about: About) => StorageError
  /** What is run before the storage is closed. */
  readonly beforeClose: Set<BeforeClose>
  /** Closes the storage, once; fails with the first failure of what was to be run before. */
  readonly close: () => Promise<void>
}

/** Builds the storage; it is released again when that fails or is interrupted. */
export const connect = <E>(storage: Layer.Layer<StorageAdapter, E>): Effect.Effect<Connection, E> => {
  const runtime = ManagedRuntime.make(storage)
  return Effect.map(Effect.onError(runtime.contextEffect, () => runtime.disposeEffect), (context): Connection => {
    const adapter = Context.get(context, StorageAdapter).name
    const iterations = new Set<Stop>()
    const beforeClose = new Set<BeforeClose>()
    let closing: Promise<void> | undefined

    // Not the runtime's own way to run effects: it would interrupt callers before their writes are answered.
    const run: Connection["run"] = (effect, signal) => runPromise(context, effect, signal)

    const stopAll = Effect.promise(() => Promise.all([...iterations].map((stop) => stop())))

    const closeAll = Effect.gen(function*() {
      const stopping = yield* Effect.forkChild(stopAll, { startImmediately: true })
      const saving = yield* Effect.forEach(
        [...beforeClose],
        (effect) => Effect.forkChild(effect, { startImmediately: true })
      )
      // What hangs is not waited for without end; the storage's own closing answers the writes among it.
      yield* Effect.timeoutOption(Fiber.awaitAll([stopping, ...saving]), closeTimeoutDefault)
      yield* runtime.disposeEffect
      yield* Effect.forEach(saving, Fiber.join, { discard: true })
    })

    const closedError: Connection["closedError"] = (about) =>
      new StorageError({ adapter, ...about, reason: new Closed({ outcome: "notApplied" }) })

    const ensureOpen: Connection["ensureOpen"] = (about) =>
      Effect.suspend(() => closing === undefined ? Effect.void : Effect.fail(closedError(about)))

    return {
      context,
      run,
      ensureOpen,
      closedError,
      iterate: (stream, { about, release, signal }) => {
        const stopped: Answer<never> = () =>
          about === undefined ? Promise.resolve(ended) : Promise.reject(closedError(about))
        const iteration = makeIteration(stream, { context, open: iterations, release, signal, stopped })
        if (closing !== undefined) void run(stopAll)
        return iteration
      },
      beforeClose,
      close: () => {
        closing ??= run(closeAll)
        return closing
      }
    }
  })
}
