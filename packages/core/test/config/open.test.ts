import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Option, Result } from "effect"
import { expectTypeOf } from "vitest"
import { type Compose, makeOpen, tierNames } from "../../src/config/open.ts"
import { resolve } from "../../src/config/resolve.ts"
import * as StorageUrl from "../../src/config/StorageUrl.ts"
import type { StorageError } from "../../src/errors/StorageError.ts"
import { makeKey } from "../../src/model/SessionKey.ts"
import { StorageAdapter } from "../../src/port/StorageAdapter.ts"
import { folder, memory, registry } from "./schemes.ts"

const adapterOf = <E>(layer: Layer.Layer<StorageAdapter, E>) =>
  Effect.map(Layer.build(layer), (built) => Context.get(built, StorageAdapter))

const key = makeKey("a")

const put = { _tag: "Put", key, expect: "any", kind: "note", schemaVersion: 1, summary: "{}", body: "1" } as const

/** A scheme whose layer needs what this one does. */
const needing = <R>(layer: Layer.Layer<StorageAdapter, never, R>): StorageUrl.Scheme<object, R> => ({
  ...memory,
  layer: () => layer
})

describe("the store of a URL", () => {
  it.effect("is what its scheme makes of the path and the decoded options", () =>
    Effect.gen(function*() {
      const adapter = yield* adapterOf(StorageUrl.layer(registry, "folder:./a%2Cb?commit=slots&require=buffered"))
      assert.strictEqual(adapter.location, "./a,b {\"commit\":\"slots\"}")
    }))

  it.effect("gets a text as it is written, since its parts are encoded apart", () =>
    Effect.gen(function*() {
      const url = Result.getOrThrow(StorageUrl.parse("server://me:a%40b@host/db?pin=1"))
      for (const given of [url, StorageUrl.format(url)]) {
        assert.strictEqual((yield* adapterOf(StorageUrl.layer(registry, given))).location, "//me:a%40b@host/db")
      }
    }))

  it.effect("is refused where the adapter promises less than is required", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(adapterOf(StorageUrl.layer(registry, "folder:./s?require=flushed")))
      assert.strictEqual(
        error.message,
        "memory.open: not supported here: flushed durability; ./s {} is buffered; nothing was changed"
      )
      for (
        const [url, durability] of [["memory:?require=volatile", "volatile"], [
          "server:h?pin=1&require=flushed",
          "replicated"
        ]] as const
      ) {
        const adapter = yield* adapterOf(StorageUrl.layer(registry, url))
        assert.strictEqual(adapter.capability.durability, durability)
      }
    }))

  it.effect("is one of its own in every layer", () =>
    Effect.gen(function*() {
      const [first, second] = [
        yield* adapterOf(StorageUrl.layer(registry, "memory:")),
        yield* adapterOf(StorageUrl.layer(registry, "memory:"))
      ]
      yield* first.commit({ writeId: "w", operations: [put] })
      assert.isTrue(Option.isSome(yield* first.load(key)))
      assert.isTrue(Option.isNone(yield* second.load(key)))
    }))

  it.effect("fails typed for a URL that is wrong, before anything is opened", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(adapterOf(StorageUrl.layer(registry, "foldr:./s")))
      assert.strictEqual(error._tag, "InvalidStorageUrl")
    }))

  it.effect("is of the later scheme where a registry has two with one name", () =>
    Effect.gen(function*() {
      const replaced = StorageUrl.registry([folder, { ...memory, name: "folder" }])
      assert.strictEqual((yield* adapterOf(StorageUrl.layer(replaced, "folder:"))).location, "memory")
    }))

  it("needs what its schemes need", () => {
    class Disk extends Context.Service<Disk, string>()("test/Disk") {}
    class Net extends Context.Service<Net, string>()("test/Net") {}
    const both = StorageUrl.registry([
      needing(Layer.effect(StorageAdapter, Effect.andThen(Disk, Effect.never))),
      needing(Layer.effect(StorageAdapter, Effect.andThen(Net, Effect.never))),
      memory
    ])
    expectTypeOf(StorageUrl.layer(both, "memory:")).toEqualTypeOf<
      Layer.Layer<StorageAdapter, StorageUrl.InvalidStorageUrl | StorageError, Disk | Net>
    >()
    expectTypeOf(StorageUrl.layer(registry, "memory:")).toEqualTypeOf<
      Layer.Layer<StorageAdapter, StorageUrl.InvalidStorageUrl | StorageError>
    >()
  })
})

describe("a chain of URLs", () => {
  it("names its tiers by their schemes, each name once", () => {
    assert.deepStrictEqual(tierNames(["fs", "sqlite", "memory"]), ["fs", "sqlite", "memory"])
    assert.deepStrictEqual(tierNames(["fs", "fs", "memory", "fs"]), ["fs", "fs-2", "memory", "fs-3"])
    assert.deepStrictEqual(tierNames(["fs", "fs-2", "fs", "fs"]), ["fs", "fs-2", "fs-3", "fs-4"])
  })

  it.effect("hands its tiers to the fallback policy in their order, those that cannot be opened too", () =>
    Effect.gen(function*() {
      const seen: Array<string> = []
      // Takes the first tier that opens, and notes what became of each.
      const compose: Compose = (tiers) =>
        Layer.effect(
          StorageAdapter,
          Effect.gen(function*() {
            const built = yield* Effect.forEach(tiers, ({ layer, name }) =>
              Effect.map(Effect.exit(Layer.build(layer)), (exit) => {
                seen.push(`${name} ${exit._tag}`)
                return exit
              }))
            const first = built.find(Exit.isSuccess)
            return first === undefined ? yield* Effect.die("no tier opened") : Context.get(first.value, StorageAdapter)
          })
        )
      const text = "folder:./a?require=flushed,folder:./b,memory:"
      const adapter = yield* adapterOf(makeOpen(compose)(Result.getOrThrow(resolve(registry, text))))
      assert.deepStrictEqual(seen, ["folder Failure", "folder-2 Success", "memory Success"])
      assert.strictEqual(adapter.location, "./b {}")
    }))

  it.effect("is a fallback over its tiers: a save that the first cannot take says so in its receipt", () =>
    Effect.gen(function*() {
      const adapter = yield* adapterOf(StorageUrl.layer(registry, "folder:./a?require=flushed,memory:"))
      const receipt = yield* adapter.commit({ writeId: "w", operations: [put] })
      const degraded = Option.getOrThrow(receipt.degraded)
      assert.deepStrictEqual([degraded.tier, receipt.durability], ["memory", "volatile"])
      assert.include(degraded.because.message, "flushed durability")
      assert.isTrue(Option.isSome(yield* adapter.load(key)))
    }))

  it.effect("is refused whole, before any tier is opened, when one of its URLs is wrong", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(adapterOf(StorageUrl.layer(registry, "memory:,folder:")))
      assert.strictEqual(error.message, "invalid storage URL, path at character 16: folder: needs a path")
    }))
})
