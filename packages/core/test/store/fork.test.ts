import { assert, describe, it } from "@effect/vitest"
import { makeKey, type SessionKey } from "@holdfast/core"
import { DateTime, Effect, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Chat, draft, hello, hi, openStore } from "./chats.ts"
import { contentOf, openTalk, rows, said, source } from "./forks.ts"

describe("a fork", () => {
  it.effect("has the state and the entries of its source, with the times of the entries", () =>
    Effect.gen(function*() {
      const { chats } = yield* openTalk
      const { receipt, ...forked } = yield* chats.fork(source, { id: "b" })
      assert.deepStrictEqual([forked.state, forked.entryCount], [{ title: "Talked", pinned: true }, 4])
      const { entries, session } = yield* contentOf(chats, makeKey("b", ["acct", "org"]))
      assert.deepStrictEqual([session, entries], [Option.some(forked), rows])
      assert.deepStrictEqual([receipt.key, receipt.version], [forked.key, forked.version])
    }))

  it.effect("begins a life of its own: new times, another incarnation, a version of its own", () =>
    Effect.gen(function*() {
      const { adapter, chats } = yield* openTalk
      const forked = yield* chats.fork(source, { id: "b" })
      assert.deepStrictEqual([forked.createdAt, forked.updatedAt], [9_000, 9_000].map(DateTime.makeUnsafe))
      const heads = yield* Effect.forEach([source, forked.key], adapter.head)
      const incarnations = heads.map((head) => Option.getOrThrow(head).incarnation)
      assert.notStrictEqual(incarnations[0], incarnations[1])
      const again = yield* chats.fork(source, { id: "c" })
      const saved = yield* chats.save(forked.key, draft, { expect: forked.version })
      assert.isAbove(saved.version, forked.version)
      assert.strictEqual((yield* chats.load(again.key)).version, again.version)
    }))

  it.effect("is one change of its own key, and its source is only read", () =>
    Effect.gen(function*() {
      const { changes, chats } = yield* openTalk
      const before = yield* contentOf(chats, source)
      const sent = changes().length
      const { key } = yield* chats.fork(source)
      assert.deepStrictEqual(changes().slice(sent).map(({ operations }) => operations.map((each) => each.key)), [
        [key, key, key, key]
      ])
      assert.deepStrictEqual(yield* contentOf(chats, source), before)
    }))

  it.effect("lies in its source's namespace under a random id unless it is told otherwise", () =>
    Effect.gen(function*() {
      const { chats } = yield* openTalk
      const keys: ReadonlyArray<SessionKey> = [
        (yield* chats.fork(source)).key,
        (yield* chats.fork(source, {})).key,
        (yield* chats.fork(source, { id: undefined, namespace: undefined })).key
      ]
      assert.strictEqual(new Set(keys.map(({ id }) => id)).size, 3)
      for (const { id, namespace } of keys) {
        assert.deepStrictEqual(namespace, ["acct", "org"])
        assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      }
      const moved = yield* chats.fork(source, { id: "a", namespace: ["other"] })
      const top = yield* chats.fork(source, { id: "a", namespace: [] })
      assert.deepStrictEqual([moved.key, top.key], [makeKey("a", ["other"]), makeKey("a")])
      assert.deepStrictEqual((yield* chats.fork("a", { id: "b" })).key, makeKey("b"))
    }))

  it.effect("of a session without entries has none", () =>
    Effect.gen(function*() {
      const chats = yield* openStore(Chat)
      yield* chats.create(draft, { id: "a" })
      const forked = yield* chats.fork("a", { id: "b" })
      assert.deepStrictEqual([forked.state, forked.entryCount], [draft, 0])
      assert.deepStrictEqual(yield* Stream.runCollect(chats.entries("b")), [])
    }))

  it.effect("of a fork keeps the times of the entries, of those that were added to the fork too", () =>
    Effect.gen(function*() {
      const { chats } = yield* openTalk
      const first = yield* chats.fork(source, { id: "b" })
      yield* TestClock.setTime(12_000)
      yield* chats.append(first.key, [said("4")])
      yield* TestClock.setTime(20_000)
      const second = yield* chats.fork(first.key, { id: "c" })
      const { entries } = yield* contentOf(chats, second.key)
      const added = { _tag: "Entry" as const, index: 4, at: DateTime.makeUnsafe(12_000), entry: said("4") }
      assert.deepStrictEqual(entries, [...rows, added])
      assert.deepStrictEqual(second.updatedAt, DateTime.makeUnsafe(20_000))
    }))

  it.effect("of thousands of entries has each in its place", () =>
    Effect.gen(function*() {
      const chats = yield* openStore(Chat)
      yield* chats.create(draft, { id: "a" })
      for (let second = 0; second < 300; second++) {
        yield* TestClock.setTime(second * 1_000)
        yield* chats.append("a", Array.from({ length: 10 }, (_, index) => said(`${second * 10 + index}`)))
      }
      yield* chats.fork("a", { id: "b" })
      const [first, second] = [yield* contentOf(chats, "a"), yield* contentOf(chats, "b")]
      assert.strictEqual(second.entries.length, 3_000)
      assert.deepStrictEqual(second.entries, first.entries)
    }))

  it.effect("is listed with its source's summary", () =>
    Effect.gen(function*() {
      const { chats } = yield* openTalk
      const forked = yield* chats.fork(source, { id: "b" })
      const { sessions } = yield* chats.list({ where: { title: "Talked" }, order: "id" })
      assert.deepStrictEqual(sessions.map(({ key, summary }) => [key.id, summary.pinned]), [["a", true], ["b", true]])
      assert.strictEqual(sessions[1]!.version, forked.version)
    }))
})

describe("a fork and its source", () => {
  it.effect("go on without each other, whichever of them is written to", () =>
    Effect.gen(function*() {
      const { chats } = yield* openTalk
      const { key: copy } = yield* chats.fork(source, { id: "b" })
      for (const [changed, other] of [[source, copy], [copy, source]] as const) {
        const before = yield* contentOf(chats, other)
        yield* chats.commit(changed, { state: draft, entries: [hello] })
        yield* chats.append(changed, [hi])
        yield* chats.update(changed, (state) => ({ ...state, pinned: true }))
        assert.deepStrictEqual(yield* contentOf(chats, other), before)
      }
    }))

  it.effect("outlive each other", () =>
    Effect.gen(function*() {
      const { chats } = yield* openTalk
      const { key: first } = yield* chats.fork(source, { id: "b" })
      yield* chats.remove(source)
      assert.deepStrictEqual((yield* contentOf(chats, first)).entries, rows)
      const { key: second } = yield* chats.fork(first, { id: "a" })
      yield* chats.remove(first)
      assert.deepStrictEqual((yield* contentOf(chats, second)).entries, rows)
      assert.deepStrictEqual((yield* contentOf(chats, first)).session, Option.none())
    }))

  it.effect("remember no writes of each other: an operation id of one is fresh to the other", () =>
    Effect.gen(function*() {
      const { chats } = yield* openTalk
      const { key: copy } = yield* chats.fork(source, { id: "b" })
      const appends = (key: SessionKey, operationId: string) =>
        Effect.map(chats.append(key, [hello], { operationId }), ({ entryCount }) => entryCount)
      assert.deepStrictEqual([yield* appends(copy, "op"), yield* appends(copy, "op")], [5, 5])
      assert.deepStrictEqual([yield* appends(copy, "of the copy"), yield* appends(source, "of the copy")], [6, 5])
      assert.strictEqual(yield* appends(source, "op"), 3)
    }))
})
