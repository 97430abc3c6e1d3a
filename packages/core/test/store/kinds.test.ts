import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { Session, type SessionInvalid } from "@holdfast/core"
import { Effect, Option, Schema, Stream } from "effect"
import { fieldsOf } from "../errors/fieldsOf.ts"
import { Chat, draft, hello, storeOver } from "./chats.ts"

const Note = Session.define("Note", {
  state: Chat.state,
  entry: Chat.entry,
  summary: ["title", "pinned"]
})

const ChatTwo = Session.define("Chat", {
  version: 2,
  state: Schema.Struct({ name: Schema.String }),
  entry: Chat.entry,
  summary: ["name"],
  migrations: { 1: ({ title }) => ({ name: title }) }
})

/** Stores of chats, of notes with the same schemas, and of the chats of a later app version, in one memory. */
const openAll = Effect.gen(function*() {
  const adapter = yield* MemoryAdapter.make()
  return yield* Effect.all({
    chats: storeOver(adapter, Chat),
    notes: storeOver(adapter, Note),
    laterChats: storeOver(adapter, ChatTwo)
  })
})

type Stores = Effect.Success<typeof openAll>

/** Every call of `chats` that reads or writes the state or appends to the session `a`. */
const callsOn = (chats: Stores["chats"]): Record<string, Effect.Effect<unknown, unknown>> => ({
  load: chats.load("a"),
  find: chats.find("a"),
  save: chats.save("a", draft),
  savePresent: chats.save("a", draft, { expect: "present" }),
  update: chats.update("a", () => assert.fail("called")),
  append: chats.append("a", [hello]),
  appendNothing: chats.append("a", []),
  commit: chats.commit("a", { state: draft, entries: [hello] })
})

const refusals = (calls: Record<string, Effect.Effect<unknown, unknown>>) =>
  Effect.forEach(
    Object.entries(calls),
    ([name, call]) =>
      Effect.map(Effect.flip(call), (error): ReadonlyArray<unknown> => {
        const { _tag, key, reason } = error as SessionInvalid
        return [name, _tag, key.id, fieldsOf(reason)]
      })
  )

describe("a session of another kind", () => {
  it.effect("is refused by every call on its content, and stays as it is", () =>
    Effect.gen(function*() {
      const { chats, notes } = yield* openAll
      const { receipt: _, ...note } = yield* notes.create({ title: "Note", pinned: true }, { id: "a" })
      const reason = { _tag: "OtherKind", stored: "Note", expected: "Chat" }
      const names = Object.keys(callsOn(chats))
      assert.deepStrictEqual(
        yield* refusals(callsOn(chats)),
        names.map((name) => [name, "SessionInvalid", "a", reason])
      )
      assert.deepStrictEqual(yield* notes.load("a"), note)
    }))

  it.effect("is in the way of one that is created", () =>
    Effect.gen(function*() {
      const { chats, notes } = yield* openAll
      yield* notes.create(draft, { id: "a" })
      const error = yield* Effect.flip(chats.create(draft, { id: "a" }))
      assert.isTrue(error._tag === "SessionExists")
    }))

  it.effect("is no row of a listing, which is complete without it", () =>
    Effect.gen(function*() {
      const { chats, notes } = yield* openAll
      yield* notes.create(draft, { id: "n" })
      yield* chats.create(draft, { id: "c" })
      for (const [store, id] of [[chats, "c"], [notes, "n"]] as const) {
        const { complete, sessions, unreadable } = yield* store.list({ where: { pinned: false } })
        assert.deepStrictEqual([sessions.map(({ key }) => key.id), unreadable, complete], [[id], [], true])
        assert.strictEqual((yield* Stream.runCollect(store.listAll())).length, 1)
      }
    }))

  it.effect("never takes a place on a page", () =>
    Effect.gen(function*() {
      const { chats, notes } = yield* openAll
      yield* Effect.forEach(Array.from("abcd"), (id) => notes.create(draft, { id }))
      yield* Effect.forEach(Array.from("efg"), (id) => chats.create(draft, { id }))
      const { next, sessions } = yield* chats.list({ order: "id", limit: 2 })
      assert.deepStrictEqual(sessions.map(({ key }) => key.id), ["e", "f"])
      assert.isTrue(Option.isSome(next))
    }))
})

