/** Versions that were told stay above what a tier carries out late: nothing that was given up wins over what was acknowledged. */
import { assert, describe, it } from "@effect/vitest"
import type { StorageError } from "@holdfast/core"
import { Effect, Option, Result } from "effect"
import { make } from "../../../src/policy/fallback/Fallback.ts"
import * as Chaos from "../../../src/testing/chaos/Chaos.ts"
import { layerOf, testTier } from "./chains.ts"
import {
  type Adapter,
  append,
  appending,
  bodyIn,
  change,
  elsewhere,
  entriesIn,
  fail,
  heal,
  heard,
  heldIn,
  idsIn,
  key,
  put,
  putting,
  settle
} from "./deeds.ts"

const failed = <A>(result: Result.Result<A, StorageError>) => Option.getOrThrow(Result.getFailure(result))

/** The primary says of so many writes after the first that it does not know them, and carries them out when it is told to. */
const openLate = Effect.fnUntraced(function*(lateCount: number) {
  const [first, second] = [testTier("first"), testTier("second")]
  const late = Array.from({ length: lateCount }, (_, index) => ({
    operation: "commit" as const,
    nth: index + 2,
    mishap: Chaos.applyLate({ others: "overtake" })
  }))
  const primary = yield* Chaos.control({ rules: late })
  const opened = yield* make({
    tiers: [
      { name: first.name, layer: primary.layer(layerOf(first)) },
      { name: second.name, layer: layerOf(second) }
    ],
    drainEvery: "1 hour",
    closeTimeout: 0
  })
  return { ...opened, first, second, primary }
})

const versionIn = (adapter: Adapter) => Effect.map(adapter.head(key), (head) => Option.getOrThrow(head).version)

describe("what a primary carries out late", () => {
  it.effect("after no tier took it does not win over the save that one took afterwards", () =>
    Effect.gen(function*() {
      const { adapter, control, first, primary, second } = yield* openLate(4)
      const base = yield* adapter.commit(put("0"))
      fail(second)
      for (const text of ["1", "2", "3"]) {
        assert.strictEqual(failed(yield* Effect.result(adapter.commit(put(text)))).outcome, "unknown")
      }
      heal(second)
      const saved = yield* adapter.commit(put("4"))
      assert.strictEqual(Option.getOrThrow(saved.degraded).tier, "second")
      assert.strictEqual(yield* primary.late, 4)
      yield* primary.settle
      // All of them are there, and count on from the base.
      assert.strictEqual(yield* elsewhere([first], versionIn), base.keys[0]!.version + 4)
      assert.strictEqual(yield* bodyIn(adapter), "4")
      yield* control.drain
      assert.deepStrictEqual([heldIn(first), heldIn(second), yield* idsIn(adapter)], [["one"], [], ["one"]])
      assert.deepStrictEqual([yield* bodyIn(adapter), yield* versionIn(adapter)], ["4", saved.keys[0]!.version])
    }))

  it.effect("after a save took its place is kept under a key of its own: the save is current as it was told", () =>
    Effect.gen(function*() {
      const { adapter, control, first, primary, second } = yield* openLate(3)
      const events = yield* heard(control.events)
      yield* adapter.commit(put("0"))
      fail(second)
      for (const text of ["1", "2", "3"]) {
        assert.strictEqual(failed(yield* Effect.result(adapter.commit(put(text)))).outcome, "unknown")
      }
      heal(second)
      fail(first)
      const saved = yield* adapter.commit(put("4"))
      heal(first)
      yield* primary.settle
      assert.strictEqual(yield* elsewhere([first], bodyIn), "3")
      yield* control.drain
      yield* settle
      const told = events.flatMap((event) => event._tag === "Conflict" ? Option.toArray(event.fork) : [])
      assert.deepStrictEqual([yield* bodyIn(adapter), yield* versionIn(adapter)], ["4", saved.keys[0]!.version])
      assert.deepStrictEqual(yield* Effect.forEach(told, (fork) => bodyIn(adapter, fork)), ["3"])
      assert.deepStrictEqual([(yield* idsIn(adapter)).length, heldIn(second)], [2, []])
    }))

  it.effect("leaves what was told of the session true: a change of that version is no conflict", () =>
    Effect.gen(function*() {
      const { adapter, control, primary, second } = yield* openLate(2)
      const events = yield* heard(control.events)
      yield* adapter.commit(change(putting("0"), appending(["0"])))
      fail(second)
      yield* Effect.result(adapter.commit(append("1")))
      heal(second)
      const saved = yield* adapter.commit(change(putting("2"), appending(["2"])))
      yield* primary.settle
      yield* control.drain
      const { version } = saved.keys[0]!
      const next = yield* adapter.commit(change(putting("3", { expect: version }), appending(["3"])))
      assert.isAbove(next.keys[0]!.version, version)
      yield* settle
      // What nobody acknowledged was put under what was.
      assert.deepStrictEqual([yield* bodyIn(adapter), yield* entriesIn(adapter)], ["3", ["0", "2", "3"]])
      assert.deepStrictEqual([events.filter(({ _tag }) => _tag === "Conflict"), heldIn(second)], [[], []])
      assert.deepStrictEqual(yield* idsIn(adapter), ["one"])
    }))
})
