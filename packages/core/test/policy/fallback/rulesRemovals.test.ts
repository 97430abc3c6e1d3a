/** The rules of a fallback for removals that lie below, and for what was not listed yet. */
import { assert, describe, it } from "@effect/vitest"
import { Version } from "@holdfast/core"
import { Effect, Option, Stream } from "effect"
import { readWhole } from "../../../src/port/wholeSession.ts"
import { openChain, testTier } from "./chains.ts"
import {
  appending,
  bodyIn,
  change,
  elsewhere,
  entriesIn,
  fail,
  heal,
  heldIn,
  idsIn,
  key,
  keyOf,
  put,
  putting,
  remove
} from "./deeds.ts"

const pair = () => [testTier("first"), testTier("second")] as const

describe("a removal that lies below", () => {
  it.effect("hides the session, and is carried out above by the drain", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const { adapter, control } = yield* openChain([first, second])
      yield* adapter.commit(put("1"))
      fail(first)
      yield* adapter.commit(remove())
      assert.deepStrictEqual([yield* bodyIn(adapter), yield* idsIn(adapter), heldIn(first)], [undefined, [], ["one"]])
      heal(first)
      yield* control.drain
      assert.deepStrictEqual([heldIn(first), heldIn(second)], [[], []])
    }))

  it.effect("is not replayed over a session that was made again", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const { adapter, control } = yield* openChain([first, second])
      yield* adapter.commit(put("1"))
      fail(first)
      yield* adapter.commit(remove())
      heal(first)
      fail(second)
      yield* control.drain
      assert.deepStrictEqual([heldIn(first), heldIn(second)], [[], ["one"]])
      yield* elsewhere([first], (other) => other.commit(put("2")))
      heal(second)
      yield* control.drain
      assert.deepStrictEqual([yield* bodyIn(adapter), heldIn(second)], ["2", []])
    }))

  it.effect("is not among the writes of a session that was restored over it, which goes up as it is", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const { adapter, control } = yield* openChain([first, second])
      yield* adapter.commit(put("1"))
      const { session } = Option.getOrThrow(yield* readWhole(adapter, key))
      yield* adapter.commit(remove())
      fail(first)
      const record = { ...session, head: { ...session.head, version: Version(session.head.version + 100) } }
      yield* adapter.commit(change({ _tag: "Restore", key, expect: "any", record, entries: Stream.empty }))
      heal(first)
      yield* control.drain
      assert.deepStrictEqual([heldIn(first), heldIn(second)], [["one"], []])
      assert.deepStrictEqual(Option.getOrThrow(yield* adapter.load(key)).writes, session.writes)
    }))

  it.effect("does not take a session that somebody else changed above", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const { adapter, control } = yield* openChain([first, second])
      yield* adapter.commit(put("1"))
      fail(first)
      yield* adapter.commit(remove())
      heal(first)
      yield* elsewhere([first], (other) => other.commit(put("2")))
      yield* control.drain
      assert.deepStrictEqual([yield* bodyIn(adapter), heldIn(second)], ["2", []])
    }))

  it.effect("of one session says nothing of another life: a session made over it is above all that was", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const { adapter, control } = yield* openChain([first, second])
      yield* adapter.commit(change(putting("1"), appending(["1"])))
      const before = Option.getOrThrow(yield* adapter.head(key))
      fail(first)
      const removed = yield* adapter.commit(remove())
      const made = yield* adapter.commit(put("2"))
      assert.isAbove(removed.keys[0]!.version, before.version)
      assert.isAbove(made.keys[0]!.version, removed.keys[0]!.version)
      heal(first)
      yield* control.drain
      const after = Option.getOrThrow(yield* adapter.head(key))
      assert.notStrictEqual(after.incarnation, before.incarnation)
      assert.deepStrictEqual([yield* entriesIn(adapter), heldIn(second)], [[], []])
    }))
})

describe("a write that is sent again after the removal of its session", () => {
  const cases = { "was carried out above": false, "was drained": true }
  for (const [how, isDrained] of Object.entries(cases)) {
    it.effect(`brings nothing back while the primary refuses, where the removal ${how}`, () =>
      Effect.gen(function*() {
        const [first, second] = pair()
        const { adapter, control } = yield* openChain([first, second])
        const made = put("1")
        const [row] = (yield* adapter.commit(made)).keys
        if (isDrained) fail(first)
        yield* adapter.commit(remove())
        heal(first)
        yield* control.drain
        fail(first)
        const again = yield* adapter.commit({ ...made, attempt: 2 })
        assert.strictEqual(again.keys[0]?.version, row?.version)
        assert.isTrue(Option.isNone(yield* adapter.head(key)))
        heal(first)
        yield* control.drain
        assert.deepStrictEqual([yield* idsIn(adapter), heldIn(second)], [[], []])
      }))
  }
})

describe("a listing", () => {
  it.effect("says that it is incomplete, and the health is degraded, while a lower tier was never listed", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      yield* elsewhere([first], (other) => other.commit(put("1")))
      second.trouble.builds = "fail"
      const { adapter, control } = yield* openChain([first, second])
      assert.deepStrictEqual(yield* idsIn(adapter), ["unreadable", "one"])
      const [health] = yield* Stream.runCollect(Stream.take(adapter.health, 1))
      assert.deepStrictEqual([health?.state, health?.tiers.map(({ state }) => state)], ["degraded", [
        "healthy",
        "failing"
      ]])
      heal(second)
      yield* control.drain
      assert.deepStrictEqual(yield* idsIn(adapter), ["one"])
      const [later] = yield* Stream.runCollect(Stream.take(adapter.health, 1))
      assert.strictEqual(later?.state, "healthy")
      yield* adapter.commit(put("2", keyOf("two")))
      assert.deepStrictEqual(yield* idsIn(adapter), ["one", "two"])
    }))
})
