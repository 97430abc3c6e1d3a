import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { type Health, makeMemory, ReadOnly, StorageAdapter, type StorageError, Unsupported } from "@holdfast/core"
import { Context, Effect, Layer, Option } from "effect"
import { makeEncryptionKeys } from "../../src/policy/encrypted.ts"
import { apply, layer, type PolicyOptions, readOnly, retried } from "../../src/policy/Policy.ts"
import { reasonSamples } from "../errors/reasonSamples.ts"
import { k1 } from "./encryptedStores.ts"
import { bodyIn, healthOf, inTime, key, makeScripted, put, refuse } from "./scripted.ts"

const { Busy: busy } = reasonSamples

const tiersOf = ({ tiers }: Health) => tiers.map(({ name }) => name)

describe("policies that are applied together", () => {
  it.effect("and are none leave the adapter as it is", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      assert.strictEqual(apply({})(adapter), adapter)
      assert.strictEqual(apply({ access: "readWrite", verify: "none" })(adapter), adapter)
    }))

  it.effect("refuse what is not promised before anything is tried, once", () =>
    Effect.gen(function*() {
      const { adapter, sent } = yield* makeScripted()
      const policy = apply({ require: "flushed", retry: {}, circuit: {} })(adapter)
      assert.instanceOf((yield* Effect.flip(policy.commit(put("w", "1")))).reason, Unsupported)
      assert.deepStrictEqual(sent, [])
    }))

  it.effect("time every attempt by itself, inside the retry", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      let heads = 0
      const slowly: typeof adapter.head = (of) => Effect.suspend(() => ++heads < 3 ? Effect.never : adapter.head(of))
      const policy = apply({ timeout: { read: "1 seconds" }, retry: {} })({ ...adapter, head: slowly })
      assert.isTrue(Option.isNone(yield* inTime(policy.head(key))))
      assert.strictEqual(heads, 3)
    }))

  it.effect("count a call once at the circuit, whatever its attempts", () =>
    Effect.gen(function*() {
      const { adapter, next, sent } = yield* makeScripted()
      const policy = apply({ retry: { attemptsMax: 2 }, circuit: { openDuration: "1 hours" } })(adapter)
      const tags: Array<string> = []
      for (let call = 0; call < 6; call++) {
        next(refuse(busy), refuse(busy))
        tags.push((yield* inTime(Effect.flip(policy.commit(put("w", "1"))))).reason._tag)
      }
      assert.deepStrictEqual(tags, ["Busy", "Busy", "Busy", "Busy", "Busy", "CircuitOpen"])
      assert.strictEqual(sent.length, 10)
    }))

  it.effect("mirror what was acknowledged after all attempts", () =>
    Effect.gen(function*() {
      const [primary, second] = [yield* makeScripted(refuse(busy), refuse(busy)), yield* makeScripted()]
      // The clock runs ahead of the mirror here.
      const policy = apply({ mirror: { adapter: second.adapter, waitMax: "1 hour" }, retry: {} })(primary.adapter)
      const receipt = yield* inTime(policy.commit(put("w", "1")))
      assert.strictEqual(receipt.attempts, 3)
      assert.strictEqual(yield* bodyIn(second.memory), "1")
      assert.deepStrictEqual(tiersOf(yield* healthOf(policy)), ["memory", "mirror"])
    }))

  it.effect("that are read-only reach neither the adapter nor its mirror", () =>
    Effect.gen(function*() {
      const [primary, second] = [yield* makeScripted(), yield* makeScripted()]
      const options: PolicyOptions = { access: "readOnly", mirror: { adapter: second.adapter }, verify: "readBack" }
      assert.instanceOf(
        (yield* Effect.flip(apply(options)(primary.adapter).commit(put("w", "1")))).reason,
        ReadOnly
      )
      assert.deepStrictEqual([primary.sent, second.sent], [[], []])
    }))

  it.effect("encrypt outermost, so that neither the adapter nor its mirror sees a body", () =>
    Effect.gen(function*() {
      const [primary, second] = [yield* makeScripted(), yield* makeScripted()]
      const policy = apply({
        encrypt: { keys: yield* makeEncryptionKeys([k1]) },
        mirror: { adapter: second.adapter },
        verify: "readBack",
        observe: {}
      })(primary.adapter)
      yield* policy.commit(put("w", `"secret"`))
      assert.strictEqual(yield* bodyIn(policy), `"secret"`)
      for (const { memory } of [primary, second]) assert.notInclude(yield* bodyIn(memory), "secret")
    }))
})

describe("an encrypted write that is read back", () => {
  it.effect("is acknowledged when it is sent again, although its ciphertext is another one", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      const policy = apply({ encrypt: { keys: yield* makeEncryptionKeys([k1]) }, verify: "readBack" })(adapter)
      const [first, second] = [yield* policy.commit(put("w", "1")), yield* policy.commit(put("w", "1"))]
      assert.deepStrictEqual(second.keys, first.keys)
    }))
})

describe("a policy over a layer", () => {
  it.effect("wraps the adapter that the layer gives", () =>
    Effect.gen(function*() {
      const built = yield* Layer.build(layer(readOnly)(MemoryAdapter.layer))
      const error = yield* Effect.flip(Context.get(built, StorageAdapter).commit(put("w", "1")))
      assert.instanceOf(error.reason, ReadOnly)
    }))

  it.effect("fails to build as the layer does", () =>
    Effect.gen(function*() {
      const broken: Layer.Layer<StorageAdapter, string> = Layer.effect(StorageAdapter, Effect.fail("unavailable"))
      assert.strictEqual(yield* Effect.flip(Layer.build(layer(retried())(broken))), "unavailable")
    }))

  it.effect("leaves the content of the store as it is", () =>
    Effect.gen(function*() {
      const content = makeMemory()
      const policy = layer(apply({ retry: {}, verify: "readBack" }))
      const write = Effect.scoped(Effect.gen(function*() {
        const adapter = Context.get(yield* Layer.build(policy(MemoryAdapter.layerOver(content))), StorageAdapter)
        yield* adapter.commit(put("w", "1"))
      }))
      yield* write satisfies Effect.Effect<void, StorageError>
      assert.strictEqual(yield* bodyIn(yield* MemoryAdapter.make(content)), "1")
    }))
})
