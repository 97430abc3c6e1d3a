import { MemoryAdapter } from "@holdfast/adapter-memory"
import { Session, type StorageAdapter } from "@holdfast/core"
import * as HoldfastKeyValueStore from "@holdfast/core/keyValueStore"
import { type Effect, Layer, Option, Schema, type Stream } from "effect"
import type { KeyValueStore } from "effect/persistence"
import { describe, expectTypeOf, it } from "vitest"

const Draft = Session.define("Draft", {
  state: Schema.Struct({ title: Schema.String, due: Schema.DateTimeUtcFromString })
})

declare const source: KeyValueStore.KeyValueStore

describe("the layer", () => {
  it("needs an adapter and nothing else, and building it cannot fail", () => {
    expectTypeOf(HoldfastKeyValueStore.layer()).toEqualTypeOf<
      Layer.Layer<KeyValueStore.KeyValueStore, never, StorageAdapter>
    >()
    expectTypeOf(Layer.provide(HoldfastKeyValueStore.layer({ namespace: ["a"] }), MemoryAdapter.layer)).toEqualTypeOf<
      Layer.Layer<KeyValueStore.KeyValueStore>
    >()
    expectTypeOf(HoldfastKeyValueStore.make({ require: "flushed" })).toEqualTypeOf<
      Effect.Effect<KeyValueStore.KeyValueStore, never, StorageAdapter>
    >()
  })
})

describe("an import", () => {
  it("is a stream of rows that fails with the source's error only", () => {
    expectTypeOf(HoldfastKeyValueStore.importFrom(source, { definition: Draft, decode: () => Option.none() }))
      .toEqualTypeOf<
        Stream.Stream<HoldfastKeyValueStore.ImportRow, KeyValueStore.KeyValueStoreError, StorageAdapter>
      >()
  })

  it("takes states of the definition, and entries only where the definition has them", () => {
    const key = Session.key("a")
    expectTypeOf(HoldfastKeyValueStore.importFrom(source, {
      definition: Draft,
      // @ts-expect-error the state has no date
      decode: () => Option.some({ key, state: { title: "a" } })
    })).not.toBeNever()
    type Meant = HoldfastKeyValueStore.ImportedSession<(typeof Draft.state)["~type.make.in"], typeof Draft.entry.Type>
    expectTypeOf<Meant["entries"]>().toEqualTypeOf<ReadonlyArray<never> | undefined>()
  })
})
