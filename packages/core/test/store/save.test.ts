import { assert, describe, it } from "@effect/vitest"
import { type Expect, makeKey, type Version } from "@holdfast/core"
import { DateTime, Effect, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import { fieldsOf } from "../errors/fieldsOf.ts"
import { Chat, draft, hello, hi, openChats, openRecorded } from "./chats.ts"

const next = { title: "Next", pinned: true }

describe("save", () => {
  it.effect("writes the state and keeps creation time and entries, under a higher version", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const first = yield* chats.create(draft, { id: "a", entries: [hello] })
      yield* TestClock.adjust("1 seconds")
      const saved = yield* chats.save("a", next)
      assert.deepStrictEqual(saved.state, next)
      assert.strictEqual(saved.entryCount, 1)
      assert.isAbove(saved.version, first.version)
      assert.deepStrictEqual([saved.createdAt, saved.updatedAt].map(DateTime.toEpochMillis), [0, 1_000])
      const { receipt: _, ...session } = saved
      assert.deepStrictEqual(yield* chats.load("a"), session)
    }))

  it.effect("expects nothing unless told: it creates what is not there and replaces what is", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      yield* chats.save("a", draft)
      yield* chats.save("a", next)
      assert.deepStrictEqual((yield* chats.load("a")).state, next)
    }))

  const overSession: ReadonlyArray<readonly [expect: (current: Version) => Expect, isTaken: boolean]> = [
    [() => "any", true],
    [() => "present", true],
    [(current) => current, true],
    [() => "absent", false],
    [(current) => current + 1 as Version, false],
    [(current) => current - 1 as Version, false]
  ]

  it.effect.each(overSession)(
    "of a session that is there holds its expectation: %s",
    ([expectOf, isTaken]) =>
      Effect.gen(function*() {
        const chats = yield* openChats
        const { version } = yield* chats.create(draft, { id: "a" })
        const expect = expectOf(version)
        const result = yield* Effect.result(chats.save("a", next, { expect }))
        assert.deepStrictEqual((yield* chats.load("a")).state, isTaken ? next : draft)
        assert.strictEqual(result._tag, isTaken ? "Success" : "Failure")
        if (result._tag === "Success") return
        const error = result.failure
        assert.isTrue(error._tag === "SessionConflict" && error.expected === expect)
        assert.deepStrictEqual(fieldsOf(error), {
          _tag: "SessionConflict",
          key: makeKey("a"),
          expected: expect,
          actual: Option.some(version)
        })
      })
  )

  const overNothing: ReadonlyArray<readonly [expect: Expect, isTaken: boolean]> = [
    ["any", true],
    ["absent", true],
    ["present", false],
    [5 as Version, false]
  ]

  it.effect.each(overNothing)(
    "of a session that is not there holds its expectation: %s",
    ([expect, isTaken]) =>
      Effect.gen(function*() {
        const chats = yield* openChats
        const result = yield* Effect.result(chats.save("a", next, { expect }))
        assert.strictEqual(result._tag, isTaken ? "Success" : "Failure")
        assert.strictEqual(Option.isSome(yield* chats.find("a")), isTaken)
        if (result._tag === "Success") return
        assert.deepStrictEqual(fieldsOf(result.failure), {
          _tag: "SessionConflict",
          key: makeKey("a"),
          expected: expect,
          actual: Option.none()
        })
      })
  )

  it.effect("serves one of many who expect the same version", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const { version } = yield* chats.create(draft, { id: "a" })
      const results = yield* Effect.forEach(
        Array(20).keys(),
        (index) => Effect.result(chats.save("a", { title: `${index}`, pinned: false }, { expect: version })),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(results.filter((result) => result._tag === "Success").length, 1)
    }))

  it.effect("sends every write under an id of its own", () =>
    Effect.gen(function*() {
      const { changes, store } = yield* openRecorded(Chat)
      yield* store.create(draft, { id: "a" })
      yield* store.save("a", draft)
      yield* store.save("a", draft)
      yield* store.append("a", [hello])
      yield* store.remove("a")
      assert.strictEqual(new Set(changes().map((change) => change.writeId)).size, 5)
    }))
})

describe("commit", () => {
  it.effect("writes state and entries as one version", () =>
    Effect.gen(function*() {
      const { changes, store } = yield* openRecorded(Chat)
      const first = yield* store.create(draft, { id: "a", entries: [hello] })
      const saved = yield* store.commit("a", { state: next, entries: [hi, hello], expect: first.version })
      assert.deepStrictEqual([saved.state, saved.entryCount, saved.version], [next, 3, first.version + 1])
      const { receipt: _, ...session } = saved
      assert.deepStrictEqual(yield* store.load("a"), session)
      assert.deepStrictEqual(changes().map((change) => change.operations.length), [2, 2])
    }))

  it.effect("writes neither when its expectation does not hold", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const { receipt: _, ...session } = yield* chats.create(draft, { id: "a", entries: [hello] })
      const error = yield* Effect.flip(chats.commit("a", { state: next, entries: [hi], expect: "absent" }))
      assert.strictEqual(error._tag, "SessionConflict")
      assert.deepStrictEqual(yield* chats.load("a"), session)
      assert.strictEqual((yield* Stream.runCollect(chats.entries("a"))).length, 1)
    }))

  it.effect("writes neither when one of them does not encode", () =>
    Effect.gen(function*() {
      const { calls, store } = yield* openRecorded(Chat)
      const broken = [
        { state: { title: 5 as never, pinned: true }, entries: [hi] },
        { state: next, entries: [hi, { role: "nobody" as never, text: "?" }] }
      ]
      for (const change of broken) {
        const error = yield* Effect.flip(store.commit("a", change))
        assert.isTrue(error._tag === "SessionInvalid" && error.reason._tag === "NotEncodable")
      }
      assert.deepStrictEqual(calls, [])
    }))

  it.effect("creates a session with its entries", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const saved = yield* chats.commit("a", { state: draft, entries: [hello], expect: "absent" })
      assert.strictEqual(saved.entryCount, 1)
    }))
})
