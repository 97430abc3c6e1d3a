import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import {
  Corrupt,
  DirectoryUnreadable,
  Io,
  makeKey,
  SessionInvalid,
  type SessionKey,
  StorageError,
  type Unreadable
} from "@holdfast/core"
import * as HoldfastKeyValueStore from "@holdfast/core/keyValueStore"
import { Effect, Option, Stream } from "effect"
import { KeyValueStore } from "effect/persistence"
import { at, callsOf, listings, open, storeOf } from "./keyValueStores.ts"
import { Chat, draft, recording, storeOver } from "./store/chats.ts"

const ioError = (operation: "head" | "load" | "commit" | "list") =>
  new StorageError({
    adapter: "broken",
    operation,
    reason: new Io({ outcome: "notApplied", path: "disk", code: "EIO" })
  })

/** A memory whose listing begins with a row that cannot be read. */
const withUnreadable = Effect.fnUntraced(function*(key: Option.Option<SessionKey>) {
  const adapter = yield* MemoryAdapter.make()
  const reason = new Corrupt({ outcome: "notApplied", at: "a file", problem: "ends early" })
  const error = new StorageError({ adapter: "memory", operation: "list", reason })
  const row: Unreadable = { _tag: "Unreadable", key, place: "a\nplace", error }
  const store = yield* storeOf({ ...adapter, list: (query) => Stream.concat(Stream.make(row), adapter.list(query)) })
  return { adapter, error, store }
})

describe("a KeyValueStore beside other sessions", () => {
  it.effect("neither counts, nor lists, nor clears sessions of other kinds", () =>
    Effect.gen(function*() {
      const { adapter, store } = yield* open
      const chats = yield* storeOver(adapter, Chat)
      yield* chats.save(at("chat"), draft)
      yield* chats.save(makeKey("outside"), draft)
      assert.deepStrictEqual([yield* store.keys, yield* store.size, yield* store.isEmpty], [[], 0, true])
      yield* store.set("a", "1")
      yield* store.clear
      assert.deepStrictEqual(yield* store.keys, [])
      assert.strictEqual((yield* chats.list()).sessions.length, 2)
    }))

  it.effect("fails at the key of another session, and leaves that session as it is", () =>
    Effect.gen(function*() {
      const { adapter, store } = yield* open
      const chats = yield* storeOver(adapter, Chat)
      const saved = yield* chats.save(at("chat"), draft)
      for (const [method, call] of Object.entries(callsOf(store, "chat"))) {
        if (listings.includes(method)) continue
        const error = yield* Effect.flip(call)
        assert.instanceOf(error.cause, SessionInvalid, method)
        assert.strictEqual(error.cause.reason._tag, "OtherKind", method)
      }
      assert.strictEqual((yield* chats.load(at("chat"))).version, saved.version)
    }))

  it.effect("is apart from stores in other namespaces, also in one inside of its own", () =>
    Effect.gen(function*() {
      const adapter = yield* MemoryAdapter.make()
      const long = "k".repeat(300)
      const namespaces = [[], ["app"], ["app", "cache"], ["other"]]
      const stores = yield* Effect.forEach(namespaces, (namespace) => storeOf(adapter, { namespace }))
      yield* Effect.forEach(stores, (store, index) =>
        Effect.andThen(store.set("a", `${index}`), store.set(long, `${index}`)))
      yield* stores[1]!.clear
      const seen = yield* Effect.forEach(stores, (store) =>
        Effect.all([store.keys, store.get("a"), store.get(long)]))
      assert.deepStrictEqual<unknown>(seen.map(([keys, ...values]) => [keys.toSorted(), ...values]), [
        [["a", long], "0", "0"],
        [[], undefined, undefined],
        [["a", long], "2", "2"],
        [["a", long], "3", "3"]
      ])
    }))
})

