import { assert, describe, it } from "@effect/vitest"
import { type Change, makeChangeFeed, makeKey, Version } from "@holdfast/core"
import { Effect, Exit, Fiber, Scope, Stream } from "effect"

/** How many changes wait for a subscriber before it is told that it missed some. */
const pendingMax = 1024

const key = makeKey("a")
const missed: Change = { _tag: "Missed" }

const changed = (version: number): Change => ({ _tag: "Changed", key, kind: "Chat", version: Version(version) })

/** Changes of the versions from one to another. */
const versions = (from: number, to: number): ReadonlyArray<Change> =>
  Array.from({ length: to - from + 1 }, (_, index) => changed(from + index))

/** A feed with what its subscriber takes: so many changes, in the order in which they come. */
const openWatched = Effect.gen(function*() {
  const feed = makeChangeFeed()
  const stream = yield* feed.subscribe
  return { feed, take: (count: number) => Stream.runCollect(Stream.take(stream, count)) }
})

describe("a feed of changes", () => {
  it.effect("passes on what is published after the subscription, in its order", () =>
    Effect.gen(function*() {
      const feed = makeChangeFeed()
      feed.publish(versions(1, 2))
      const stream = yield* feed.subscribe
      const other = yield* feed.subscribe
      feed.publish([])
      feed.publish(versions(3, 4))
      feed.publish([{ _tag: "Removed", key, kind: "Chat", version: Version(5) }])
      const expected = [...versions(3, 4), { _tag: "Removed", key, kind: "Chat", version: 5 }]
      for (const each of [stream, other]) {
        assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(each, 3)), expected)
      }
    }))

  it.effect("wakes a subscriber that waits", () =>
    Effect.gen(function*() {
      const { feed, take } = yield* openWatched
      const taking = yield* Effect.forkChild(take(2), { startImmediately: true })
      feed.publish([changed(1)])
      yield* Effect.yieldNow
      feed.publish([changed(2)])
      assert.deepStrictEqual(yield* Fiber.join(taking), versions(1, 2))
    }))

  it.effect("misses nothing up to 1024 changes that wait, in one publication or in many", () =>
    Effect.gen(function*() {
      const { feed, take } = yield* openWatched
      feed.publish(versions(1, pendingMax))
      assert.deepStrictEqual(yield* take(pendingMax), versions(1, pendingMax))
      versions(1, pendingMax).forEach((change) => feed.publish([change]))
      assert.deepStrictEqual(yield* take(pendingMax), versions(1, pendingMax))
    }))

  it.effect("tells a subscriber that falls behind once, in the place of what did not fit", () =>
    Effect.gen(function*() {
      const { feed, take } = yield* openWatched
      feed.publish(versions(1, 5 * pendingMax))
      feed.publish([missed, changed(9_999)])
      assert.deepStrictEqual(yield* take(pendingMax + 1), [...versions(1, pendingMax), missed])
      feed.publish(versions(10_000, 10_002))
      assert.deepStrictEqual(yield* take(3), versions(10_000, 10_002))
    }))

  it.effect("tells a subscriber that fell behind again when it does so again", () =>
    Effect.gen(function*() {
      const { feed, take } = yield* openWatched
      for (const from of [1, 10_000, 20_000]) {
        feed.publish(versions(from, from + 2 * pendingMax))
        assert.deepStrictEqual(yield* take(pendingMax + 1), [...versions(from, from + pendingMax - 1), missed])
      }
    }))

  it.effect("passes on that changes were missed, and may leave out what follows until that was taken", () =>
    Effect.gen(function*() {
      const { feed, take } = yield* openWatched
      feed.publish([changed(1), missed, missed])
      assert.deepStrictEqual(yield* take(2), [changed(1), missed])
      feed.publish([changed(2)])
      assert.deepStrictEqual(yield* take(1), [changed(2)])
    }))

  it.effect("judges every subscriber by itself", () =>
    Effect.gen(function*() {
      const feed = makeChangeFeed()
      const [quick, slow] = yield* Effect.all([feed.subscribe, feed.subscribe])
      const read: Array<Change> = []
      yield* Effect.forkChild(Stream.runForEach(quick, (change) => Effect.sync(() => read.push(change))), {
        startImmediately: true
      })
      for (const change of versions(1, 2 * pendingMax)) {
        feed.publish([change])
        yield* Effect.yieldNow
      }
      assert.deepStrictEqual(read, versions(1, 2 * pendingMax))
      const [last] = (yield* Stream.runCollect(Stream.take(slow, pendingMax + 1))).slice(-1)
      assert.deepStrictEqual(last, missed)
    }))

  it.effect("ends a subscription with its scope, and that of nobody else", () =>
    Effect.gen(function*() {
      const feed = makeChangeFeed()
      const scope = yield* Scope.make()
      const ending = yield* Scope.provide(feed.subscribe, scope)
      const other = yield* feed.subscribe
      const reading = yield* Effect.forkChild(Effect.exit(Stream.runDrain(ending)), { startImmediately: true })
      yield* Scope.close(scope, Exit.void)
      yield* Fiber.await(reading)
      assert.notStrictEqual(reading.pollUnsafe(), undefined)
      feed.publish([changed(1)])
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(other, 1)), [changed(1)])
    }))
})
