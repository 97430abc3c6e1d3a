import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { type EntryRange, Session } from "@holdfast/core"
import { DateTime, Effect, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Chat, type ChatEntry, draft, hello, openChats, storeOver } from "./chats.ts"

const said = (text: string): ChatEntry => ({ role: "user", text })

const ranges: ReadonlyArray<readonly [range: EntryRange | undefined, texts: string]> = [
  [undefined, "01234"],
  [{}, "01234"],
  [{ from: 2 }, "234"],
  [{ to: 2 }, "01"],
  [{ from: 1, to: 3 }, "12"],
  [{ last: 2 }, "34"],
  [{ to: 3, last: 2 }, "12"],
  [{ from: 2, to: 3, last: 9 }, "2"],
  [{ from: 5 }, ""],
  [{ from: 3, to: 2 }, ""],
  [{ last: 0 }, ""],
  [{ from: -3, to: 99 }, "01234"]
]

const openFive = Effect.gen(function*() {
  const chats = yield* openChats
  yield* chats.create(draft, { id: "a", entries: Array.from("01234").map(said) })
  return chats
})

describe("entries", () => {
  it.effect.each(ranges)("of the range %o are exactly those", ([range, texts]) =>
    Effect.gen(function*() {
      const chats = yield* openFive
      const rows = yield* Stream.runCollect(chats.entries("a", range))
      assert.strictEqual(rows.map((row) => row._tag === "Entry" ? row.entry.text : "?").join(""), texts)
      assert.strictEqual(rows.map((row) => row.index).join(""), texts)
    }))

  it.effect("carry their index and the time of their write", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      yield* chats.create(draft, { id: "a", entries: [said("0")] })
      yield* TestClock.adjust("2 seconds")
      yield* chats.append("a", [said("1"), said("2")])
      const rows = yield* Stream.runCollect(chats.entries("a"))
      assert.deepStrictEqual(
        rows,
        [0, 2_000, 2_000].map((millis, index) => ({
          _tag: "Entry" as const,
          index,
          at: DateTime.makeUnsafe(millis),
          entry: said(`${index}`)
        }))
      )
    }))

  it.effect("of a session that is known to be absent are a failure, not none", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const error = yield* Effect.flip(Stream.runCollect(chats.entries("a")))
      assert.strictEqual(error._tag, "SessionNotFound")
    }))

  it.effect("of an invalid key are a failure", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const error = yield* Effect.flip(Stream.runCollect(chats.entries("a/b")))
      assert.isTrue(error._tag === "StorageError" && error.reason._tag === "InvalidKey")
    }))

  it.effect("end with the session's life", () =>
    Effect.gen(function*() {
      const chats = yield* openFive
      yield* chats.remove("a")
      yield* chats.create(draft, { id: "a", entries: [said("again")] })
      const rows = yield* Stream.runCollect(chats.entries("a"))
      assert.deepStrictEqual(rows.map((row) => row._tag === "Entry" && row.entry.text), ["again"])
    }))

  it.effect("that do not decode are rows between the ones that do, without content", () =>
    Effect.gen(function*() {
      const adapter = yield* MemoryAdapter.make()
      const Loose = Session.define("Chat", { state: Chat.state, entry: Schema.Json })
      const loose = yield* storeOver(adapter, Loose)
      yield* loose.create(draft, { id: "a", entries: [hello, { role: "SECRET", text: "SECRET" }, "SECRET", hello] })
      const chats = yield* storeOver(adapter, Chat)
      const rows = yield* Stream.runCollect(chats.entries("a"))
      assert.deepStrictEqual(rows.map((row) => [row._tag, row.index]), [
        ["Entry", 0],
        ["UnreadableEntry", 1],
        ["UnreadableEntry", 2],
        ["Entry", 3]
      ])
      const errors = rows.flatMap((row) => row._tag === "UnreadableEntry" ? [row.error] : [])
      assert.deepStrictEqual(errors.map((error) => error._tag === "SessionInvalid" && error.reason._tag), [
        "NotDecodable",
        "NotDecodable"
      ])
      assert.notInclude(errors.map((error) => error.message).join(), "SECRET")
    }))

  it.effect("that an adapter cannot read are passed on as rows", () =>
    Effect.gen(function*() {
      const adapter = yield* MemoryAdapter.make()
      const torn = {
        _tag: "UnreadableEntry",
        index: 1,
        error: yield* Effect.flip(adapter.load({ namespace: [], id: "" }))
      } as const
      const chats = yield* storeOver(
        { ...adapter, entries: (key, range) => Stream.concat(adapter.entries(key, range), Stream.succeed(torn)) },
        Chat
      )
      yield* chats.create(draft, { id: "a", entries: [hello] })
      assert.deepStrictEqual((yield* Stream.runCollect(chats.entries("a"))).at(1), torn)
    }))
})
