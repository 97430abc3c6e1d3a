import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { type Expect, Session, type Version } from "@holdfast/core"
import { DateTime, Effect, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Chat, type ChatEntry, draft, hello, hi, openChats, openRecorded, openStore, storeOver } from "./chats.ts"

type Chats = Effect.Success<typeof openChats>

const textsOf = (chats: Chats, key = "a") =>
  Effect.map(
    Stream.runCollect(chats.entries(key)),
    (rows) => rows.map((row) => row._tag === "Entry" ? row.entry.text : row._tag)
  )

const said = (text: string): ChatEntry => ({ role: "user", text })

describe("append", () => {
  it.effect("adds entries in order and leaves the state as it is", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const first = yield* chats.create(draft, { id: "a", entries: [said("1")] })
      yield* TestClock.adjust("1 seconds")
      const appended = yield* chats.append("a", [said("2"), said("3")])
      assert.deepStrictEqual([appended.key, appended.entryCount, appended.receipt.version], [
        first.key,
        3,
        appended.version
      ])
      assert.isAbove(appended.version, first.version)
      assert.deepStrictEqual(yield* textsOf(chats), ["1", "2", "3"])
      const session = yield* chats.load("a")
      assert.deepStrictEqual([session.state, session.entryCount, session.version], [draft, 3, appended.version])
      assert.deepStrictEqual([session.createdAt, session.updatedAt].map(DateTime.toEpochMillis), [0, 1_000])
    }))

  it.effect("counts every one of 50 concurrent appends", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      yield* chats.create(draft, { id: "a" })
      const texts = Array.from({ length: 50 }, (_, index) => `${index}`)
      const appended = yield* Effect.forEach(texts, (text) => chats.append("a", [said(text)]), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual((yield* textsOf(chats)).toSorted(), texts.toSorted())
      assert.strictEqual(new Set(appended.map(({ version }) => version)).size, 50)
    }))

  it.effect("is all or nothing when an entry does not encode, and nothing reaches the adapter", () =>
    Effect.gen(function*() {
      const { calls, store } = yield* openRecorded(Chat)
      const error = yield* Effect.flip(store.append("a", [hello, { role: "nobody" as never, text: "?" }]))
      assert.isTrue(error._tag === "SessionInvalid" && error.reason._tag === "NotEncodable")
      assert.deepStrictEqual(calls, [])
    }))

  it.effect("of nothing changes nothing and answers what is there", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const { receipt, ...session } = yield* chats.create(draft, { id: "a", entries: [hello] })
      yield* TestClock.adjust("1 seconds")
      const appended = yield* chats.append("a", [])
      assert.deepStrictEqual([appended.version, appended.entryCount], [receipt.version, 1])
      assert.deepStrictEqual(yield* chats.load("a"), session)
    }))

  it.effect("serves a definition without entries only for nothing", () =>
    Effect.gen(function*() {
      const notes = yield* openStore(Session.define("Note", { state: Schema.Struct({ text: Schema.String }) }))
      yield* notes.create({ text: "a" }, { id: "a" })
      assert.strictEqual((yield* notes.append("a", [])).entryCount, 0)
      const error = yield* Effect.flip(notes.append("a", ["text" as never]))
      assert.strictEqual(error._tag, "SessionInvalid")
    }))

  it.effect.each<Expect>(["any", "present", "absent", 5 as Version])(
    "expecting %s fails where there is no session",
    (expect) =>
      Effect.gen(function*() {
        const chats = yield* openChats
        for (const entries of [[hello], []]) {
          const error = yield* Effect.flip(chats.append("a", entries, { expect }))
          assert.strictEqual(error._tag, "SessionNotFound")
        }
        assert.strictEqual((yield* chats.find("a"))._tag, "None")
      })
  )

  it.effect("holds its expectation of a version", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const first = yield* chats.create(draft, { id: "a" })
      const second = yield* chats.append("a", [hello], { expect: first.version })
      for (const expect of [first.version, "absent"] as const) {
        const error = yield* Effect.flip(chats.append("a", [hi], { expect }))
        assert.isTrue(error._tag === "SessionConflict" && error.expected === expect)
      }
      assert.strictEqual((yield* chats.append("a", [hi], { expect: second.version })).entryCount, 2)
    }))
})

describe("an append with an operation id", () => {
  it.effect("that is repeated changes nothing and is answered as it was then", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      yield* chats.create(draft, { id: "a" })
      const first = yield* chats.append("a", [said("1")], { operationId: "op" })
      yield* chats.append("a", [said("2")])
      yield* chats.save("a", { title: "Later", pinned: true })
      const current = yield* chats.load("a")
      const repeated = yield* chats.append("a", [said("1")], { operationId: "op" })
      assert.deepStrictEqual(repeated, first)
      assert.deepStrictEqual(yield* chats.load("a"), current)
      assert.deepStrictEqual(yield* textsOf(chats), ["1", "2"])
    }))

  it.effect("is recognised before its expectation is judged", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const { version } = yield* chats.create(draft, { id: "a" })
      const options = { operationId: "op", expect: version }
      const first = yield* chats.append("a", [hello], options)
      assert.deepStrictEqual(yield* chats.append("a", [hello], options), first)
    }))

  it.effect("that is repeated at once is applied once", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      yield* chats.create(draft, { id: "a" })
      const append = chats.append("a", [hello], { operationId: "op" })
      const answers = yield* Effect.all(Array.from({ length: 10 }, () => append), { concurrency: "unbounded" })
      assert.strictEqual(new Set(answers.map(({ version }) => version)).size, 1)
      assert.deepStrictEqual(yield* textsOf(chats), ["hello"])
    }))

  it.effect("is recognised by another store over the same content, after 20 other writes", () =>
    Effect.gen(function*() {
      const memory = MemoryAdapter.makeMemory()
      const open = Effect.flatMap(MemoryAdapter.make(memory), (adapter) => storeOver(adapter, Chat))
      const chats = yield* open
      yield* chats.create(draft, { id: "a" })
      const first = yield* chats.append("a", [said("1")], { operationId: "op" })
      yield* Effect.forEach(Array(20).keys(), () => chats.save("a", draft))
      assert.deepStrictEqual(yield* (yield* open).append("a", [said("1")], { operationId: "op" }), first)
      assert.deepStrictEqual(yield* textsOf(chats), ["1"])
    }))

  it.effect("is another operation on another key", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      for (const id of ["a", "b"]) {
        yield* chats.create(draft, { id })
        assert.strictEqual((yield* chats.append(id, [hello], { operationId: "op" })).entryCount, 1)
      }
    }))

  it.effect("is another operation in another life of the key", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      yield* chats.create(draft, { id: "a" })
      yield* chats.append("a", [hello], { operationId: "op" })
      yield* chats.remove("a")
      yield* chats.create(draft, { id: "a" })
      assert.strictEqual((yield* chats.append("a", [hi], { operationId: "op" })).entryCount, 1)
      assert.deepStrictEqual(yield* textsOf(chats), ["hi"])
    }))
})
