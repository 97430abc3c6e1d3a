import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { makeKey, StorageAdapter } from "@holdfast/core"
import { Config, ConfigProvider, Context, Effect, Layer, Option } from "effect"

const key = makeKey("a")

const put = { _tag: "Put", key, expect: "any", kind: "note", schemaVersion: 1, summary: "{}", body: "1" } as const

const save = (adapter: StorageAdapter["Service"]) => adapter.commit({ writeId: "w", operations: [put] })

const adapterOf = <E>(layer: Layer.Layer<StorageAdapter, E>) =>
  Effect.map(Layer.build(layer), (built) => Context.get(built, StorageAdapter))

const inEnvironment = (env: Record<string, string>) =>
  Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env })))

const configured = MemoryAdapter.layerConfig({
  closeTimeout: Config.Duration("CLOSE_TIMEOUT").pipe(Config.withDefault(undefined))
})

describe("layer", () => {
  it.effect("is a memory of its own in every build", () =>
    Effect.gen(function*() {
      const [first, second] = [
        yield* Effect.scoped(Effect.tap(adapterOf(MemoryAdapter.layer), save)),
        yield* adapterOf(MemoryAdapter.layer)
      ]
      assert.deepStrictEqual(yield* second.load(key), Option.none())
      assert.strictEqual((yield* Effect.flip(first.load(key))).reason._tag, "Closed")
    }))
})

describe("layerOver", () => {
  it.effect("shares its memory among builds, and among their watchers", () =>
    Effect.gen(function*() {
      const layer = MemoryAdapter.layerOver(MemoryAdapter.makeMemory())
      const [first, second] = [yield* adapterOf(Layer.fresh(layer)), yield* adapterOf(Layer.fresh(layer))]
      assert.notStrictEqual(first, second)
      yield* save(first)
      assert.isTrue(Option.isSome(yield* second.load(key)))
    }))
})

describe("layerConfig", () => {
  it.effect("is a memory of its own in every build, with what is configured or without", () =>
    Effect.gen(function*() {
      for (const env of [{}, { CLOSE_TIMEOUT: "5 seconds" }]) {
        const built = adapterOf(Layer.fresh(configured)).pipe(inEnvironment(env))
        const [first, second] = [yield* built, yield* built]
        yield* save(first)
        assert.deepStrictEqual(yield* second.load(key), Option.none())
      }
    }))

  it.effect("takes options as one configuration, or none at all", () =>
    Effect.gen(function*() {
      const layers = [
        MemoryAdapter.layerConfig({}),
        MemoryAdapter.layerConfig(Config.succeed({})),
        MemoryAdapter.layerConfig(Config.map(Config.String("TIMEOUT"), () => ({ closeTimeout: "1 second" as const })))
      ]
      for (const layer of layers) {
        const adapter = yield* adapterOf(layer).pipe(inEnvironment({ TIMEOUT: "given" }))
        assert.strictEqual((yield* save(adapter)).durability, "volatile")
      }
    }))

  it.effect.each(["soon", "", "-", "5"])("refuses a duration that is none: %o", (text) =>
    Effect.gen(function*() {
      const strict = MemoryAdapter.layerConfig({ closeTimeout: Config.Duration("CLOSE_TIMEOUT") })
      const error = yield* Effect.flip(adapterOf(strict).pipe(inEnvironment({ CLOSE_TIMEOUT: text })))
      assert.strictEqual(error._tag, "ConfigError")
    }))

  it.effect("refuses a configuration that is missing", () =>
    Effect.gen(function*() {
      const strict = MemoryAdapter.layerConfig({ closeTimeout: Config.Duration("CLOSE_TIMEOUT") })
      const error = yield* Effect.flip(adapterOf(strict).pipe(inEnvironment({})))
      assert.strictEqual(error._tag, "ConfigError")
    }))
})
