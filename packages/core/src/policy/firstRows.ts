/**
 * The beginning of a stream as an effect, so that policies for calls apply to streams: a stream that gave
 * its first rows, or ended without any, has begun well.
 *
 * What comes after the first rows is passed through as it is: rows that a caller has seen cannot be taken
 * back, so nothing of a stream is repeated once it has begun.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { StorageError } from "../errors/StorageError.ts"

/** Reads up to the first rows. What a failed beginning holds is let go at once, what a good one holds with the stream. */
const begin = <A>(stream: Stream.Stream<A, StorageError>) =>
  Effect.uninterruptibleMask(Effect.fnUntraced(function*(restore) {
    const scope = yield* Scope.fork(yield* Effect.scope)
    const first = Effect.gen(function*() {
      const pull = yield* Scope.provide(Stream.toPull(stream), scope)
      const rows = yield* Pull.catchDone(Effect.asSome(pull), () => Effect.succeedNone)
      return { pull, rows }
    })
    return yield* Effect.onExit(restore(first), (exit) => Exit.isSuccess(exit) ? Effect.void : Scope.close(scope, exit))
  }))

/** Applies a policy to the beginning of a stream. */
export const atFirstRows = <A>(
  stream: Stream.Stream<A, StorageError>,
  policy: <B, R>(begin: Effect.Effect<B, StorageError, R>) => Effect.Effect<B, StorageError, R>
): Stream.Stream<A, StorageError> =>
  Stream.unwrap(
    Effect.map(policy(begin(stream)), ({ pull, rows }) =>
      Option.match(rows, {
        onNone: () => Stream.empty,
        onSome: (some) => Stream.concat(Stream.fromArray(some), Stream.fromPull(Effect.succeed(pull)))
      }))
  )
