import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { keyProblem, makeKey, SessionStore } from "@holdfast/core"
import { DateTime, Effect, Layer, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import { fieldsOf } from "../errors/fieldsOf.ts"
import { Chat, draft, hello, hi, openChats, openRecorded } from "./chats.ts"

class Chats extends SessionStore.Service<Chats>()("test/Chats", Chat) {}

describe("create", () => {
  it.effect("saves a session and answers with all of it", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      yield* TestClock.setTime(5_000)
      const saved = yield* chats.create(draft, { id: "a", namespace: ["acct", "org"], entries: [hello, hi] })
      assert.deepStrictEqual(saved.key, { namespace: ["acct", "org"], id: "a" })
      assert.deepStrictEqual(saved.state, draft)
      assert.strictEqual(saved.entryCount, 2)
      assert.deepStrictEqual([saved.createdAt, saved.updatedAt].map(DateTime.toEpochMillis), [5_000, 5_000])
      const { receipt, ...session } = saved
      assert.deepStrictEqual(yield* chats.load(saved.key), session)
      assert.strictEqual(receipt.version, saved.version)
    }))

  it.effect("answers with a receipt of what it took", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const { receipt, version } = yield* chats.create(draft, { id: "a" })
      assert.deepStrictEqual(receipt, {
        key: makeKey("a"),
        version,
        adapter: "memory",
        location: "memory",
        durability: "volatile",
        protocol: "memory",
        attempts: 1,
        failures: [],
        degraded: Option.none()
      })
    }))

  it.effect("draws an id that was not drawn before", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const saved = yield* Effect.forEach(Array(100).keys(), () => chats.create(draft, { namespace: ["acct"] }))
      assert.strictEqual(new Set(saved.map(({ key }) => key.id)).size, 100)
      for (const { key } of saved) assert.deepStrictEqual(keyProblem(key), Option.none())
    }))

  it.effect("refuses a key that is taken and changes nothing", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const first = yield* chats.create(draft, { id: "a", entries: [hello] })
      const error = yield* Effect.flip(chats.create({ title: "Other", pinned: true }, { id: "a", entries: [hi] }))
      assert.deepStrictEqual(fieldsOf(error), { _tag: "SessionExists", key: first.key })
      const { receipt: _, ...session } = first
      assert.deepStrictEqual(yield* chats.load("a"), session)
    }))

  it.effect("gives a key to one of many who ask at once", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const results = yield* Effect.forEach(
        Array.from({ length: 20 }, (_, index) => `${index}`),
        (title) => Effect.result(chats.create({ title, pinned: false }, { id: "a" })),
        { concurrency: "unbounded" }
      )
      const created = results.filter((result) => result._tag === "Success")
      assert.strictEqual(created.length, 1)
      assert.strictEqual((yield* chats.load("a")).state.title, created[0]?.success.state.title)
    }))

  it.effect("takes the same id in another namespace for another session", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      yield* chats.create(draft, { id: "a" })
      yield* chats.create({ title: "Below", pinned: true }, { id: "a", namespace: ["n"] })
      assert.strictEqual((yield* chats.load("a")).state.title, "Draft")
      assert.strictEqual((yield* chats.load(makeKey("a", ["n"]))).state.title, "Below")
    }))

  it.effect("refuses an invalid id or namespace before the adapter hears of it", () =>
    Effect.gen(function*() {
      const { calls, store } = yield* openRecorded(Chat)
      for (const options of [{ id: "" }, { id: "a/b" }, { namespace: [".."] }, { namespace: "acct" as never }]) {
        const error = yield* Effect.flip(store.create(draft, options))
        assert.isTrue(
          error._tag === "StorageError" && error.reason._tag === "InvalidKey" && error.outcome === "notApplied"
        )
      }
      assert.deepStrictEqual(calls, [])
    }))

  it.effect("keeps a value of its own: later changes of the caller's object change nothing", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const state = { title: "Before", pinned: false }
      const namespace = ["acct"]
      const saved = yield* chats.create(state, { id: "a", namespace })
      state.title = "After"
      namespace[0] = "other"
      assert.strictEqual((yield* chats.load(makeKey("a", ["acct"]))).state.title, "Before")
      assert.deepStrictEqual((yield* chats.list()).sessions.map(({ key }) => key), [makeKey("a", ["acct"])])
      assert.isDefined(saved)
    }))
})

describe("a service class", () => {
  it.effect("is provided by its layer over an adapter", () =>
    Effect.gen(function*() {
      const chats = yield* Chats
      const { key } = yield* chats.create(draft, { entries: [hello] })
      const entries = yield* Stream.runCollect(chats.entries(key))
      assert.strictEqual(entries.length, 1)
    }).pipe(Effect.provide(Layer.provide(Chats.layer, MemoryAdapter.layer))))

  it("names its definition", () => {
    assert.strictEqual(Chats.definition, Chat)
    assert.strictEqual(Chats.key, "test/Chats")
  })
})
