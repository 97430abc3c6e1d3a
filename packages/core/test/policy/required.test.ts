import { assert, describe, it } from "@effect/vitest"
import { type Capability, DurabilityNotMet, Unsupported } from "@holdfast/core"
import { Effect, Option } from "effect"
import type { Adapter } from "../../src/policy/policies.ts"
import { required, type Requirement } from "../../src/policy/Policy.ts"
import { bodyIn, makeScripted, put } from "./scripted.ts"

const next = { switchId: "s", epoch: 1, state: "current" } as const

const promising = (adapter: Adapter, promises: Partial<Capability>): Adapter => ({
  ...adapter,
  capability: { ...adapter.capability, ...promises }
})

/** Requirements with a capability that falls short of each, and the words for it. */
const shortfalls: ReadonlyArray<readonly [wanted: Requirement, promised: Partial<Capability>, words: string]> = [
  [{ durability: "flushed" }, { durability: "buffered" }, "flushed durability"],
  [{ compareAndSet: "host" }, { compareAndSet: "process" }, "compare-and-set within host"],
  [{ atomicity: "manyKeys" }, { atomicity: "oneKey" }, "a change of several keys"],
  [{ append: "native" }, { append: "rewrite" }, "native appends"],
  [{ sharedBy: "host" }, { sharedBy: "process" }, "sharing by host"],
  [{ bodyBytesMax: 1_001 }, { bodyBytesMax: 1_000 }, "texts of 1001 bytes"],
  [{ keyBytesMax: 101 }, { keyBytesMax: 100 }, "names of 101 bytes"]
]

describe("a requirement", () => {
  for (const [wanted, promised, words] of shortfalls) {
    it.effect(`of ${words} that is not promised refuses writes before they reach the adapter`, () =>
      Effect.gen(function*() {
        const { adapter, sent } = yield* makeScripted()
        const policy = required(wanted)(promising(adapter, promised))
        const commit = yield* Effect.flip(policy.commit(put("w", "1")))
        const role = yield* Effect.flip(policy.role.compareAndSet(Option.none(), next))
        for (const error of [commit, role]) {
          assert.instanceOf(error.reason, Unsupported)
          assert.strictEqual(error.reason.capability, words)
          assert.deepStrictEqual([error.outcome, error.remedy], ["notApplied", "caller"])
        }
        assert.deepStrictEqual(sent, [])
        assert.isTrue(Option.isNone(yield* adapter.role.read))
      }))
  }

  it.effect("that is promised, or surpassed, refuses nothing", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      const { capability } = adapter
      for (const wanted of [capability, {}, { compareAndSet: "none", watch: "none", append: "rewrite" }] as const) {
        yield* required(wanted)(adapter).commit(put("w", "1"))
        yield* Effect.scoped(Effect.asVoid(required(wanted)(adapter).changes))
      }
    }))

  it.effect("of a durability may be given by its name", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      assert.instanceOf((yield* Effect.flip(required("flushed")(adapter).commit(put("w", "1")))).reason, Unsupported)
      yield* required("volatile")(adapter).commit(put("w", "1"))
    }))

  it.effect("that is not met leaves reading alone", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      yield* adapter.commit(put("w", "1"))
      assert.strictEqual(yield* bodyIn(required("replicated")(adapter)), "1")
    }))

  it.effect("of watching that is not promised refuses to watch, and no write", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      const policy = required({ watch: "host" })(adapter)
      const error = yield* Effect.flip(Effect.scoped(policy.changes))
      assert.deepStrictEqual([error.operation, error.reason._tag], ["changes", "Unsupported"])
      yield* policy.commit(put("w", "1"))
    }))

  it.effect("of a durability that a write then does not reach fails with the receipt of what did happen", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      const error = yield* Effect.flip(
        required("flushed")(promising(adapter, { durability: "flushed" })).commit(put("w", "1"))
      )
      assert.instanceOf(error.reason, DurabilityNotMet)
      assert.deepStrictEqual([error.outcome, error.reason.receipt.durability], ["applied", "volatile"])
      assert.strictEqual(error.reason.receipt.version, Option.getOrThrow(yield* adapter.head(error.key!)).version)
    }))
})
