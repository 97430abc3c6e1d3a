import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { makeKey } from "@holdfast/core"
import { Effect, Schema, Stream } from "effect"
import { Chat, draft, openRecorded, storeOver } from "./chats.ts"
import { type Adapter, openTalk, refused, source, storedEntries } from "./forks.ts"

describe("a fork that cannot be made", () => {
  it.effect("because its target is there fails with that and changes neither", () =>
    Effect.gen(function*() {
      const { adapter, chats } = yield* openTalk
      const notes = yield* storeOver(adapter, { ...Chat, kind: "Note" })
      yield* chats.create(draft, { id: "chat", namespace: source.namespace })
      yield* notes.create(draft, { id: "note", namespace: source.namespace })
      const { key: empty } = yield* chats.create(draft, { id: "empty", namespace: source.namespace })
      for (const from of [source, empty]) {
        for (const id of ["chat", "note", from.id]) {
          const error = yield* refused(adapter, chats.fork(from, { id }))
          assert.isTrue(error._tag === "SessionExists" && error.key.id === id)
        }
      }
    }))

  it.effect("because its source is absent or removed fails with that, also where the target is there", () =>
    Effect.gen(function*() {
      const { adapter, chats } = yield* openTalk
      const gone = yield* chats.create(draft, { id: "gone" })
      yield* chats.remove(gone.key)
      yield* chats.create(draft, { id: "there" })
      for (const key of ["missing", "gone"]) {
        for (const id of ["b", "there", key]) {
          const error = yield* refused(adapter, chats.fork(key, { id }))
          assert.isTrue(error._tag === "SessionNotFound" && error.key.id === key)
        }
      }
    }))

  it.effect("because a key is invalid is refused before the adapter hears of it", () =>
    Effect.gen(function*() {
      const { calls, store } = yield* openRecorded(Chat)
      const calling: ReadonlyArray<ReturnType<typeof store.fork>> = [
        store.fork(""),
        store.fork("a/b"),
        store.fork(null as never),
        store.fork({ id: "a" } as never),
        store.fork("a", { id: "" }),
        store.fork("a", { id: ".." }),
        store.fork("a", { id: 5 as never }),
        store.fork("a", { namespace: ["a", ""] }),
        store.fork("a", { namespace: "acct" as never })
      ]
      for (const call of calling) {
        const error = yield* Effect.flip(call)
        assert.isTrue(error._tag === "StorageError" && error.reason._tag === "InvalidKey")
      }
      assert.deepStrictEqual(calls, [])
    }))

  it.effect("because its source's state does not decode names the source, without content", () =>
    Effect.gen(function*() {
      const { adapter, chats } = yield* openTalk
      const key = makeKey("broken")
      const body = JSON.stringify({ title: 5, pinned: "SECRET" })
      const put = { _tag: "Put", key, expect: "any", kind: "Chat", schemaVersion: 1, summary: "{}", body } as const
      yield* adapter.commit({ writeId: "w", operations: [put] })
      const error = yield* refused(adapter, chats.fork(key, { id: "b" }))
      assert.isTrue(error._tag === "SessionInvalid" && error.reason._tag === "NotDecodable" && error.key.id === key.id)
      assert.notInclude(error.message, "SECRET")
    }))
})

describe("a fork of a session with an entry", () => {
  /** A store whose adapter reads the entries in a way of its own. */
  const openBroken = Effect.fnUntraced(function*(broken: (adapter: Adapter) => Adapter["entries"]) {
    const { adapter } = yield* openTalk
    return { adapter, chats: yield* storeOver({ ...adapter, entries: broken(adapter) }, Chat) }
  })

  it.effect("that cannot be read fails with that entry's error, and makes nothing", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip((yield* MemoryAdapter.make()).load(makeKey("")))
      const torn = { _tag: "UnreadableEntry", index: 1, error } as const
      const { adapter, chats } = yield* openBroken((memory) => (key, range) =>
        Stream.map(memory.entries(key, range), (row) => row.index === 1 ? torn : row)
      )
      assert.strictEqual(yield* refused(adapter, chats.fork(source, { id: "b" })), error)
    }))

  it.effect("behind which the adapter fails fails with it, and makes nothing", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip((yield* MemoryAdapter.make()).load(makeKey("")))
      const { adapter, chats } = yield* openBroken((memory) => (key, range) =>
        Stream.concat(Stream.take(memory.entries(key, range), 2), Stream.fail(error))
      )
      assert.strictEqual(yield* refused(adapter, chats.fork(source, { id: "b" })), error)
    }))

  it.effect("that the adapter leaves out is not taken for a shorter one", () =>
    Effect.gen(function*() {
      const { adapter, chats } = yield* openBroken((memory) => (key, range) =>
        Stream.filter(memory.entries(key, range), (row) => row.index !== 1)
      )
      assert.strictEqual((yield* refused(adapter, chats.fork(source, { id: "b" })))._tag, "StorageError")
    }))

  it.effect("that the definition does not understand copies it as it is stored", () =>
    Effect.gen(function*() {
      const { adapter, chats } = yield* openTalk
      const loose = yield* storeOver(adapter, { ...Chat, entry: Schema.Json })
      yield* loose.append(source, [{ role: "robot", extra: [1, { deep: null }] }, "text"])
      const { key } = yield* chats.fork(source, { id: "b" })
      const copied = yield* storedEntries(adapter, key)
      assert.deepStrictEqual(copied, yield* storedEntries(adapter, source))
      assert.strictEqual(copied.length, 6)
    }))
})

describe("a fork under a durability that its store requires", () => {
  it.effect("is refused before the adapter hears of it where less is promised", () =>
    Effect.gen(function*() {
      const { adapter, calls } = yield* openTalk
      const strict = yield* storeOver(adapter, Chat, { require: "flushed" })
      const heard = calls.length
      const error = yield* refused(adapter, strict.fork(source, { id: "b" }))
      assert.isTrue(error._tag === "StorageError" && error.reason._tag === "Unsupported")
      assert.strictEqual(calls.length, heard)
    }))

  it.effect("fails where it lands lower, with the receipt of the fork that was made", () =>
    Effect.gen(function*() {
      const { adapter, chats } = yield* openTalk
      const promising: Adapter = { ...adapter, capability: { ...adapter.capability, durability: "flushed" } }
      const strict = yield* storeOver(promising, Chat, { require: "flushed" })
      const error = yield* Effect.flip(strict.fork(source, { id: "b" }))
      assert.isTrue(error._tag === "StorageError" && error.reason._tag === "DurabilityNotMet")
      const made = yield* chats.load(makeKey("b", source.namespace))
      const { key, outcome, reason } = error as Extract<typeof error, { _tag: "StorageError" }>
      assert.deepStrictEqual([key, outcome], [made.key, "applied"])
      assert.isTrue(reason._tag === "DurabilityNotMet" && reason.receipt.version === made.version)
    }))
})
