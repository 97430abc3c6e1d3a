/**
 * The feed of changes: from where writes are done to whoever watches the store.
 *
 * Publishing never waits. A subscriber that falls behind by more than `pendingMax` changes gets
 * `Missed` in the place of those that do not fit: what is dropped after it was queued happened before
 * the subscriber takes it, so a listing made then shows it.
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Change } from "../model/Change.ts"

// A subscriber that is this far behind lists the store faster than it reads one change after the other.
const pendingMax = 1024

/** Passes changes on to those who subscribed. */
export interface ChangeFeed {
  /** Queues changes for every subscriber, at once and without waiting. */
  readonly publish: (changes: ReadonlyArray<Change>) => void
  /** Subscribes for the length of the scope; what is published from then on is in the stream, which is read once. */
  readonly subscribe: Effect.Effect<Stream.Stream<Change>, never, Scope.Scope>
}

const missed: Change = { _tag: "Missed" }

/** One subscriber: takes changes until its queue is full, then `Missed`, then nothing until that was taken. */
const makeSubscriber = (queue: Queue.Queue<Change, Cause.Done>) => {
  let isBehind = false
  return (change: Change): void => {
    // `Missed` is queued last, so it was taken when the queue is empty.
    if (isBehind && Queue.sizeUnsafe(queue) > 0) return
    isBehind = Queue.sizeUnsafe(queue) >= pendingMax || change._tag === "Missed"
    Queue.offerUnsafe(queue, isBehind ? missed : change)
  }
}

/** Makes a feed without subscribers. */
export const makeChangeFeed = (): ChangeFeed => {
  const subscribers = new Set<(change: Change) => void>()
  return {
    publish: (changes) => {
      for (const subscriber of subscribers) changes.forEach(subscriber)
    },
    subscribe: Effect.gen(function*() {
      const queue = yield* Effect.acquireRelease(Queue.unbounded<Change, Cause.Done>(), Queue.end)
      const subscriber = makeSubscriber(queue)
      yield* Effect.acquireRelease(
        Effect.sync(() => subscribers.add(subscriber)),
        () => Effect.sync(() => subscribers.delete(subscriber))
      )
      return Stream.fromQueue(queue)
    })
  }
}
