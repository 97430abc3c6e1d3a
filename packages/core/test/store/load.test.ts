import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { makeKey, type StorageError } from "@holdfast/core"
import { Effect, Exit, Option, Scope } from "effect"
import { Chat, draft, openChats, storeOver } from "./chats.ts"

describe("load", () => {
  it.effect("gives back what was saved, by key and by plain id", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const { receipt: _, ...session } = yield* chats.create(draft, { id: "a" })
      assert.deepStrictEqual(yield* chats.load("a"), session)
      assert.deepStrictEqual(yield* chats.load(makeKey("a")), session)
    }))

  it.effect("fails for a session that is known to be absent, naming its key", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const error = yield* Effect.flip(chats.load(makeKey("a", ["n"])))
      assert.isTrue(error._tag === "SessionNotFound" && error.key.id === "a")
      assert.strictEqual(error.message, "no session \"n/a\"")
    }))
})

describe("find", () => {
  it.effect("answers none for a session that is known to be absent", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      assert.deepStrictEqual(yield* chats.find("a"), Option.none())
    }))

  it.effect("answers what load gives", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      yield* chats.create(draft, { id: "a" })
      assert.deepStrictEqual(yield* chats.find("a"), Option.some(yield* chats.load("a")))
    }))
})

describe("what cannot be read", () => {
  it.effect("is a failure, never absence", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const adapter = yield* Scope.provide(MemoryAdapter.make(), scope)
      const chats = yield* storeOver(adapter, Chat)
      yield* Scope.close(scope, Exit.void)
      const calls: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
        chats.load("a"),
        chats.find("a"),
        chats.list(),
        chats.save("a", draft),
        chats.update("a", (state) => state)
      ]
      const errors = yield* Effect.forEach(calls, (call) => Effect.flip(call) as Effect.Effect<StorageError>)
      assert.deepStrictEqual(errors.map((error) => error.reason._tag), calls.map(() => "Closed"))
    }))
})

describe("an invalid key", () => {
  it.effect("fails every method with InvalidKey, and a malformed one does not throw", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const keys: ReadonlyArray<unknown> = ["", "a/b", { namespace: "n", id: "a" }, { id: "a" }, null, undefined, 5]
      for (const key of keys as ReadonlyArray<never>) {
        const calls: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
          chats.load(key),
          chats.find(key),
          chats.save(key, draft),
          chats.update(key, (state) => state),
          chats.append(key, []),
          chats.commit(key, { state: draft, entries: [] }),
          chats.remove(key)
        ]
        const errors = yield* Effect.forEach(calls, (call) => Effect.flip(call) as Effect.Effect<StorageError>)
        assert.deepStrictEqual(errors.map((error) => error.reason?._tag), calls.map(() => "InvalidKey"))
      }
    }))
})
