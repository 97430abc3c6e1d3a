import { assert, describe, it } from "@effect/vitest"
import { type Expect, makeKey, type Version } from "@holdfast/core"
import { DateTime, Effect, Option } from "effect"
import { TestClock } from "effect/testing"
import { fieldsOf } from "../errors/fieldsOf.ts"
import { draft, hello, openChats } from "./chats.ts"

describe("remove", () => {
  it.effect("takes a session out of loading, finding and listing, and answers with a receipt", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const { version } = yield* chats.create(draft, { id: "a", entries: [hello] })
      yield* chats.create(draft, { id: "b" })
      const receipt = yield* chats.remove("a")
      assert.deepStrictEqual([receipt.key, receipt.adapter], [makeKey("a"), "memory"])
      assert.isAbove(receipt.version, version)
      assert.strictEqual((yield* Effect.flip(chats.load("a")))._tag, "SessionNotFound")
      assert.deepStrictEqual(yield* chats.find("a"), Option.none())
      const { complete, sessions } = yield* chats.list()
      assert.deepStrictEqual([complete, sessions.map(({ key }) => key.id)], [true, ["b"]])
    }))

  it.effect("lets the key be created again as a new session with a higher version", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const first = yield* chats.create(draft, { id: "a", entries: [hello] })
      const removed = yield* chats.remove("a")
      yield* TestClock.adjust("1 seconds")
      const second = yield* chats.create({ title: "Again", pinned: true }, { id: "a" })
      assert.isAbove(second.version, removed.version)
      assert.isAbove(removed.version, first.version)
      assert.deepStrictEqual([second.entryCount, DateTime.toEpochMillis(second.createdAt)], [0, 1_000])
    }))

  it.effect("makes versions of the former life conflict in the next one", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const first = yield* chats.create(draft, { id: "a" })
      yield* chats.remove("a")
      yield* chats.create(draft, { id: "a" })
      const error = yield* Effect.flip(chats.save("a", draft, { expect: first.version }))
      assert.strictEqual(error._tag, "SessionConflict")
    }))

  it.effect("of what is not there fails", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      for (const expect of ["present", 5 as Version] as const) {
        const error = yield* Effect.flip(chats.remove("a", { expect }))
        assert.strictEqual(error._tag, "SessionNotFound")
      }
      yield* chats.create(draft, { id: "a" })
      yield* chats.remove("a")
      assert.strictEqual((yield* Effect.flip(chats.remove("a")))._tag, "SessionNotFound")
    }))

  it.effect("that expects anything is content with nothing", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      yield* chats.remove("a", { expect: "any" })
      assert.deepStrictEqual(yield* chats.find("a"), Option.none())
    }))

  const expectations: ReadonlyArray<readonly [what: string, expectOf: (current: Version) => Expect, isTaken: boolean]> =
    [
      ["anything", () => "any", true],
      ["a session", () => "present", true],
      ["its version", (current) => current, true],
      ["another version", (current) => current + 1 as Version, false],
      ["no session", () => "absent", false]
    ]

  it.effect.each(expectations)("holds its expectation of %s", ([_, expectOf, isTaken]) =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const { version } = yield* chats.create(draft, { id: "a" })
      const expect = expectOf(version)
      const result = yield* Effect.result(chats.remove("a", { expect }))
      assert.strictEqual(Option.isNone(yield* chats.find("a")), isTaken)
      assert.strictEqual(result._tag, isTaken ? "Success" : "Failure")
      if (result._tag === "Success") return
      assert.deepStrictEqual(fieldsOf(result.failure), {
        _tag: "SessionConflict",
        key: makeKey("a"),
        expected: expect,
        actual: Option.some(version)
      })
    }))
})
