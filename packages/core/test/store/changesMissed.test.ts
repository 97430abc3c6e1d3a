/** Watches that come to their end, fail, or miss something. */
import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { type Change, makeKey, type StorageError } from "@holdfast/core"
import { Effect, Exit, Fiber, Scope, Stream } from "effect"
import { Chat, draft, hello, openChats, storeOver } from "./chats.ts"

const missed: Change = { _tag: "Missed" }

const reasonOf = ({ operation, outcome, reason }: StorageError) => [reason._tag, operation, outcome]

const closed = ["Closed", "changes", "notApplied"]

/** Chats over a memory that can be closed. */
const openClosable = Effect.gen(function*() {
  const scope = yield* Scope.make()
  const adapter = yield* Scope.provide(MemoryAdapter.make(), scope)
  return { chats: yield* storeOver(adapter, Chat), close: Scope.close(scope, Exit.void) }
})

describe("a watch of a store that is closed", () => {
  it.effect("fails with that while it waits", () =>
    Effect.gen(function*() {
      const { chats, close } = yield* openClosable
      const stream = yield* chats.changes({ namespace: ["acct"] })
      const reading = yield* Effect.forkChild(Effect.flip(Stream.runDrain(stream)), { startImmediately: true })
      yield* close
      assert.deepStrictEqual(reasonOf(yield* Fiber.join(reading)), closed)
    }))

  it.effect("fails with that when it is read afterwards, whatever it had to say", () =>
    Effect.gen(function*() {
      const { chats, close } = yield* openClosable
      const stream = yield* chats.changes()
      yield* chats.create(draft)
      yield* close
      assert.deepStrictEqual(reasonOf(yield* Effect.flip(Stream.runDrain(stream))), closed)
    }))

  it.effect("cannot begin", () =>
    Effect.gen(function*() {
      const { chats, close } = yield* openClosable
      yield* close
      assert.deepStrictEqual(reasonOf(yield* Effect.flip(chats.changes())), closed)
    }))

  it.effect("leaves the watch of another adapter over the same memory as it is", () =>
    Effect.gen(function*() {
      const memory = MemoryAdapter.makeMemory()
      const scope = yield* Scope.make()
      const first = yield* storeOver(yield* Scope.provide(MemoryAdapter.make(memory), scope), Chat)
      const second = yield* storeOver(yield* MemoryAdapter.make(memory), Chat)
      const [ending, going] = yield* Effect.all([first.changes(), second.changes()])
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(reasonOf(yield* Effect.flip(Stream.runDrain(ending))), closed)
      const { version } = yield* second.create(draft, { id: "a" })
      const seen = yield* Stream.runCollect(Stream.take(going, 1))
      assert.deepStrictEqual(seen, [{ _tag: "Changed", key: makeKey("a"), kind: "Chat", version }])
    }))
})

describe("a watch", () => {
  it.effect("ends with its scope, also for whoever waits for the next change", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const scope = yield* Scope.make()
      const stream = yield* Scope.provide(chats.changes(), scope)
      const reading = yield* Effect.forkChild(Effect.exit(Stream.runDrain(stream)), { startImmediately: true })
      yield* chats.create(draft)
      assert.strictEqual(reading.pollUnsafe(), undefined)
      yield* Scope.close(scope, Exit.void)
      yield* Fiber.await(reading)
      yield* chats.create(draft)
    }))

  it.effect("lives as long as the stream that it is unwrapped into", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const watching = yield* Effect.forkChild(
        Stream.runCollect(Stream.take(Stream.unwrap(chats.changes()), 2)),
        { startImmediately: true }
      )
      yield* Effect.yieldNow
      const all = [yield* chats.create(draft), yield* chats.create(draft)]
      const seen = yield* Fiber.join(watching)
      assert.deepStrictEqual(
        seen.map((change) => change._tag === "Changed" && change.version),
        all.map(({ version }) => version)
      )
    }))

  it.effect("passes on that something was missed, whatever namespace and kind it is of", () =>
    Effect.gen(function*() {
      const adapter = yield* MemoryAdapter.make()
      const told: ReadonlyArray<Change> = [
        missed,
        { _tag: "Changed", key: makeKey("a"), kind: "Chat", version: 5 as never },
        { _tag: "Removed", key: makeKey("a", ["acct"]), kind: "Note", version: 6 as never },
        missed
      ]
      const chats = yield* storeOver({ ...adapter, changes: Effect.succeed(Stream.fromIterable(told)) }, Chat)
      const seen = yield* Stream.runCollect(yield* chats.changes({ namespace: ["acct"] }))
      assert.deepStrictEqual(seen, [missed, missed])
    }))

  it.effect("passes on its adapter's failures, of the subscription and of the stream", () =>
    Effect.gen(function*() {
      const adapter = yield* MemoryAdapter.make()
      const failure = yield* Effect.flip(adapter.load(makeKey("")))
      const unable = yield* storeOver({ ...adapter, changes: Effect.fail(failure) }, Chat)
      assert.strictEqual(yield* Effect.flip(unable.changes()), failure)
      const failing = yield* storeOver({ ...adapter, changes: Effect.succeed(Stream.fail(failure)) }, Chat)
      assert.strictEqual(yield* Effect.flip(Stream.runDrain(yield* failing.changes())), failure)
    }))
})

describe("a watcher that is slow", () => {
  const many = 3_000

  it.effect("is told that it missed something, and a listing made then shows what it was", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      yield* chats.create(draft, { id: "a" })
      const stream = yield* chats.changes()
      yield* Effect.forEach(Array(many).keys(), () => chats.save("a", draft), { discard: true })
      const last = yield* chats.create(draft, { id: "last" })
      const seen = yield* Stream.runCollect(Stream.takeUntil(stream, ({ _tag }) => _tag === "Missed"))
      assert.isBelow(seen.length, many)
      assert.strictEqual(seen.filter(({ _tag }) => _tag === "Missed").length, 1)
      const { sessions } = yield* chats.list({ order: "id" })
      assert.deepStrictEqual(sessions.map(({ key }) => key.id), ["a", "last"])
      const next = yield* chats.append("last", [hello])
      assert.isAbove(next.version, last.version)
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(stream, 1)), [
        { _tag: "Changed", key: next.key, kind: "Chat", version: next.version }
      ])
    }))

  it.effect("holds up no write and no other watcher", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      yield* chats.create(draft, { id: "a" })
      const slow = yield* chats.changes()
      const quick = yield* chats.changes()
      const reading = yield* Effect.forkChild(Stream.runCollect(Stream.take(quick, many)), { startImmediately: true })
      yield* Effect.forEach(Array(many).keys(), () => Effect.andThen(chats.save("a", draft), Effect.yieldNow), {
        discard: true
      })
      const seen = yield* Fiber.join(reading)
      assert.isTrue(seen.every(({ _tag }) => _tag === "Changed"))
      const late = yield* Stream.runCollect(Stream.takeUntil(slow, ({ _tag }) => _tag === "Missed"))
      assert.deepStrictEqual(late.slice(0, -1), seen.slice(0, late.length - 1))
    }))
})
