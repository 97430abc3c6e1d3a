/**
 * Those who watch a store whose backend changes: their subscription goes on over every cut-over.
 *
 * A watcher is subscribed to the next backend before that takes its first write. What others wrote to the one before,
 * and it had not told yet, is `Missed`. What switches set aside is not told: listings of an app do not show it either.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { StorageError } from "../errors/StorageError.ts"
import type { Change } from "../model/Change.ts"
import { type ChangeFeed, makeChangeFeed } from "../port/changeFeed.ts"
import { isAside } from "./aside.ts"
import { type Helm, leaveSeat, type Seat } from "./helm.ts"

/** One subscription: what the current backend tells goes into its feed. */
interface Watcher {
  readonly feed: ChangeFeed
  readonly failed: Deferred.Deferred<never, StorageError>
  readonly parent: Scope.Scope
  /** The scope of the subscription to the current backend. */
  scope: Scope.Closeable
}

/** A watcher's subscription to a backend, which nobody reads yet. */
export interface Prepared {
  readonly watcher: Watcher
  readonly scope: Scope.Closeable
  readonly stream: Stream.Stream<Change, StorageError>
}

/** Whether something may not have been told when watchers go over from one backend to another one. */
type Gap = "none" | "possible"

// How often the readers of the former backend get a turn: what it has told them by then is passed on.
const turnsMax = 64

/** Subscribes a watcher to a backend, which stays open as long as the subscription. */
const prepare = Effect.fnUntraced(function*(seat: Seat, watcher: Omit<Watcher, "scope">) {
  const scope = yield* Scope.fork(watcher.parent)
  const use = Effect.acquireRelease(Effect.sync(() => seat.users++), () => leaveSeat(seat))
  const stream = yield* Effect.andThen(use, seat.adapter.changes).pipe(
    Scope.provide(scope),
    Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
  )
  return { scope, stream }
})

/** Passes on what a backend tells, until its scope closes. */
const read = ({ scope, stream, watcher: { failed, feed } }: Prepared) =>
  Effect.forkIn(
    Effect.catch(
      Stream.runForEach(stream, (change) =>
        Effect.sync(() => {
          if (change._tag === "Missed" || !isAside(change.key.namespace)) feed.publish([change])
        })),
      (error) => Deferred.fail(failed, error)
    ),
    scope,
    { startImmediately: true }
  )

/** Lets subscriptions go that come to nothing. */
const forget = (prepared: ReadonlyArray<Prepared>): Effect.Effect<void> =>
  Effect.forEach(prepared, ({ scope }) => Scope.close(scope, Exit.void), { discard: true })

/** Takes watchers over to what was prepared. */
const moveTo = Effect.fnUntraced(function*(prepared: ReadonlyArray<Prepared>, gap: Gap) {
  for (let turn = 0; turn < turnsMax && prepared.length > 0; turn++) yield* Effect.yieldNow
  for (const each of prepared) {
    const { watcher } = each
    yield* Scope.close(watcher.scope, Exit.void)
    watcher.scope = each.scope
    if (gap === "possible") watcher.feed.publish([{ _tag: "Missed" }])
    yield* read(each)
  }
})

/** Starts with nobody watching. */
export const makeWatchers = (helm: Helm) => {
  const watchers = new Set<Watcher>()

  /** Subscribes for the length of the scope. Waits while a switch holds writes up. */
  const changes = Effect.gen(function*() {
    const parent = yield* Effect.scope
    const feed = makeChangeFeed()
    const failed = yield* Deferred.make<never, StorageError>()
    const told = yield* feed.subscribe
    const start = Effect.fnUntraced(function*(seat: Seat) {
      const own = { feed, failed, parent }
      const { scope, stream } = yield* prepare(seat, own)
      const watcher: Watcher = { ...own, scope }
      yield* read({ watcher, scope, stream })
      yield* Effect.acquireRelease(
        Effect.sync(() => watchers.add(watcher)),
        () => Effect.sync(() => watchers.delete(watcher))
      ).pipe(Scope.provide(parent))
    })
    yield* Effect.scoped(Effect.flatMap(helm.sitToWrite("changes", undefined), start))
    return Stream.interruptWhen(told, Deferred.await(failed))
  })

  /** Subscribes everybody to the next backend, or nobody. */
  const prepareAll = Effect.fnUntraced(function*(seat: Seat) {
    const prepared: Array<Prepared> = []
    yield* Effect.forEach(
      watchers,
      (watcher) => Effect.map(prepare(seat, watcher), (one) => prepared.push({ watcher, ...one })),
      { discard: true }
    ).pipe(Effect.onError(() => forget(prepared)))
    return prepared
  })

  return { changes, prepareAll, forget, moveTo }
}

export type Watchers = ReturnType<typeof makeWatchers>
