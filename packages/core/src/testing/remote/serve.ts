/**
 * The side of a conversation that has the adapter: opens one and carries out what it is asked to.
 *
 * It goes on until nobody asks any more, then closes the adapter. An adapter that does not open is an answer
 * too: every call fails with the reason.
 */
import * as Effect from "effect/Effect"
import * as RpcServer from "effect/rpc/RpcServer"
import type * as Scope from "effect/Scope"
import { Stdio } from "effect/Stdio"
import * as Stream from "effect/Stream"
import type { StorageError } from "../../errors/StorageError.ts"
import type { PlannedChange } from "../../port/restorations.ts"
import type { StorageAdapter } from "../../port/StorageAdapter.ts"
import type { StorageChange } from "../../port/StorageChange.ts"
import { Calls, subscribed } from "./calls.ts"
import { type Pipes, serverOver } from "./pipes.ts"

type Adapter = StorageAdapter["Service"]
type Opening = Effect.Effect<Adapter, StorageError, Scope.Scope>

/** A change as it is asked of an adapter: what is restored comes as a stream. */
const withStreams = (change: PlannedChange): StorageChange => ({
  ...change,
  operations: change.operations.map((operation) =>
    operation._tag === "Restore" ? { ...operation, entries: Stream.fromIterable(operation.entries) } : operation
  )
})

const handlersOf = (adapter: Effect.Effect<Adapter, StorageError>) => {
  const streamed = <A, E>(use: (adapter: Adapter) => Stream.Stream<A, E>) => Stream.unwrap(Effect.map(adapter, use))
  return Calls.toLayer(Effect.succeed({
    describe: () => Effect.map(adapter, ({ capability, location, name }) => ({ capability, location, name })),
    head: ({ key }) => Effect.flatMap(adapter, ({ head }) => head(key)),
    load: ({ key }) => Effect.flatMap(adapter, ({ load }) => load(key)),
    commit: ({ change }) => Effect.flatMap(adapter, ({ commit }) => commit(withStreams(change))),
    entries: ({ key, range }) => streamed(({ entries }) => entries(key, range)),
    list: ({ query }) => streamed(({ list }) => list(query)),
    changes: () =>
      streamed(({ changes }) =>
        Stream.unwrap(Effect.map(changes, (stream) => Stream.concat(Stream.succeed(subscribed), stream)))
      ),
    readRole: () => Effect.flatMap(adapter, ({ role }) => role.read),
    setRole: ({ expected, next }) => Effect.flatMap(adapter, ({ role }) => role.compareAndSet(expected, next)),
    health: () => streamed(({ health }) => health),
    probe: () => Effect.flatMap(adapter, ({ probe }) => probe),
    recover: ({ mode }) => streamed(({ recover }) => recover(mode))
  }))
}

/** Opens an adapter and serves it to whoever is at the other end, until that end is closed. */
export const serve = Effect.fnUntraced(function*(open: Opening, pipes: Pipes) {
  const opened = yield* Effect.result(open)
  const { ended, protocol } = yield* serverOver(pipes)
  // A call that dies is that caller's; the others go on.
  const server = RpcServer.make(Calls, { disableFatalDefects: true, disableTracing: true }).pipe(
    Effect.provideService(RpcServer.Protocol, protocol),
    Effect.provide(handlersOf(Effect.fromResult(opened)))
  )
  yield* Effect.raceFirst(server, ended)
}, Effect.scoped)

/** Serves an adapter over standard input and output: all that a process which stands for another one does. */
export const serveOverStdio = (open: Opening): Effect.Effect<void, never, Stdio> =>
  Effect.flatMap(Stdio, (stdio) => serve(open, { input: stdio.stdin, output: stdio.stdout() }))
