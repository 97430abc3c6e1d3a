/** Many callers, odd names, and restores through a chain. */
import { assert, describe, it } from "@effect/vitest"
import { type StorageError, Version } from "@holdfast/core"
import { Effect, Fiber, Option, Result, Stream } from "effect"

import { openChain, testTier } from "./chains.ts"
import {
  type Adapter,
  appending,
  bent,
  bodyIn,
  change,
  entriesIn,
  fail,
  fallSilent,
  heal,
  heldIn,
  idsIn,
  key,
  keyOf,
  openBent,
  put,
  putting
} from "./deeds.ts"

const pair = () => [testTier("first"), testTier("second")] as const

const failed = <A>(result: Result.Result<A, StorageError>) => Option.getOrThrow(Result.getFailure(result))

describe("a restore", () => {
  it.effect("is displaced as it is, and refused where its version is not above what lies below", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const { adapter, control } = yield* openChain([first, second])
      yield* adapter.commit(change(putting("1"), appending(["1"])))
      const source = Option.getOrThrow(yield* adapter.load(key))
      const entries = yield* Stream.runCollect(adapter.entries(key, {}))
      const restoring = (version: number) => {
        const record = { ...source, body: "9", head: { ...source.head, version: Version(version) } }
        const own = entries.flatMap((row) => row._tag === "StoredEntry" ? [row] : [])
        const restored = Stream.fromIterable(own)
        return change({ _tag: "Restore", key, expect: "any", record, entries: restored })
      }
      fail(first)
      const up = yield* adapter.commit(restoring(source.head.version + 5))
      assert.strictEqual(up.keys[0]?.version, source.head.version + 5)
      const down = yield* Effect.result(adapter.commit(restoring(source.head.version + 4)))
      assert.strictEqual(failed(down).reason._tag, "Conflict")
      heal(first)
      yield* control.drain
      const head = Option.getOrThrow(yield* adapter.head(key))
      assert.deepStrictEqual([head.version, head.incarnation], [source.head.version + 5, source.head.incarnation])
      assert.deepStrictEqual([yield* bodyIn(adapter), yield* entriesIn(adapter), heldIn(second)], ["9", ["1"], []])
    }))
})

const slow = (inner: Adapter): Adapter => ({
  ...inner,
  load: (at) => Effect.tap(inner.load(at), () => Effect.yieldNow),
  commit: (one) => Effect.andThen(Effect.yieldNow, inner.commit(one))
})

describe("many callers", () => {
  it.effect("of one session and of many, while the primary comes and goes, lose nothing and double nothing", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const { adapter, control } = yield* openBent(bent(first, slow), bent(second, slow))
      const keys = ["a", "b", "c"].map(keyOf)
      yield* Effect.forEach(keys, (at) => adapter.commit(put("0", at)))
      const numbers = Array.from({ length: 30 }, (_, number) => String(number))
      const writing = yield* Effect.forkChild(
        Effect.forEach(
          numbers,
          (entry) =>
            Effect.forEach(keys, (at) => adapter.commit(change(appending([entry], at))), { concurrency: "unbounded" }),
          { concurrency: 8 }
        )
      )
      for (let round = 0; round < 20; round++) {
        first.trouble.writes = round % 2 === 0 ? "fail" : "work"
        for (let turn = 0; turn < 15; turn++) yield* Effect.yieldNow
        yield* control.drain
      }
      yield* Fiber.join(writing)
      heal(first)
      yield* control.drain
      for (const at of keys) {
        assert.deepStrictEqual((yield* entriesIn(adapter, at)).toSorted(), numbers.toSorted())
      }
      assert.deepStrictEqual([yield* idsIn(adapter), heldIn(second)], [["a", "b", "c"], []])
    }))

  it.effect("use keys with any names that a key may have", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const { adapter, control } = yield* openChain([first, second])
      const ids = ["__proto__", "drain", `{"base":"absent"}`, "a b", "\u{1f600}", "x".repeat(128), "constructor"]
      fail(first)
      for (const id of ids) {
        const summary = JSON.stringify({ [id]: 1, "@holdfast/displaced": { base: "absent", isRemoval: true } })
        yield* adapter.commit(change(putting(JSON.stringify(id), { key: keyOf(id), summary })))
      }
      const rows = yield* Stream.runCollect(adapter.list({ namespace: [], order: "id" }))
      heal(first)
      yield* control.drain
      assert.deepStrictEqual([heldIn(second), heldIn(first)], [[], ids.toSorted()])
      assert.deepStrictEqual(yield* Stream.runCollect(adapter.list({ namespace: [], order: "id" })), rows)
      fallSilent(second)
      for (const id of ids) assert.strictEqual(yield* bodyIn(adapter, keyOf(id)), JSON.stringify(id))
    }))
})
