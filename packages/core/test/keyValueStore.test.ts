import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { SessionConflict, SessionInvalid, type StorageAdapter } from "@holdfast/core"
import * as HoldfastKeyValueStore from "@holdfast/core/keyValueStore"
import { Cause, Effect, Exit, Fiber, Layer, Option, Ref, Schema } from "effect"
import { KeyValueStore } from "effect/persistence"
import { TestClock } from "effect/testing"
import { at, open, storeOf } from "./keyValueStores.ts"

const increment = (store: KeyValueStore.KeyValueStore) => store.modify("count", (text) => String(Number(text) + 1))

/** Lets everyone else run after each reading, as a disk does: whoever reads first is not the first to write. */
const unhurried = (adapter: StorageAdapter["Service"]): StorageAdapter["Service"] => ({
  ...adapter,
  load: (key) => Effect.tap(adapter.load(key), () => Effect.yieldNow)
})

const never = (): never => assert.fail("asked for a value")

describe("a value of a KeyValueStore over an adapter", () => {
  it.effect("is stored as a session whose body a person can read", () =>
    Effect.gen(function*() {
      const { adapter, store } = yield* open
      yield* store.set("text", "say \"é\uD83D\"")
      yield* store.set("bytes", Uint8Array.of(1, 2))
      const bodies = yield* Effect.forEach(
        ["text", "bytes"],
        (id) => Effect.map(adapter.load(at(id)), Option.getOrThrow)
      )
      assert.deepStrictEqual(bodies.map(({ body, head }) => [head.kind, head.summary, body]), [
        [HoldfastKeyValueStore.kind, "{}", "{\"text\":\"say \\\"é\\ud83d\\\"\"}"],
        [HoldfastKeyValueStore.kind, "{}", "{\"base64\":\"AQI=\"}"]
      ])
    }))

  it.effect("is a copy of what was set, and a copy for everyone who gets it", () =>
    Effect.gen(function*() {
      const { store } = yield* open
      const bytes = Uint8Array.of(1, 2)
      yield* store.set("a", bytes)
      bytes[0] = 9
      const got = yield* store.getUint8Array("a")
      assert.deepStrictEqual(got, Uint8Array.of(1, 2))
      got![0] = 9
      assert.deepStrictEqual(yield* store.getUint8Array("a"), Uint8Array.of(1, 2))
    }))

  it.effect("is refused when it is neither text nor bytes", () =>
    Effect.gen(function*() {
      const { adapter, store } = yield* open
      for (const value of [5, null, undefined, {}, [1, 2]]) {
        const error = yield* Effect.flip(store.set("a", value as never))
        assert.instanceOf(error.cause, SessionInvalid)
      }
      assert.deepStrictEqual(yield* adapter.head(at("a")), Option.none())
    }))

  it.effect("outlives its store", () =>
    Effect.gen(function*() {
      const memory = MemoryAdapter.makeMemory()
      const once = <A>(
        use: (store: KeyValueStore.KeyValueStore) => Effect.Effect<A, KeyValueStore.KeyValueStoreError>
      ) =>
        Effect.provide(
          Effect.flatMap(KeyValueStore.KeyValueStore, use),
          HoldfastKeyValueStore.layer().pipe(Layer.provide(MemoryAdapter.layerOver(memory)), Layer.fresh)
        )
      yield* once((store) => store.set("a/b", "1"))
      assert.deepStrictEqual(yield* once((store) => Effect.all([store.get("a/b"), store.keys])), ["1", ["a/b"]])
    }))

  it.effect("can be reached through Effect's own views", () =>
    Effect.gen(function*() {
      const { store } = yield* open
      const view = KeyValueStore.toSchemaStore(KeyValueStore.prefix(store, "user/"), Schema.Struct({ age: Schema.Int }))
      yield* view.set("a", { age: 5 })
      yield* store.set("other", "stays")
      assert.deepStrictEqual(yield* view.get("a"), Option.some({ age: 5 }))
      assert.deepStrictEqual((yield* store.keys).toSorted(), ["other", "user/a"])
      yield* view.clear
      assert.deepStrictEqual(yield* store.keys, ["other"])
    }))
})

