/** Policies round a fallback: those of an attempt at each tier, the others round the chain. */
import { assert, describe, it } from "@effect/vitest"
import {
  Busy,
  Fallback,
  makeMemory,
  makeMemoryAdapter,
  type Memory,
  NoSpace,
  ReadOnly,
  type Reason,
  StorageAdapter,
  StorageError,
  Unavailable,
  Unsupported
} from "@holdfast/core"
import { Chaos } from "@holdfast/core/testing"
import { Context, Effect, Fiber, Layer, Metric, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import { makeEncryptionKeys } from "../../src/policy/encrypted.ts"
import { chain, type ChainOptions, layer, required } from "../../src/policy/Policy.ts"
import { k1 } from "./encryptedStores.ts"
import { observing } from "./observedSpans.ts"
import { append, bodyIn, healthOf, inTime, key, makeScripted, put } from "./scripted.ts"

type Adapter = StorageAdapter["Service"]

const noSpace = new NoSpace({ outcome: "notApplied", path: "first", code: "ENOSPC" })
const busy = new Busy({ outcome: "notApplied", path: "first", code: "EBUSY" })

/** A tier over a content of its own, with the trouble that it is in. `promises` are what it says of itself. */
const makeTier = Effect.fnUntraced(function*(name: string, promises?: Partial<Adapter["capability"]>) {
  const content: Memory = makeMemory()
  let why: Reason | undefined
  const mishap = Chaos.fail(() => why ?? noSpace)
  const control = yield* Chaos.control({ rules: [{ operation: "commit", while: () => why !== undefined, mishap }] })
  const named = (memory: Adapter): Adapter => ({
    ...memory,
    name,
    capability: { ...memory.capability, ...promises },
    commit: (change) =>
      Effect.map(memory.commit(change), (receipt) => ({ ...receipt, durability: promises?.durability ?? "volatile" }))
  })
  const opened = Effect.map(makeMemoryAdapter(content), named)
  /** From here on every write is refused for the reason, and reads go on; none ends it. */
  const refuse = (reason?: Reason) => Effect.sync(() => why = reason)
  return { name, content, control, refuse, layer: control.layer(Layer.effect(StorageAdapter, opened)) }
})

/** A chain of a first and a second tier, and the hands on it. */
const open = Effect.fnUntraced(function*(
  options: Omit<ChainOptions, "tiers">,
  ...promises: ReadonlyArray<Partial<Adapter["capability"]>>
) {
  const first = yield* makeTier("first", promises[0])
  const second = yield* makeTier("second", promises[1])
  const built = yield* Layer.build(chain({ ...options, tiers: [first, second], drainEvery: "1 day" }))
  return { first, second, adapter: Context.get(built, StorageAdapter), fallback: Context.get(built, Fallback) }
})

const stored = Effect.fnUntraced(function*({ content }: { readonly content: Memory }) {
  return yield* bodyIn(yield* makeMemoryAdapter(content))
})

/** The counters of whom they count for. */
const counted = Effect.map(Metric.snapshot, (snapshots) =>
  Object.fromEntries(
    snapshots.flatMap(({ attributes, id, state, type }) =>
      type === "Counter" ? [[`${id.split(".").at(-1)} of ${attributes?.["db.system.name"]}`, state.count]] : []
    )
  ))

const retry = { attemptsMax: 3 }

describe("a chain of tiers with policies", () => {
  it.effect("tries again at the tier that may recover, and counts that as a retry and no fallback", () =>
    observing(Effect.fnUntraced(function*() {
      const { adapter, first } = yield* open({ retry, observe: {} })
      yield* first.refuse(busy)
      const saving = yield* Effect.forkChild(adapter.commit(put("w", "1")), { startImmediately: true })
      yield* first.refuse()
      const receipt = yield* inTime(Fiber.join(saving))
      assert.isTrue(Option.isNone(receipt.degraded))
      assert.strictEqual(receipt.attempts, 2)
      assert.deepStrictEqual(yield* counted, { "retries of first": 1 })
    })))

  it.effect("counts a write that a lower tier took as one fallback, and what refused it as no retry", () =>
    observing(Effect.fnUntraced(function*() {
      const { adapter, first } = yield* open({ retry, observe: {} })
      yield* first.refuse(noSpace)
      const receipt = yield* adapter.commit(put("w", "1"))
      assert.strictEqual(Option.getOrThrow(receipt.degraded).tier, "second")
      assert.deepStrictEqual(yield* counted, {
        "fallbacks of fallback(first, second)": 1,
        "displaced of fallback(first, second)": 1
      })
    })))

  it.effect("goes to the next tier when the attempts at one are spent", () =>
    observing(Effect.fnUntraced(function*() {
      const { adapter, first, second } = yield* open({ retry, observe: {} })
      yield* first.refuse(busy)
      yield* inTime(adapter.commit(put("w", "1")))
      assert.strictEqual(yield* stored(second), "1")
      assert.deepInclude(yield* counted, {
        "retries of first": 2,
        "fallbacks of fallback(first, second)": 1
      })
    })))

  it.effect("bounds every attempt at a tier that hangs, and takes the write lower", () =>
    Effect.gen(function*() {
      const first = yield* makeTier("first")
      const second = yield* makeTier("second")
      const hanging = yield* Chaos.control({ rules: [{ operation: "commit", mishap: Chaos.hang }] })
      const tiers = [{ name: "first", layer: hanging.layer(first.layer) }, second] as const
      const built = yield* Layer.build(chain({ tiers, drainEvery: "1 day", timeout: { write: "1 seconds" }, retry }))
      const receipt = yield* inTime(Context.get(built, StorageAdapter).commit(put("w", "1")))
      assert.strictEqual(Option.getOrThrow(receipt.degraded).tier, "second")
      assert.strictEqual((yield* hanging.calls).commit, 1)
      yield* hanging.release
    }))

  it.effect("leaves a tier alone whose circuit is open", () =>
    Effect.gen(function*() {
      const { adapter, first, second } = yield* open({ circuit: { openDuration: "1 hours" } })
      yield* first.refuse(noSpace)
      for (let call = 0; call < 12; call++) yield* adapter.commit(put(`w${call}`, `${call}`))
      assert.isBelow((yield* first.control.calls).commit, 12)
      assert.strictEqual(yield* stored(second), "11")
    }))

  it.effect("shows an operation of the chain with those of its tiers below it", () =>
    observing(Effect.fnUntraced(function*(spans) {
      const { adapter, first } = yield* open({ observe: {} })
      yield* first.refuse(noSpace)
      yield* adapter.commit(put("w", "1"))
      const commits = spans.filter(({ name }) => name === "commit chat").map(({ attributes, parent }) => [
        attributes["db.system.name"],
        parent,
        attributes["holdfast.tier"]
      ])
      assert.deepStrictEqual(commits, [
        ["first", "commit chat", undefined],
        ["second", "commit chat", undefined],
        ["fallback(first, second)", undefined, "second"]
      ])
    })))

  it.effect("encrypts outside of all tiers, mirrors what any of them took, and reads it back", () =>
    Effect.gen(function*() {
      const mirror = yield* makeScripted()
      const keys = yield* makeEncryptionKeys([k1])
      const { adapter, first, second } = yield* open({
        encrypt: { keys },
        mirror: { adapter: mirror.adapter },
        verify: "readBack"
      })
      yield* adapter.commit(put("w1", `"secret"`))
      yield* first.refuse(noSpace)
      yield* adapter.commit(put("w2", `"secret"`))
      yield* adapter.commit(append("w3", [`"secret"`]))
      for (const held of [stored(first), stored(second), bodyIn(mirror.memory)]) {
        assert.match((yield* held) ?? "", /./)
        assert.notInclude(yield* held, "secret")
      }
      assert.strictEqual(yield* bodyIn(adapter), `"secret"`)
      const [entry] = yield* Stream.runCollect(adapter.entries(key, {}))
      assert.strictEqual(entry?._tag === "StoredEntry" ? entry.entry : "", `"secret"`)
    }))

  it.effect("brings up on request what was displaced, through the policies of its tiers", () =>
    Effect.gen(function*() {
      const { adapter, fallback, first, second } = yield* open({ retry, verify: "readBack" })
      yield* first.refuse(noSpace)
      yield* adapter.commit(put("w", "1"))
      assert.strictEqual((yield* healthOf(adapter)).state, "degraded")
      yield* first.refuse()
      yield* inTime(fallback.drain)
      assert.deepStrictEqual([yield* stored(first), yield* stored(second)], ["1", undefined])
      assert.strictEqual((yield* healthOf(adapter)).state, "healthy")
    }))

  it.effect("that is read-only reaches no tier", () =>
    Effect.gen(function*() {
      const { adapter, first, second } = yield* open({ access: "readOnly" })
      assert.instanceOf((yield* Effect.flip(adapter.commit(put("w", "1")))).reason, ReadOnly)
      assert.deepStrictEqual(
        yield* Effect.forEach([first, second], ({ control }) => Effect.map(control.calls, ({ commit }) => commit)),
        [0, 0]
      )
    }))
})

describe("a chain of tiers with a required durability", () => {
  it.effect("passes over the tier that does not promise it, and tells what the others refused with", () =>
    Effect.gen(function*() {
      const { adapter, first, second } = yield* open({ require: "flushed" }, { durability: "flushed" })
      yield* adapter.commit(put("w1", "1"))
      yield* first.refuse(noSpace)
      const error = yield* Effect.flip(adapter.commit(put("w2", "2")))
      assert.instanceOf(error.reason, NoSpace)
      const [passedOver] = error.suppressed ?? []
      assert.instanceOf(passedOver, StorageError)
      assert.instanceOf(passedOver.reason, Unavailable)
      assert.strictEqual(passedOver.reason.message, "flushed durability is not available")
      assert.isUndefined(yield* stored(second))
    }))

  it.effect("writes to a lower tier that promises it, and reads what lies in a weak one", () =>
    Effect.gen(function*() {
      const weak = yield* makeTier("weak")
      const strong = yield* makeTier("strong", { durability: "flushed" })
      yield* Effect.scoped(Effect.gen(function*() {
        yield* (yield* makeMemoryAdapter(weak.content)).commit(put("w1", "1"))
      }))
      const tiers = [weak, strong] as const
      const built = yield* Layer.build(chain({ tiers, drainEvery: "1 day", require: "flushed" }))
      const adapter = Context.get(built, StorageAdapter)
      assert.strictEqual(yield* bodyIn(adapter), "1")
      const receipt = yield* adapter.commit(put("w2", "2"))
      assert.strictEqual(receipt.durability, "flushed")
      assert.deepStrictEqual([yield* stored(weak), yield* stored(strong), yield* bodyIn(adapter)], ["1", "2", "2"])
    }))

  it.effect("tells why the tier is down that promises it, and leaves the weak one alone", () =>
    Effect.gen(function*() {
      const strong = yield* makeTier("strong", { durability: "flushed" })
      const weak = yield* makeTier("weak")
      yield* strong.control.down(noSpace)
      const built = yield* Layer.build(chain({ tiers: [strong, weak], drainEvery: "1 day", require: "flushed" }))
      const error = yield* Effect.flip(Context.get(built, StorageAdapter).commit(put("w", "1", "absent")))
      assert.instanceOf(error.reason, NoSpace)
      assert.isUndefined(yield* stored(weak))
    }))

  it.effect("refuses what no chain can do before anything is tried", () =>
    Effect.gen(function*() {
      const { adapter, first } = yield* open({ require: { atomicity: "manyKeys" } })
      const error = yield* Effect.flip(adapter.commit(put("w", "1")))
      assert.instanceOf(error.reason, Unsupported)
      assert.strictEqual((yield* first.control.calls).commit, 0)
    }))
})

describe("policies round a chain whose tiers open later", () => {
  it.effect("go by what it promises then", () =>
    Effect.gen(function*() {
      const first = yield* makeTier("first", { durability: "flushed", bodyBytesMax: 2 * 1024 * 1024 })
      yield* first.control.down(noSpace)
      const keys = yield* makeEncryptionKeys([k1])
      const options = { retry, circuit: {}, observe: {}, encrypt: { keys }, verify: "readBack" } as const
      const chained = chain({ ...options, tiers: [first], drainEvery: "1 seconds", timeout: { read: "1 hours" } })
      const built = yield* Layer.build(layer(required("flushed"))(chained))
      const adapter = Context.get(built, StorageAdapter)
      assert.strictEqual(adapter.capability.durability, "volatile")
      yield* first.control.up
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(adapter.capability.durability, "flushed")
      // More than a chain takes before one of its tiers has told its own limit.
      yield* adapter.commit(put("w", JSON.stringify("x".repeat(1024 * 1024))))
    }))
})
