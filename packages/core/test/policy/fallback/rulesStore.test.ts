/** A typed store over a chain: what a write reached is what its receipt or its error says, and a requirement is held to. */
import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { type Receipt, StorageError, type StoreOptions } from "@holdfast/core"
import { Effect, Option, Stream } from "effect"
import { make } from "../../../src/policy/fallback/Fallback.ts"
import { Chat, draft, hello, hi, storeOver } from "../../store/chats.ts"
import { layerOf, testTier } from "./chains.ts"
import { fail, heal, heldIn } from "./deeds.ts"

/** Two tiers that claim to be as durable as a disk, and memory as the last resort. */
const open = Effect.fnUntraced(function*(options?: StoreOptions) {
  const [first, second] = [testTier("first"), testTier("second")]
  const tierOf = (tier: typeof first) => ({ name: tier.name, layer: layerOf(tier) })
  const chain = yield* make({
    tiers: [tierOf(first), tierOf(second), { name: "last", layer: MemoryAdapter.layer }],
    drainEvery: "1 hour",
    closeTimeout: 0
  })
  return { ...chain, first, second, store: yield* storeOver(chain.adapter, Chat, options) }
})

type Store = Effect.Success<ReturnType<typeof open>>["store"]

const final = { title: "Final", pinned: true }

const seen = Effect.fnUntraced(function*(store: Store) {
  const { state, version } = yield* store.load("one")
  const entries = yield* Stream.runCollect(store.entries("one"))
  return { version, title: state.title, entries: entries.map((row) => row._tag === "Entry" ? row.entry : row._tag) }
})

/** What a receipt says of how durable a write is, where it lies, why there, and whether it stays. */
const factsOf = ({ degraded, durability, key, version }: Receipt) => ({
  id: key.id,
  version,
  durability,
  degraded: Option.match(degraded, {
    onNone: () => "no",
    onSome: ({ because, pendingDrain, tier }) => `${tier} because of ${because.adapter}, pending ${pendingDrain}`
  })
})

const inMemory = { id: "one", durability: "volatile", degraded: "last because of first, pending true" }

/** Each way to write a session that is there, with what it leaves. */
const writes = [
  { how: "save", write: (store: Store) => Effect.asVoid(store.save("one", final)), title: "Final", entries: [hello] },
  {
    how: "append",
    write: (store: Store) => Effect.asVoid(store.append("one", [hi])),
    title: "Draft",
    entries: [hello, hi]
  },
  {
    how: "commit",
    write: (store: Store) => Effect.asVoid(store.commit("one", { state: final, entries: [hi] })),
    title: "Final",
    entries: [hello, hi]
  },
  {
    how: "update",
    write: (store: Store) => Effect.asVoid(store.update("one", (state) => ({ ...state, title: "Final" }))),
    title: "Final",
    entries: [hello]
  }
]

/** The receipt that tells of a write that is not as durable as it is required to be. */
const unmet = (error: unknown): Receipt => {
  assert.isTrue(error instanceof StorageError)
  const { outcome, reason, remedy } = error as StorageError
  assert.deepStrictEqual([outcome, remedy], ["applied", "caller"])
  if (reason._tag !== "DurabilityNotMet") return assert.fail(reason._tag)
  assert.strictEqual(reason.required, "flushed")
  return reason.receipt
}