describe("modify", () => {
  it.effect("loses none of 20 increments that run at once", () =>
    Effect.gen(function*() {
      const { adapter } = yield* open
      const store = yield* storeOf(unhurried(adapter))
      yield* store.set("count", "0")
      const results = yield* Effect.all(Array.from({ length: 20 }, () => increment(store)), {
        concurrency: "unbounded"
      })
      assert.strictEqual(yield* store.get("count"), "20")
      assert.strictEqual(new Set(results).size, 20)
    }))

  it.live("loses none of 20 increments of two stores over one content", () =>
    Effect.gen(function*() {
      const memory = MemoryAdapter.makeMemory()
      const openOver = Effect.flatMap(MemoryAdapter.make(memory), (adapter) => storeOf(unhurried(adapter)))
      const stores = yield* Effect.all([openOver, openOver])
      yield* stores[0].set("count", "0")
      yield* Effect.all(Array.from({ length: 20 }, (_, index) => increment(stores[index % 2]!)), {
        concurrency: "unbounded"
      })
      assert.strictEqual(yield* stores[1].get("count"), "20")
    }))

  it.live("runs again when another write comes between its reading and its writing", () =>
    Effect.gen(function*() {
      const { adapter, store: other } = yield* open
      const intruders = yield* Ref.make(["10", "20"])
      const store = yield* storeOf({
        ...adapter,
        load: (key) =>
          Effect.tap(adapter.load(key), () =>
            Effect.flatMap(
              Ref.getAndUpdate(intruders, (left) => left.slice(1)),
              ([next]) => next === undefined ? Effect.void : Effect.ignore(other.set("count", next))
            ))
      })
      yield* other.set("count", "0")
      assert.strictEqual(yield* increment(store), "21")
      assert.strictEqual(yield* other.get("count"), "21")
    }))

  it.effect("changes nothing of an absent key, and does not ask what would become of it", () =>
    Effect.gen(function*() {
      const { store } = yield* open
      assert.isUndefined(yield* store.modify("a", never))
      assert.isUndefined(yield* store.modifyUint8Array("a", never))
      assert.isFalse(yield* store.has("a"))
    }))

  it.effect("changes nothing when its function throws", () =>
    Effect.gen(function*() {
      const { store } = yield* open
      yield* store.set("a", "1")
      const mistake = new Error("mine")
      const exit = yield* Effect.exit(store.modify("a", () => {
        throw mistake
      }))
      assert.isTrue(Exit.isFailure(exit) && Cause.squash(exit.cause) === mistake)
      assert.strictEqual(yield* store.get("a"), "1")
    }))
})

describe("remove", () => {
  /** A store that finds its key written by somebody else after each of its first `count` looks at it. */
  const contested = Effect.fnUntraced(function*(count: number) {
    const { adapter, store: other } = yield* open
    yield* other.set("a", "1")
    const left = yield* Ref.make(count)
    const store = yield* storeOf({
      ...adapter,
      head: (key) =>
        Effect.tap(
          adapter.head(key),
          () =>
            Effect.flatMap(Ref.getAndUpdate(left, (n) => n - 1), (n) =>
              n > 0 ? Effect.ignore(other.set("a", "2")) : Effect.void)
        )
    })
    return { other, store }
  })

  it.live("removes what somebody else wrote meanwhile", () =>
    Effect.gen(function*() {
      const { other, store } = yield* contested(3)
      yield* store.remove("a")
      assert.isFalse(yield* other.has("a"))
    }))

  it.effect("fails with the conflict when somebody else writes all the time", () =>
    Effect.gen(function*() {
      const { other, store } = yield* contested(1000)
      const removing = yield* Effect.forkChild(Effect.flip(store.remove("a")))
      yield* TestClock.adjust("10 seconds")
      const error = yield* Fiber.join(removing)
      assert.instanceOf(error.cause, SessionConflict)
      assert.strictEqual(yield* other.get("a"), "2")
    }))

  it.effect("succeeds when somebody else removes the key meanwhile", () =>
    Effect.gen(function*() {
      const { adapter, store: other } = yield* open
      yield* other.set("a", "1")
      const store = yield* storeOf({
        ...adapter,
        head: (key) =>
          Effect.tap(adapter.head(key), () =>
            Effect.ignore(adapter.commit({
              writeId: "other",
              operations: [{ _tag: "Remove", key, expect: "any" }]
            })))
      })
      yield* store.remove("a")
      assert.isFalse(yield* other.has("a"))
    }))
})
