/**
 * The backends of a switch: opened when somebody needs them, shared by all who do, closed when the last one has left.
 *
 * What a layer fails with is told as a `StorageError` under the backend's name. A backend that failed to open is built
 * anew the next time it is asked for.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RcRef from "effect/RcRef"
import type * as Scope from "effect/Scope"
import { TimedOut, Unavailable } from "../errors/reasons.ts"
import { StorageError } from "../errors/StorageError.ts"
import { StorageAdapter } from "../port/StorageAdapter.ts"

export type Adapter = StorageAdapter["Service"]

/** One backend of a switch. */
export interface Backend {
  readonly name: string
  /** The adapter, until the scope closes. */
  readonly open: Effect.Effect<Adapter, StorageError, Scope.Scope>
}

const failureOf = (name: string, cause: Cause.Cause<unknown>): StorageError => {
  const error = Cause.squash(cause)
  if (error instanceof StorageError) return error
  return new StorageError({
    adapter: name,
    operation: "open",
    reason: new Unavailable({ outcome: "notApplied", what: `the backend ${JSON.stringify(name)}`, cause: error })
  })
}

/** A backend that is not opened yet. It can be opened until the scope closes, which closes it. */
export const makeBackend = Effect.fnUntraced(function*<E, R>(
  name: string,
  layer: Layer.Layer<StorageAdapter, E, R>,
  timeout: Duration.Duration
): Effect.fn.Return<Backend, never, R | Scope.Scope> {
  const context = yield* Effect.context<R>()
  const acquire = Effect.flatMap(Effect.scope, (scope) =>
    // A memory of its own: what was built before is closed by then.
    Layer.buildWithMemoMap(layer, Layer.makeMemoMapUnsafe(), scope).pipe(
      Effect.provideContext(context),
      Effect.map((built) => Context.get(built, StorageAdapter)),
      Effect.timeoutOrElse({
        duration: timeout,
        orElse: () =>
          new StorageError({
            adapter: name,
            operation: "open",
            reason: new TimedOut({ outcome: "notApplied", limitMillis: Duration.toMillis(timeout) })
          })
      }),
      Effect.catchCause((cause) =>
        Cause.hasInterruptsOnly(cause) ? Effect.interrupt : Effect.fail(failureOf(name, cause))
      )
    ))
  const ref = yield* RcRef.make({ acquire })
  return { name, open: RcRef.get(ref) }
})