describe("what cannot be read", () => {
  const possible = [["is not known", Option.none()], ["is one of this store", Option.some(at("b"))]] as const

  it.effect.each(possible)(
    "fails every listing, and nothing is cleared, when its key %s",
    ([_, key]) =>
      Effect.gen(function*() {
        const { error: cause, store } = yield* withUnreadable(key)
        yield* store.set("a", "1")
        for (const method of listings) {
          const error = yield* Effect.flip(callsOf(store, "a")[method]!)
          assert.strictEqual(error.method, method)
          assert.strictEqual(error.cause, cause)
          assert.strictEqual(error.message, `${method}: a\\u000aplace: ${cause.message}`)
        }
        assert.strictEqual(yield* store.get("a"), "1")
      })
  )

  it.effect("is none of a store's when its key can be none of that store's", () =>
    Effect.gen(function*() {
      const { store } = yield* withUnreadable(Option.some(at("b", "inner")))
      yield* store.set("a", "1")
      assert.deepStrictEqual(yield* store.keys, ["a"])
      yield* store.clear
      assert.isTrue(yield* store.isEmpty)
    }))

  it.effect("is a value that this version does not know, for whoever reads or lists it", () =>
    Effect.gen(function*() {
      const { adapter, store } = yield* open
      const stored = { kind: HoldfastKeyValueStore.kind, summary: "{}", expect: "any" as const, _tag: "Put" as const }
      yield* adapter.commit({
        writeId: "newer",
        operations: [{ ...stored, key: at("newer"), schemaVersion: 2, body: "{\"text\":\"1\"}" }]
      })
      yield* adapter.commit({
        writeId: "odd",
        operations: [{ ...stored, key: at("odd"), schemaVersion: 1, body: "{\"base64\":\"my secret\"}" }]
      })
      for (const method of ["keys", "size", "isEmpty", "clear"]) {
        assert.instanceOf((yield* Effect.flip(callsOf(store, "a")[method]!)).cause, SessionInvalid, method)
      }
      for (const key of ["newer", "odd"]) {
        const error = yield* Effect.flip(store.get(key))
        assert.instanceOf(error.cause, SessionInvalid)
        assert.notInclude(error.message, "secret")
      }
      yield* Effect.andThen(store.remove("newer"), store.remove("odd"))
      assert.isTrue(yield* store.isEmpty)
    }))

  it.effect("is an unreadable folder, never an empty store", () =>
    Effect.gen(function*() {
      const { adapter } = yield* open
      const reason = new DirectoryUnreadable({ outcome: "notApplied", path: "folder", code: "UNKNOWN" })
      const cause = new StorageError({ adapter: "fs", operation: "list", reason })
      const store = yield* storeOf({ ...adapter, list: () => Stream.fail(cause) })
      for (const method of listings) {
        assert.strictEqual((yield* Effect.flip(callsOf(store, "a")[method]!)).cause, cause, method)
      }
    }))
})

describe("a KeyValueStore over a failing adapter", () => {
  it.effect("fails every call with the adapter's error as the cause, and shows no value", () =>
    Effect.gen(function*() {
      const adapter = yield* MemoryAdapter.make()
      const store = yield* storeOf({
        ...adapter,
        head: () => Effect.fail(ioError("head")),
        load: () => Effect.fail(ioError("load")),
        commit: () => Effect.fail(ioError("commit")),
        list: () => Stream.fail(ioError("list"))
      })
      for (const [method, call] of Object.entries(callsOf(store, "a"))) {
        const error = yield* Effect.flip(call)
        assert.instanceOf(error, KeyValueStore.KeyValueStoreError, method)
        assert.instanceOf(error.cause, StorageError, method)
        assert.strictEqual(error.method, method)
        assert.strictEqual(error.key, listings.includes(method) ? undefined : "a", method)
        assert.strictEqual(error.message, `${method}: ${error.cause.message}`)
        assert.notInclude(JSON.stringify(error), "secret", method)
      }
    }))

  it.effect("goes on with a clearing that failed half-way", () =>
    Effect.gen(function*() {
      const { adapter, store } = yield* open
      yield* Effect.forEach(["a", "b", "c"], (key) => store.set(key, "1"))
      const breaking = yield* storeOf({
        ...adapter,
        commit: (change) =>
          change.operations[0]?.key.id === "b" ? Effect.fail(ioError("commit")) : adapter.commit(change)
      })
      const error = yield* Effect.flip(breaking.clear)
      assert.strictEqual(error.key, "b")
      assert.include(yield* store.keys, "b")
      yield* store.clear
      assert.isTrue(yield* store.isEmpty)
    }))

  it.effect("refuses a key that is too long before the adapter hears of it", () =>
    Effect.gen(function*() {
      const { adapter } = yield* open
      const { calls, recorder } = recording(adapter)
      const store = yield* storeOf(recorder)
      const secret = "secret ".repeat(1000)
      for (const [method, call] of Object.entries(callsOf(store, secret))) {
        if (listings.includes(method)) continue
        const error = yield* Effect.flip(call)
        assert.instanceOf(error.cause, StorageError, method)
        assert.deepStrictEqual([error.cause.reason._tag, error.cause.outcome], ["InvalidKey", "notApplied"], method)
        assert.notInclude(error.message, "secret", method)
      }
      assert.deepStrictEqual(calls, [])
    }))

  it.effect("refuses to set and modify what could not be as durable as required", () =>
    Effect.gen(function*() {
      const { adapter, store: other } = yield* open
      yield* other.set("a", "1")
      const store = yield* storeOf(adapter, { require: "flushed" })
      for (const method of ["set", "remove", "modify", "clear"]) {
        const { cause } = yield* Effect.flip(callsOf(store, "a")[method]!)
        assert.instanceOf(cause, StorageError, method)
        assert.strictEqual(cause.reason._tag, "Unsupported", method)
      }
      assert.strictEqual(yield* store.get("a"), "1")
    }))

  it.effect("fails every call in a namespace that cannot be", () =>
    Effect.gen(function*() {
      const { adapter } = yield* open
      const store = yield* storeOf(adapter, { namespace: ["a/b"] })
      for (const [method, call] of Object.entries(callsOf(store, "a"))) {
        const { cause } = yield* Effect.flip(call)
        assert.instanceOf(cause, StorageError, method)
        assert.strictEqual(cause.reason._tag, "InvalidKey", method)
      }
    }))
})
