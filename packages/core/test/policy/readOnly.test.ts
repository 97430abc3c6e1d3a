import { assert, describe, it } from "@effect/vitest"
import { ReadOnly, type StorageError } from "@holdfast/core"
import { Effect, Option, Stream } from "effect"
import { readOnly } from "../../src/policy/Policy.ts"
import { all, append, bodyIn, entriesIn, key, makeScripted, put, remove } from "./scripted.ts"

const next = { switchId: "s", epoch: 1, state: "current" } as const

describe("a store that is read-only", () => {
  it.effect("refuses every write before anything reaches the adapter, and says so", () =>
    Effect.gen(function*() {
      const { adapter, sent } = yield* makeScripted()
      const policy = readOnly(adapter)
      const writes: ReadonlyArray<Effect.Effect<unknown, StorageError>> = [
        policy.commit(put("w1", "1")),
        policy.commit(append("w2", ["1"])),
        policy.commit(remove("w3")),
        policy.commit({ writeId: "w4", operations: [] }),
        policy.role.compareAndSet(Option.none(), next),
        Stream.runCollect(policy.recover("apply"))
      ]
      for (const write of writes) {
        const error = yield* Effect.flip(write)
        assert.instanceOf(error.reason, ReadOnly)
        assert.deepStrictEqual([error.outcome, error.remedy], ["notApplied", "fallback"])
      }
      assert.deepStrictEqual(sent, [])
      assert.isTrue(Option.isNone(yield* adapter.role.read))
    }))

  it.effect("reads, lists, watches and inspects as before", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      yield* adapter.commit(put("w1", "1"))
      yield* adapter.commit(append("w2", ["1"]))
      const policy = readOnly(adapter)
      assert.strictEqual(yield* bodyIn(policy), "1")
      assert.deepStrictEqual(yield* policy.head(key), yield* adapter.head(key))
      assert.deepStrictEqual(yield* entriesIn(policy), ["1"])
      assert.strictEqual((yield* Stream.runCollect(policy.list(all))).length, 1)
      assert.deepStrictEqual(yield* Stream.runCollect(policy.recover("inspect")), [])
      assert.strictEqual(policy.changes, adapter.changes)
    }))

  it.effect("is probed by nothing, and its report says that", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      const policy = readOnly({ ...adapter, probe: Effect.die("a probe writes") })
      assert.deepStrictEqual((yield* policy.probe).checks.map(({ outcome }) => outcome), ["notTried"])
    }))
})
