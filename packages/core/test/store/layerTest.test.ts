import { assert, describe, it } from "@effect/vitest"
import { type Change, Session, SessionStore } from "@holdfast/core"
import { Context, Effect, Exit, Fiber, Layer, Option, Schema, Scope, Stream } from "effect"
import { Chat, draft, hello } from "./chats.ts"

class Chats extends SessionStore.Service<Chats>()("test/TestedChats", Chat) {}

const Note = Session.define("Note", {
  state: Schema.String,
  summary: { schema: Schema.Int, of: ({ length }) => length }
})

class Notes extends SessionStore.Service<Notes>()("test/TestedNotes", Note) {}

/** Creates the session `a`, which must not be there, and answers how many there are. */
const createOne = Effect.gen(function*() {
  const chats = yield* Chats
  yield* chats.create(draft, { id: "a" })
  return (yield* chats.list()).sessions.length
})

describe("layerTest", () => {
  it.effect("is a store that works by itself, in memory", () =>
    Effect.gen(function*() {
      const chats = yield* Chats
      const stream = yield* chats.changes()
      const saved = yield* chats.create(draft, { id: "a", entries: [hello] })
      assert.deepStrictEqual([saved.receipt.adapter, saved.receipt.durability], ["memory", "volatile"])
      assert.strictEqual((yield* chats.append("a", [hello])).entryCount, 2)
      assert.strictEqual((yield* chats.fork("a", { id: "b" })).entryCount, 2)
      assert.strictEqual((yield* Stream.runCollect(Stream.take(stream, 3))).length, 3)
      yield* chats.remove("a")
      assert.isTrue(Option.isNone(yield* chats.find("a")))
    }).pipe(Effect.provide(Chats.layerTest)))

  it.effect("is empty in every build, one after the other and side by side", () =>
    Effect.gen(function*() {
      const one = Effect.provide(Effect.tap(createOne, Effect.yieldNow), Chats.layerTest)
      const counts = [yield* one, yield* one, ...yield* Effect.all([one, one, one], { concurrency: "unbounded" })]
      assert.deepStrictEqual(counts, [1, 1, 1, 1, 1])
    }))

  it.effect("built twice at the same time is two stores, which see nothing of each other", () =>
    Effect.gen(function*() {
      const build = Effect.map(Layer.build(Layer.fresh(Chats.layerTest)), (built) => Context.get(built, Chats))
      const [first, second] = [yield* build, yield* build]
      const seen: Array<Change> = []
      const watching = yield* Effect.forkChild(
        Stream.runForEach(yield* second.changes(), (change) => Effect.sync(() => seen.push(change))),
        { startImmediately: true }
      )
      yield* first.create(draft, { id: "a" })
      yield* Effect.yieldNow
      assert.deepStrictEqual([(yield* second.list()).sessions, seen], [[], []])
      yield* second.create(draft, { id: "a" })
      yield* Fiber.interrupt(watching)
    }))

  it.effect("of two definitions serves both, each with its own kind", () =>
    Effect.gen(function*() {
      const [chats, notes] = [yield* Chats, yield* Notes]
      yield* chats.create(draft, { id: "chat" })
      yield* notes.create("text", { id: "note" })
      assert.deepStrictEqual((yield* chats.list()).sessions.map(({ key }) => key.id), ["chat"])
      assert.deepStrictEqual((yield* notes.list()).sessions.map(({ summary }) => summary), [4])
    }).pipe(Effect.provide([Chats.layerTest, Notes.layerTest])))

  it.effect("is closed with its scope", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const chats = Context.get(yield* Scope.provide(Layer.build(Chats.layerTest), scope), Chats)
      yield* chats.create(draft, { id: "a" })
      yield* Scope.close(scope, Exit.void)
      for (const call of [chats.load("a"), chats.create(draft)]) {
        const error = yield* Effect.flip<unknown, { readonly _tag: string; readonly reason?: unknown }, never>(call)
        assert.deepInclude(error.reason, { _tag: "Closed", outcome: "notApplied" })
      }
    }))
})
