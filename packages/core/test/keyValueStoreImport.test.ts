import { assert, describe, it } from "@effect/vitest"
import { makeKey, NoSpace, Session, StorageAdapter, StorageError, TooLarge } from "@holdfast/core"
import * as HoldfastKeyValueStore from "@holdfast/core/keyValueStore"
import { Effect, Option, Schema, Stream } from "effect"
import { KeyValueStore } from "effect/persistence"
import {
  chat,
  decode,
  fates,
  importInto,
  keyOf,
  open,
  openSource,
  type Options,
  type Source
} from "./keyValueStoreImports.ts"
import { Chat, recording, storeOver } from "./store/chats.ts"

const never = (): never => assert.fail("the source was written")

const throwing = () => {
  throw new Error("my secret")
}

/** Takes every entry for the same session. */
const asOne: Options["decode"] = (from, value) =>
  Option.map(decode(from, value), (meant) => ({ ...meant, key: makeKey("one") }))

const why = (rows: ReadonlyArray<HoldfastKeyValueStore.ImportRow>) => new Set(fates(rows).map(([_, fate]) => fate))

describe("an import", () => {
  it.effect("makes a session of every entry that means one, with its entries and a receipt", () =>
    Effect.gen(function*() {
      const { adapter, chats } = yield* open
      const source = yield* openSource({ "chat/b": chat("B"), "chat/a": chat("A") })
      const rows = yield* importInto(adapter, source)
      assert.deepStrictEqual(fates(rows), [["chat/a", "Imported"], ["chat/b", "Imported"]])
      const session = yield* chats.load(keyOf("chat/a"))
      assert.deepStrictEqual([session.state, session.entryCount], [{ title: "A", pinned: false }, 1])
      const row = rows[0]!
      assert.isTrue(row._tag === "Imported" && row.receipt.version === session.version)
    }))

  it.effect("changes nothing in the source", () =>
    Effect.gen(function*() {
      const { adapter } = yield* open
      const memory = yield* openSource({ "chat/a": chat("A"), "chat/b": "torn {", other: "x" })
      const source: Source = {
        ...memory,
        set: never,
        remove: never,
        clear: Effect.sync(never),
        clearPrefix: never,
        modify: never,
        modifyUint8Array: never
      }
      yield* importInto(adapter, source)
      assert.deepStrictEqual((yield* memory.keys).toSorted(), ["chat/a", "chat/b", "other"])
      assert.strictEqual(yield* memory.get("chat/a"), chat("A"))
    }))

  it.effect("imports nothing when it is run again, and leaves what the sessions became", () =>
    Effect.gen(function*() {
      const { adapter, chats } = yield* open
      const source = yield* openSource({ "chat/a": chat("A") })
      yield* importInto(adapter, source)
      const saved = yield* chats.save(keyOf("chat/a"), { title: "Mine", pinned: true })
      yield* source.set("chat/b", chat("B"))
      assert.deepStrictEqual(fates(yield* importInto(adapter, source)), [
        ["chat/a", "AlreadyThere"],
        ["chat/b", "Imported"]
      ])
      assert.deepStrictEqual(fates(yield* importInto(adapter, source)), [
        ["chat/a", "AlreadyThere"],
        ["chat/b", "AlreadyThere"]
      ])
      const session = yield* chats.load(keyOf("chat/a"))
      assert.deepStrictEqual([session.state.title, session.version], ["Mine", saved.version])
    }))

  it.effect("does not write over a session that comes while it runs", () =>
    Effect.gen(function*() {
      const { adapter, chats } = yield* open
      const memory = yield* openSource({ "chat/a": chat("A") })
      const source: Source = {
        ...memory,
        get: (key) =>
          Effect.tap(memory.get(key), () => Effect.ignore(chats.create({ title: "Mine", pinned: true }, keyOf(key))))
      }
      assert.deepStrictEqual(fates(yield* importInto(adapter, source)), [["chat/a", "AlreadyThere"]])
      assert.strictEqual((yield* chats.load(keyOf("chat/a"))).state.title, "Mine")
    }))

  it.effect("can be of what this bridge stored itself", () =>
    Effect.gen(function*() {
      const { adapter, chats } = yield* open
      const source = yield* Effect.provideService(HoldfastKeyValueStore.make(), StorageAdapter, adapter)
      yield* source.set("chat/a", chat("A"))
      assert.deepStrictEqual(fates(yield* importInto(adapter, source)), [["chat/a", "Imported"]])
      assert.strictEqual((yield* chats.load(keyOf("chat/a"))).state.title, "A")
      assert.deepStrictEqual(yield* source.keys, ["chat/a"])
    }))

  it.effect("goes on where it was left when it is run again", () =>
    Effect.gen(function*() {
      const { adapter } = yield* open
      const source = yield* openSource({ "chat/a": chat("A"), "chat/b": chat("B"), "chat/c": chat("C") })
      const first = yield* HoldfastKeyValueStore.importFrom(source, { definition: Chat, decode }).pipe(
        Stream.take(1),
        Stream.runCollect,
        Effect.provideService(StorageAdapter, adapter)
      )
      assert.deepStrictEqual(fates(first), [["chat/a", "Imported"]])
      assert.deepStrictEqual(fates(yield* importInto(adapter, source)), [
        ["chat/a", "AlreadyThere"],
        ["chat/b", "Imported"],
        ["chat/c", "Imported"]
      ])
    }))
})

