import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import {
  type Durability,
  DurabilityNotMet,
  type KeyInput,
  makeKey,
  SessionStore,
  type StorageAdapter,
  StorageError,
  type StoreOptions
} from "@holdfast/core"
import { Effect, Layer, Stream } from "effect"
import { Chat, draft, hello, type openChats, recording, storeOver } from "./chats.ts"

type Store = Effect.Success<typeof openChats>

const writesOf = (chats: Store, key: KeyInput): Record<string, Effect.Effect<unknown, unknown>> => ({
  create: chats.create(draft, { id: "a" }),
  save: chats.save(key, draft),
  update: chats.update(key, (state) => state),
  append: chats.append(key, [hello]),
  appendNothing: chats.append(key, []),
  commit: chats.commit(key, { state: draft, entries: [hello] }),
  remove: chats.remove(key)
})

/** A memory that promises one durability and reaches another. */
const openGraded = Effect.fnUntraced(function*(
  grades: { readonly promised: Durability; readonly reached: Durability },
  options: StoreOptions
) {
  const memory = yield* MemoryAdapter.make()
  const { calls, recorder } = recording(
    {
      ...memory,
      capability: { ...memory.capability, durability: grades.promised },
      commit: (change) => Effect.map(memory.commit(change), (receipt) => ({ ...receipt, durability: grades.reached }))
    } satisfies StorageAdapter["Service"]
  )
  return { calls, memory, chats: yield* storeOver(recorder, Chat, options) }
})

const volatile = { promised: "volatile", reached: "volatile" } as const

describe("a store that requires more than its adapter promises", () => {
  it.effect("refuses every write before the adapter hears of it", () =>
    Effect.gen(function*() {
      const { calls, chats } = yield* openGraded(volatile, { require: "flushed" })
      for (const [name, write] of Object.entries(writesOf(chats, makeKey("a")))) {
        const error = yield* Effect.flip(write)
        assert.instanceOf(error, StorageError, name)
        assert.deepStrictEqual([error.reason._tag, error.outcome, error.remedy], [
          "Unsupported",
          "notApplied",
          "caller"
        ], name)
        assert.strictEqual(
          error.message,
          "memory.commit \"a\": not supported here: flushed durability; nothing was changed"
        )
      }
      assert.deepStrictEqual(calls, [])
    }))

  it.effect("refuses an invalid key as one", () =>
    Effect.gen(function*() {
      const { chats } = yield* openGraded(volatile, { require: "flushed" })
      for (const key of ["", "a/b", { id: "a" } as never, null as never]) {
        const { create: _, ...writes } = writesOf(chats, key)
        for (const [name, write] of Object.entries(writes)) {
          const error = yield* Effect.flip(write)
          assert.instanceOf(error, StorageError, name)
          assert.strictEqual(error.reason._tag, "InvalidKey", name)
        }
      }
    }))

  it.effect("reads and lists as ever", () =>
    Effect.gen(function*() {
      const { chats, memory } = yield* openGraded(volatile, { require: "flushed" })
      yield* (yield* storeOver(memory, Chat)).create(draft, { id: "a", entries: [hello] })
      assert.deepStrictEqual((yield* chats.load("a")).state, draft)
      assert.strictEqual((yield* chats.list()).sessions.length, 1)
      assert.strictEqual((yield* Stream.runCollect(chats.entries("a"))).length, 1)
    }))
})

describe("a store that requires what its adapter promises", () => {
  it.effect.each<readonly [promised: Durability, required: Durability | undefined]>([
    ["volatile", undefined],
    ["volatile", "volatile"],
    ["flushed", "buffered"],
    ["flushed", "flushed"],
    ["replicated", "flushed"]
  ])("writes as ever where %s is promised and %s required", ([promised, required]) =>
    Effect.gen(function*() {
      const { chats } = yield* openGraded({ promised, reached: promised }, { require: required })
      const writes = writesOf(chats, makeKey("a"))
      yield* Effect.forEach(Object.values(writes), (write) => write)
    }))

  it.effect("fails where one write lands lower, with the receipt of what did happen", () =>
    Effect.gen(function*() {
      const { chats, memory } = yield* openGraded({ promised: "flushed", reached: "buffered" }, { require: "flushed" })
      const plain = yield* storeOver(memory, Chat)
      const error = yield* Effect.flip(chats.create(draft, { id: "a" }))
      const stored = yield* plain.load("a")
      assert.instanceOf(error, StorageError)
      assert.instanceOf(error.reason, DurabilityNotMet)
      assert.deepStrictEqual([error.outcome, error.remedy, error.key], ["applied", "caller", makeKey("a")])
      assert.deepInclude({ ...error.reason.receipt }, {
        key: makeKey("a"),
        version: stored.version,
        durability: "buffered"
      })
      assert.strictEqual(
        error.message,
        "memory.commit \"a\": the write is buffered, flushed is required; the change was applied"
      )
    }))

  it.effect("says so of every write, each of which is applied once", () =>
    Effect.gen(function*() {
      const { chats, memory } = yield* openGraded({ promised: "flushed", reached: "volatile" }, { require: "flushed" })
      for (const [name, write] of Object.entries(writesOf(chats, makeKey("a")))) {
        const error = yield* Effect.flip(write)
        assert.instanceOf(error, StorageError, name)
        assert.strictEqual(error.reason._tag, "DurabilityNotMet", name)
        if (name === "commit") assert.strictEqual((yield* (yield* storeOver(memory, Chat)).load("a")).entryCount, 2)
      }
    }))

  it.effect("answers a refused precondition as one, whatever it requires", () =>
    Effect.gen(function*() {
      const { chats } = yield* openGraded({ promised: "flushed", reached: "buffered" }, { require: "flushed" })
      assert.strictEqual((yield* Effect.flip(chats.remove("a")))._tag, "SessionNotFound")
    }))
})

class Chats extends SessionStore.Service<Chats>()("test/DurableChats", Chat) {}

describe("layerWith", () => {
  it.effect("asks for a durability", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip((yield* Chats).create(draft))
      assert.isTrue(error._tag === "StorageError" && error.reason._tag === "Unsupported")
    }).pipe(Effect.provide(Layer.provide(Chats.layerWith({ require: "flushed" }), MemoryAdapter.layer))))
})