describe("a store that requires flushed writes, over a chain that ends in memory,", () => {
  for (const { entries, how, title, write } of writes) {
    it.effect(`fails a ${how} that reaches memory alone, with the receipt of what was kept`, () =>
      Effect.gen(function*() {
        const { control, first, second, store } = yield* open({ require: "flushed" })
        yield* store.create(draft, { id: "one", entries: [hello] })
        fail(first, second)
        const receipt = unmet(yield* Effect.flip(write(store)))
        assert.deepStrictEqual(factsOf(receipt), { ...inMemory, version: receipt.version })
        assert.deepStrictEqual(receipt.failures.map(({ adapter }) => adapter), ["first", "second"])
        const kept = { version: receipt.version, title, entries }
        assert.deepStrictEqual(yield* seen(store), kept)
        // It was kept: with a tier that works again it is as durable as it was required to be, and was written once.
        heal(second)
        yield* control.drain
        assert.deepStrictEqual([heldIn(second), yield* seen(store)], [["one"], kept])
        heal(first)
        yield* control.drain
        assert.deepStrictEqual([heldIn(first), heldIn(second), yield* seen(store)], [["one"], [], kept])
      }))
  }

  it.effect("fails a creation and a removal that reach memory alone in the same way", () =>
    Effect.gen(function*() {
      const { control, first, second, store } = yield* open({ require: "flushed" })
      yield* store.create(draft, { id: "two" })
      fail(first, second)
      const made = unmet(yield* Effect.flip(store.create(draft, { id: "one", entries: [hello] })))
      assert.deepStrictEqual(factsOf(made), { ...inMemory, version: made.version })
      assert.deepStrictEqual(yield* seen(store), { version: made.version, title: "Draft", entries: [hello] })
      const removed = unmet(yield* Effect.flip(store.remove("two")))
      assert.deepStrictEqual(factsOf(removed), { ...inMemory, id: "two", version: removed.version })
      assert.isTrue(Option.isNone(yield* store.find("two")))
      heal(first, second)
      yield* control.drain
      assert.deepStrictEqual(heldIn(first), ["one"])
    }))

  it.effect("takes what another durable tier has: it is degraded, and as durable as required", () =>
    Effect.gen(function*() {
      const { first, store } = yield* open({ require: "flushed" })
      fail(first)
      const { receipt, version } = yield* store.create(draft, { id: "one" })
      const degraded = "second because of first, pending true"
      assert.deepStrictEqual(factsOf(receipt), { id: "one", version, durability: "flushed", degraded })
    }))

  it.effect("refuses a write before it is made anywhere while no tier is open that could keep it", () =>
    Effect.gen(function*() {
      const first = testTier("first")
      first.trouble.builds = "fail"
      const blind = yield* make({
        tiers: [{ name: "first", layer: layerOf(first) }, { name: "last", layer: MemoryAdapter.layer }],
        drainEvery: "1 hour",
        closeTimeout: 0
      })
      const store = yield* storeOver(blind.adapter, Chat, { require: "flushed" })
      const error = yield* Effect.flip(store.create(draft, { id: "one" }))
      assert.isTrue(error instanceof StorageError && error.reason._tag === "Unsupported")
      assert.strictEqual((error as StorageError).outcome, "notApplied")
      heal(first)
      yield* blind.control.drain
      assert.deepStrictEqual(factsOf((yield* store.create(draft, { id: "one" })).receipt).durability, "flushed")
    }))
})

describe("a store that requires nothing, over a chain that ends in memory,", () => {
  it.effect("says in the receipt that the write is volatile and degraded, and where it lies", () =>
    Effect.gen(function*() {
      const { adapter, control, first, second, store } = yield* open()
      assert.strictEqual(adapter.capability.durability, "flushed")
      const made = yield* store.create(draft, { id: "one", entries: [hello] })
      assert.deepStrictEqual(factsOf(made.receipt), {
        id: "one",
        version: made.version,
        durability: "flushed",
        degraded: "no"
      })
      fail(first, second)
      const saved = yield* store.save("one", final)
      assert.deepStrictEqual(factsOf(saved.receipt), { ...inMemory, version: saved.version })
      const added = yield* store.append("one", [hi])
      assert.deepStrictEqual(factsOf(added.receipt), { ...inMemory, version: added.version })
      heal(first, second)
      yield* control.drain
      const kept = { version: added.version, title: "Final", entries: [hello, hi] }
      assert.deepStrictEqual([yield* seen(store), heldIn(first)], [kept, ["one"]])
      const next = yield* store.save("one", draft)
      assert.deepStrictEqual(factsOf(next.receipt), {
        id: "one",
        version: next.version,
        durability: "flushed",
        degraded: "no"
      })
    }))
})
