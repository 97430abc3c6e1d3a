import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import * as HoldfastKeyValueStore from "@holdfast/core/keyValueStore"
import { Arbitrary, Context, Effect, Layer, Schema } from "effect"
import { KeyValueStore } from "effect/persistence"

const options = { arbitrary: { runs: 300, size: 1000 } }

const keys = Schema.Literals(["", "a", "a/b", "a%2Fb", "ab", "\uD83D", "😀", ".", "..", "a".repeat(200)])

// Texts that look like the encodings of values: Base64 of bytes, and JSON.
const texts = Schema.Literals(["", "x", "é😀", "\uD83D", "\0\n", "AQI=", "{\"base64\":\"AQI=\"}"])

const values = Schema.Union([texts, Schema.String, Schema.Uint8Array])

const Step = Schema.Union([
  Schema.TaggedStruct("set", { key: keys, value: values }),
  Schema.TaggedStruct("get", { key: keys }),
  Schema.TaggedStruct("getUint8Array", { key: keys }),
  Schema.TaggedStruct("has", { key: keys }),
  Schema.TaggedStruct("remove", { key: keys }),
  Schema.TaggedStruct("modify", { key: keys }),
  Schema.TaggedStruct("modifyUint8Array", { key: keys }),
  Schema.TaggedStruct("clearPrefix", { prefix: Schema.Literals(["", "a", "a/", "\uD83D", "."]) }),
  Schema.TaggedStruct("clear", {})
])

type Step = typeof Step.Type

/** What a step answers; what is typed as void is not looked at, for the memory store answers with its map. */
const run = (store: KeyValueStore.KeyValueStore, step: Step): Effect.Effect<unknown, unknown> => {
  switch (step._tag) {
    case "set":
      return Effect.asVoid(store.set(step.key, step.value))
    case "get":
      return store.get(step.key)
    case "getUint8Array":
      return store.getUint8Array(step.key)
    case "has":
      return store.has(step.key)
    case "remove":
      return Effect.asVoid(store.remove(step.key))
    case "modify":
      return store.modify(step.key, (text) => `${text}+`)
    case "modifyUint8Array":
      return store.modifyUint8Array(step.key, (bytes) => Uint8Array.from([...bytes, 255]))
    case "clearPrefix":
      return Effect.asVoid(store.clearPrefix(step.prefix))
    case "clear":
      return Effect.asVoid(store.clear)
  }
}

/** What a store shows of everything that it holds. */
const content = Effect.fnUntraced(function*(store: KeyValueStore.KeyValueStore) {
  const all = (yield* store.keys).toSorted()
  const shown = yield* Effect.forEach(
    all,
    (key) => Effect.all({ key: Effect.succeed(key), text: store.get(key), bytes: store.getUint8Array(key) })
  )
  return { shown, size: yield* store.size, isEmpty: yield* store.isEmpty }
})

const build = <R>(layer: Layer.Layer<KeyValueStore.KeyValueStore, never, R>) =>
  Effect.map(Layer.build(layer), (services) => Context.get(services, KeyValueStore.KeyValueStore))

describe("a KeyValueStore over an adapter", () => {
  it.effect.prop("answers every call as Effect's memory store does", {
    steps: Arbitrary.array(Arbitrary.schema(Step), { maxLength: 40 })
  }, ({ steps }) =>
    Effect.gen(function*() {
      const expected = yield* build(Layer.fresh(KeyValueStore.layerMemory))
      const actual = yield* build(HoldfastKeyValueStore.layer().pipe(Layer.provide(Layer.fresh(MemoryAdapter.layer))))
      for (const step of steps) {
        assert.deepStrictEqual(yield* run(actual, step), yield* run(expected, step))
      }
      assert.deepStrictEqual(yield* content(actual), yield* content(expected))
    }), options)
})
