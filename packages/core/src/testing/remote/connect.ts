/**
 * The side of a conversation that asks: an adapter whose calls are messages.
 *
 * Its errors are those of the adapter at the other end. When nobody answers any more, what was asked fails as
 * well: a write with `OutcomeUnknown`, because it may have been made, anything else with `Unavailable`.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as RpcClient from "effect/rpc/RpcClient"
import type { RpcClientError } from "effect/rpc/RpcClientError"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { OutcomeUnknown, Unavailable } from "../../errors/reasons.ts"
import { StorageError, type StorageOperation } from "../../errors/StorageError.ts"
import type { Change } from "../../model/Change.ts"
import { readRestorations } from "../../port/restorations.ts"
import type { StorageAdapter } from "../../port/StorageAdapter.ts"
import { Calls } from "./calls.ts"
import { clientOver, type Pipes } from "./pipes.ts"

const what = "the process that has the store open"

// Changes that nobody takes wait here: in the pipe they would be in the way of every answer behind them.
const pendingMax = Number.MAX_SAFE_INTEGER

const gone = (adapter: string, operation: StorageOperation) => (error: StorageError | RpcClientError): StorageError => {
  if (error._tag === "StorageError") return error
  const reason = operation === "commit" || operation === "role"
    ? new OutcomeUnknown({ outcome: "unknown", why: `${what} has ended`, cause: error })
    : new Unavailable({ outcome: "notApplied", what, cause: error })
  return new StorageError({ adapter, operation, reason })
}

/** What never fails in the port has no failure for this. */
const unanswered = (cause: StorageError | RpcClientError) => Effect.die(new Error(`${what} has ended`, { cause }))

/** Connects to an adapter that is served at the other end. `hangUp` asks that end to close it. */
export const connect = Effect.fnUntraced(function*(pipes: Pipes): Effect.fn.Return<
  { readonly adapter: StorageAdapter["Service"]; readonly hangUp: Effect.Effect<void> },
  StorageError,
  Scope.Scope
> {
  const { hangUp, protocol } = yield* clientOver(pipes)
  const client = yield* RpcClient.make(Calls, { disableTracing: true }).pipe(
    Effect.provideService(RpcClient.Protocol, protocol)
  )
  const { capability, location, name } = yield* Effect.mapError(client.describe(), gone("remote", "open"))

  const adapter: StorageAdapter["Service"] = {
    name,
    location,
    capability,
    head: (key) => Effect.mapError(client.head({ key }), gone(name, "head")),
    load: (key) => Effect.mapError(client.load({ key }), gone(name, "load")),
    commit: (change) =>
      Effect.flatMap(
        readRestorations(name, capability, change),
        (read) => Effect.mapError(client.commit({ change: read }), gone(name, "commit"))
      ),
    entries: (key, range) => Stream.mapError(client.entries({ key, range }), gone(name, "entries")),
    list: (query) => Stream.mapError(client.list({ query }), gone(name, "list")),
    changes: Effect.gen(function*() {
      const queue = yield* client.changes(undefined, { asQueue: true, streamBufferSize: pendingMax })
      // The first element says that it is subscribed.
      yield* Queue.take(queue).pipe(
        Effect.catchIf(Cause.isDone, () => Effect.die(new Error("a subscription ends before it begins"))),
        Effect.mapError(gone(name, "changes"))
      )
      return Stream.fromQueue(queue).pipe(
        Stream.mapError(gone(name, "changes")),
        Stream.filter((element): element is Change => element._tag !== "Subscribed")
      )
    }),
    role: {
      read: Effect.mapError(client.readRole(), gone(name, "role")),
      compareAndSet: (expected, next) => Effect.mapError(client.setRole({ expected, next }), gone(name, "role"))
    },
    health: Stream.catch(client.health(), (cause) => Stream.fromEffect(unanswered(cause))),
    probe: Effect.catch(client.probe(), unanswered),
    recover: (mode) => Stream.mapError(client.recover({ mode }), gone(name, "recover"))
  }
  return { adapter, hangUp }
})
