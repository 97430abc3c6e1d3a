import { assert, describe, it } from "@effect/vitest"
import { Config, ConfigProvider, Context, Effect, Layer } from "effect"
import { expectTypeOf } from "vitest"
import * as StorageUrl from "../../src/config/StorageUrl.ts"
import type { StorageError } from "../../src/errors/StorageError.ts"
import { StorageAdapter } from "../../src/port/StorageAdapter.ts"
import { registry } from "./schemes.ts"

const inEnvironment = (env: Record<string, string>) =>
  Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env })))

const locationOf = <E>(layer: Layer.Layer<StorageAdapter, E>) =>
  Effect.map(Layer.build(layer), (built) => Context.get(built, StorageAdapter).location)

/** Why the configuration is refused when the variable is this text. */
const refusalOf = (text: string) => Effect.flip(inEnvironment({ HOLDFAST_STORE: text })(StorageUrl.config(registry)))

describe("config", () => {
  it.effect("reads the URL from HOLDFAST_STORE, or from the variable that is named", () =>
    Effect.gen(function*() {
      const env = inEnvironment({
        HOLDFAST_STORE: "folder:./s",
        APP_STORE: "memory:",
        OUTER_HOLDFAST_STORE: "nested:x"
      })
      assert.strictEqual(String(yield* env(StorageUrl.config())), "folder:./s")
      assert.strictEqual(String(yield* env(StorageUrl.config(registry, { name: "APP_STORE" }))), "memory:")
      assert.strictEqual(String(yield* env(StorageUrl.config().pipe(Config.nested("OUTER")))), "nested:x")
    }))

  it.effect("takes the default where the variable is not set or empty, and only there", () =>
    Effect.gen(function*() {
      const config = StorageUrl.config(registry, { default: "folder:./s" })
      assert.strictEqual(String(yield* inEnvironment({})(config)), "folder:./s")
      assert.strictEqual(String(yield* inEnvironment({ HOLDFAST_STORE: "" })(config)), "folder:./s")
      assert.strictEqual(String(yield* inEnvironment({ HOLDFAST_STORE: "memory:" })(config)), "memory:")
      const error = yield* Effect.flip(inEnvironment({ HOLDFAST_STORE: "memory:," })(config))
      assert.include(error.message, "no URL stands here")
    }))

  it.effect("names the variable, the part that is wrong and what is known, and never the value", () =>
    Effect.gen(function*() {
      const error = yield* refusalOf("memory:,foldr:./hunter2")
      assert.strictEqual(error._tag, "ConfigError")
      assert.strictEqual(
        error.message,
        "SchemaError(invalid storage URL, scheme at character 9: unknown scheme \"foldr\"; did you mean \"folder\"? "
          + "known schemes: folder, memory, server\n  at [\"HOLDFAST_STORE\"])"
      )
      assert.notInclude((yield* refusalOf("server://me:hunter2@host?pin=x")).message, "hunter2")
    }))

  it.effect("says that the variable is missing", () =>
    Effect.gen(function*() {
      for (const env of [{}, { HOLDFAST_STORE: "" }]) {
        const error = yield* Effect.flip(inEnvironment(env)(StorageUrl.config()))
        assert.include(error.message, "HOLDFAST_STORE")
      }
    }))

  it.effect("refuses a default that is wrong, although the variable is set", () =>
    Effect.gen(function*() {
      const config = StorageUrl.config(registry, { default: "folder:" })
      const error = yield* Effect.flip(inEnvironment({ HOLDFAST_STORE: "memory:" })(config))
      assert.include(error.message, "path at character 8: folder: needs a path")
    }))
})

describe("layerConfig", () => {
  it.effect("opens the store that the configuration names", () =>
    Effect.gen(function*() {
      const env = inEnvironment({ HOLDFAST_STORE: "folder:./s?commit=rename", APP_STORE: "memory:" })
      assert.strictEqual(yield* env(locationOf(StorageUrl.layerConfig(registry))), "./s {\"commit\":\"rename\"}")
      assert.strictEqual(yield* env(locationOf(StorageUrl.layerConfig(registry, { name: "APP_STORE" }))), "memory")
      const other = StorageUrl.layerConfig(registry, { name: "OTHER", default: "memory:" })
      assert.strictEqual(yield* env(locationOf(other)), "memory")
    }))

  it.effect("fails for its configuration, or as the adapter does", () =>
    Effect.gen(function*() {
      const layer = StorageUrl.layerConfig(registry)
      expectTypeOf(layer).toEqualTypeOf<Layer.Layer<StorageAdapter, Config.ConfigError | StorageError>>()
      const open = (text: string) =>
        Effect.flip(inEnvironment({ HOLDFAST_STORE: text })(locationOf(Layer.fresh(layer))))
      assert.strictEqual((yield* open("folder:./s?commit=copy"))._tag, "ConfigError")
      assert.strictEqual((yield* open("folder:./s?require=flushed"))._tag, "StorageError")
    }))
})