describe("an entry that cannot be imported", () => {
  it.effect("is refused when the function knows nothing of it, throws, or answers something else", () =>
    Effect.gen(function*() {
      const { adapter } = yield* open
      const source = yield* openSource({ "chat/a": "torn {", b: chat("B"), bytes: Uint8Array.of(1) })
      assert.deepStrictEqual(why(yield* importInto(adapter, source)), new Set(["none"]))
      for (const wrong of [throwing, () => undefined as never, () => Option.some(null) as never]) {
        const rows = yield* importInto(adapter, source, { decode: wrong })
        assert.deepStrictEqual(why(rows), new Set(["threw"]))
        assert.notInclude(JSON.stringify(rows), "secret")
      }
    }))

  it.effect("is refused when its key or its state is invalid, and the error shows no content", () =>
    Effect.gen(function*() {
      const { adapter, chats } = yield* open
      const source = yield* openSource({ a: "my secret" })
      const state = { title: "my secret", pinned: false }
      const meanings = [
        { key: makeKey("a/b"), state },
        { key: makeKey(""), state },
        { key: { namespace: [] } as never, state },
        { key: null as never, state },
        { key: makeKey("a"), state: { title: "my secret", pinned: "my secret" as never } },
        { key: makeKey("a"), state: null as never },
        { key: makeKey("a"), state, entries: [{ role: "my secret" as never, text: "" }] },
        { key: makeKey("a"), state, entries: "my secret" as never }
      ]
      for (const meant of meanings) {
        const rows = yield* importInto(adapter, source, { decode: () => Option.some(meant) })
        assert.deepStrictEqual(fates(rows), [["a", "invalid"]])
        const row = rows[0]!
        assert.isTrue(row._tag === "Refused" && Option.isSome(row.error))
        assert.notInclude(JSON.stringify(rows), "secret")
      }
      assert.deepStrictEqual((yield* chats.list()).sessions, [])
    }))

  it.effect("is refused when an entry before it means the same session, in every run", () =>
    Effect.gen(function*() {
      const { adapter, chats } = yield* open
      const source = yield* openSource({ "chat/b": chat("B"), "chat/a": chat("A") })
      const first = yield* importInto(adapter, source, { decode: asOne })
      assert.deepStrictEqual(fates(first), [["chat/a", "Imported"], ["chat/b", "sameSession"]])
      const second = yield* importInto(adapter, source, { decode: asOne })
      assert.deepStrictEqual(fates(second), [["chat/a", "AlreadyThere"], ["chat/b", "sameSession"]])
      assert.strictEqual((yield* chats.load("one")).state.title, "A")
    }))

  it.effect("is refused, not already there, where a session of another definition lies", () =>
    Effect.gen(function*() {
      const { adapter } = yield* open
      const notes = yield* storeOver(adapter, Session.define("Note", { state: Schema.Struct({}) }))
      const note = yield* notes.save(keyOf("chat/a"), {})
      const source = yield* openSource({ "chat/a": chat("A") })
      const rows = yield* importInto(adapter, source)
      assert.deepStrictEqual(fates(rows), [["chat/a", "otherKind"]])
      const row = rows[0]!
      assert.strictEqual(
        row._tag === "Refused" ? Option.getOrThrow(row.error).message : "",
        "session \"chats/a\" is a Note, not a Chat; nothing was changed"
      )
      assert.strictEqual((yield* notes.load(keyOf("chat/a"))).version, note.version)
    }))

  it.effect("is refused when the storage takes nothing so large", () =>
    Effect.gen(function*() {
      const { adapter } = yield* open
      const source = yield* openSource({ "chat/a": chat("A") })
      const reason = new TooLarge({ outcome: "notApplied", bytes: 9, bytesMax: 8 })
      const rows = yield* importInto({
        ...adapter,
        commit: () => Effect.fail(new StorageError({ adapter: "small", operation: "commit", reason }))
      }, source)
      assert.deepStrictEqual(fates(rows), [["chat/a", "invalid"]])
    }))

  it.effect("is unreadable when the source lists it and does not give it, and the others are imported", () =>
    Effect.gen(function*() {
      const { adapter } = yield* open
      const memory = yield* openSource({ "chat/a": chat("A"), "chat/b": chat("B") })
      const broken = new KeyValueStore.KeyValueStoreError({ method: "get", key: "chat/a", message: "EIO" })
      const source: Source = {
        ...memory,
        keys: Effect.succeed(["chat/b", "chat/gone", "chat/a"]),
        get: (key) => key === "chat/a" ? Effect.fail(broken) : memory.get(key)
      }
      const rows = yield* importInto(adapter, source)
      assert.deepStrictEqual(fates(rows), [
        ["chat/a", "Unreadable"],
        ["chat/b", "Imported"],
        ["chat/gone", "Unreadable"]
      ])
      assert.isTrue(rows[0]!._tag === "Unreadable" && rows[0]!.error === broken)
    }))

  it.effect("has failed when the store did not take it, and the others are imported", () =>
    Effect.gen(function*() {
      const { adapter, chats } = yield* open
      const source = yield* openSource({ "chat/a": chat("A"), "chat/b": chat("B") })
      const reason = new NoSpace({ outcome: "notApplied", path: "disk", code: "ENOSPC" })
      const error = new StorageError({ adapter: "full", operation: "commit", reason })
      const rows = yield* importInto({
        ...adapter,
        commit: (change) => change.operations[0]?.key.id === "a" ? Effect.fail(error) : adapter.commit(change)
      }, source)
      assert.deepStrictEqual(fates(rows), [["chat/a", "Failed"], ["chat/b", "Imported"]])
      assert.isTrue(rows[0]!._tag === "Failed" && rows[0]!.error === error)
      assert.deepStrictEqual(yield* chats.find(keyOf("chat/a")), Option.none())
    }))

  it.effect("has failed when the store promises less than is required", () =>
    Effect.gen(function*() {
      const { adapter } = yield* open
      const { calls, recorder } = recording(adapter)
      const source = yield* openSource({ "chat/a": chat("A") })
      const rows = yield* importInto(recorder, source, { require: "flushed" })
      assert.deepStrictEqual(fates(rows), [["chat/a", "Failed"]])
      assert.deepStrictEqual(calls, [])
    }))
})

describe("a source that cannot list its keys", () => {
  it.effect("fails the import before anything is imported", () =>
    Effect.gen(function*() {
      const { adapter } = yield* open
      const { calls, recorder } = recording(adapter)
      const memory = yield* openSource({ "chat/a": chat("A") })
      const broken = new KeyValueStore.KeyValueStoreError({ method: "keys", message: "Unable to get keys" })
      const source: Source = { ...memory, keys: Effect.fail(broken) }
      assert.strictEqual(yield* Effect.flip(importInto(recorder, source)), broken)
      assert.deepStrictEqual(calls, [])
    }))
})