describe("a session of a newer version", () => {
  const reason = { _tag: "NewerVersion", stored: 2, known: 1 }

  it.effect("is refused by every call on its content, and stays as it is", () =>
    Effect.gen(function*() {
      const { chats, laterChats } = yield* openAll
      const { receipt: _, ...later } = yield* laterChats.create({ name: "Later" }, { id: "a", entries: [hello] })
      const { appendNothing: __, ...calls } = callsOn(chats)
      const names = Object.keys(calls)
      assert.deepStrictEqual(yield* refusals(calls), names.map((name) => [name, "SessionInvalid", "a", reason]))
      assert.deepStrictEqual(yield* laterChats.load("a"), later)
    }))

  it.effect("is a row of a listing that cannot be read", () =>
    Effect.gen(function*() {
      const { chats, laterChats } = yield* openAll
      yield* laterChats.create({ name: "Later" }, { id: "later" })
      yield* chats.create(draft, { id: "a" })
      const { complete, sessions, unreadable } = yield* chats.list()
      assert.deepStrictEqual([sessions.map(({ key }) => key.id), complete], [["a"], false])
      assert.deepStrictEqual(
        unreadable.map(({ error, key, place }) => [error._tag, Option.getOrThrow(key).id, place]),
        [
          ["SessionInvalid", "later", "memory \"later\""]
        ]
      )
      assert.deepStrictEqual(unreadable.map(({ error }) => fieldsOf((error as SessionInvalid).reason)), [reason])
      const rows = yield* Stream.runCollect(chats.listAll({ order: "id" }))
      assert.deepStrictEqual(rows.map((row) => row._tag), ["Head", "Unreadable"])
    }))

  it.effect("is never filtered out of what cannot be read", () =>
    Effect.gen(function*() {
      const { chats, laterChats } = yield* openAll
      yield* laterChats.create({ name: "Later" }, { id: "later" })
      const { complete, unreadable } = yield* chats.list({ where: { pinned: true } })
      assert.deepStrictEqual([unreadable.length, complete], [1, false])
    }))
})

describe("a session of an older version", () => {
  it.effect("is listed in the shape of the definition, whatever its head says", () =>
    Effect.gen(function*() {
      const { chats, laterChats } = yield* openAll
      const saved = yield* chats.create({ title: "Old", pinned: true }, { id: "old", entries: [hello] })
      yield* laterChats.create({ name: "New" }, { id: "new" })
      const { complete, sessions } = yield* laterChats.list({ order: "id" })
      assert.deepStrictEqual(sessions.map(({ key, summary }) => [key.id, summary]), [["new", { name: "New" }], ["old", {
        name: "Old"
      }]])
      assert.isTrue(complete)
      const { createdAt, entryCount, updatedAt, version } = sessions[1]!
      assert.deepStrictEqual({ createdAt, entryCount, updatedAt, version }, {
        createdAt: saved.createdAt,
        entryCount: 1,
        updatedAt: saved.updatedAt,
        version: saved.version
      })
    }))

  it.effect("is filtered by its migrated summary", () =>
    Effect.gen(function*() {
      const { chats, laterChats } = yield* openAll
      yield* Effect.forEach(["A", "B", "C"], (title) => chats.create({ title, pinned: true }, { id: title }))
      const { sessions } = yield* laterChats.list({ where: { name: "B" } })
      assert.deepStrictEqual(sessions.map(({ key }) => key.id), ["B"])
    }))

  it.effect("is paged like any other", () =>
    Effect.gen(function*() {
      const { chats, laterChats } = yield* openAll
      yield* Effect.forEach(Array.from("ace"), (id) => chats.create(draft, { id }))
      yield* Effect.forEach(Array.from("bd"), (id) => laterChats.create({ name: id }, { id }))
      const first = yield* laterChats.list({ order: "id", limit: 3 })
      const second = yield* laterChats.list({ order: "id", limit: 3, after: first.next })
      assert.deepStrictEqual([first, second].map(({ sessions }) => sessions.map(({ key }) => key.id).join("")), [
        "abc",
        "de"
      ])
    }))
})
