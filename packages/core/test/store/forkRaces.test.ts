/** Forks of a session that others write to, remove and make again while it is read. */
import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { makeKey, Session } from "@holdfast/core"
import { Effect, Fiber, Option, Schema, Stream } from "effect"
import { storeOver } from "./chats.ts"
import type { Adapter } from "./forks.ts"

/** The state of a document is the number of its entries: a mixture of two versions is recognised. */
const Doc = Session.define("Doc", { state: Schema.Int, entry: Schema.String })
const Note = Session.define("Note", { state: Schema.Int, entry: Schema.String })

const key = makeKey("a")
const copy = makeKey("b")

/** Where a fork is when somebody else comes in: before the state, the entries or the last look are read, or before it is written. */
type Moment = "load" | "entries" | "head" | "commit"

const moments: ReadonlyArray<readonly [Moment]> = [["load"], ["entries"], ["head"], ["commit"]]

/** An adapter that runs an effect before its calls of a moment, as often as it is told. */
const meanwhile = (
  adapter: Adapter,
  options: { readonly moment: Moment; readonly times: number; readonly run: Effect.Effect<unknown, unknown> }
) => {
  let left = options.times
  const readings = { load: 0 }
  const before = (moment: Moment) =>
    Effect.suspend(() => moment === options.moment && left-- > 0 ? Effect.orDie(options.run) : Effect.void)
  const disturbed: Adapter = {
    ...adapter,
    load: (at) => {
      readings.load += 1
      return Effect.andThen(before("load"), adapter.load(at))
    },
    head: (at) => Effect.andThen(before("head"), adapter.head(at)),
    entries: (at, range) => Stream.unwrap(Effect.as(before("entries"), adapter.entries(at, range))),
    commit: (change) => Effect.andThen(before("commit"), adapter.commit(change))
  }
  return { disturbed, readings }
}

type Disturb = (docs: Docs) => Effect.Effect<unknown, unknown>
type Docs = Effect.Success<ReturnType<typeof openDocs>>

const openDocs = (adapter: Adapter) => storeOver(adapter, Doc)

/** A document of two entries, and a store that is disturbed at a moment. */
const openDisturbed = Effect.fnUntraced(function*(moment: Moment, disturb: Disturb, times = 1) {
  const adapter = yield* MemoryAdapter.make()
  const docs = yield* openDocs(adapter)
  yield* docs.create(2, { id: "a", entries: ["0", "1"] })
  const { disturbed, readings } = meanwhile(adapter, { moment, times, run: disturb(docs) })
  return { adapter, docs, readings, store: yield* openDocs(disturbed) }
})

/** State and entries of a document; none when it is absent. */
const contentOf = Effect.fnUntraced(function*(docs: Docs, id: string) {
  const found = yield* docs.find(id)
  if (Option.isNone(found)) return Option.none()
  const rows = yield* Stream.runCollect(docs.entries(id))
  return Option.some([found.value.state, ...rows.map((row) => row._tag === "Entry" ? row.entry : "?")])
})

const two = Option.some([2, "0", "1"])
const three = Option.some([3, "0", "1", "2"])
const grow: Disturb = (docs) => docs.commit(key, { state: 3, entries: ["2"] })
const again: Disturb = (docs) => Effect.andThen(docs.remove(key), docs.create(3, { id: "a", entries: ["x", "y", "z"] }))

describe("a fork whose source is written to meanwhile", () => {
  it.effect.each(moments)("before its %s is of one version", ([moment]) =>
    Effect.gen(function*() {
      const { docs, store } = yield* openDisturbed(moment, grow)
      const forked = yield* store.fork("a", { id: "b" })
      const expected = moment === "load" ? three : two
      assert.deepStrictEqual(yield* contentOf(docs, "b"), expected)
      assert.deepStrictEqual(Option.some(forked.entryCount), Option.map(expected, ([state]) => state))
      assert.deepStrictEqual(yield* contentOf(docs, "a"), three)
    }))

  it.effect("again and again is made all the same, and read once", () =>
    Effect.gen(function*() {
      const { readings, store } = yield* openDisturbed("entries", (docs) => docs.append(key, ["more"]), Infinity)
      assert.strictEqual((yield* store.fork("a", { id: "b" })).entryCount, 2)
      assert.strictEqual(readings.load, 1)
    }))

  it.effect("by a fiber that never rests is never a mixture of two versions", () =>
    Effect.gen(function*() {
      const adapter = yield* MemoryAdapter.make()
      const docs = yield* openDocs(adapter)
      yield* docs.create(0, { id: "a" })
      const writing = Effect.forEach(
        Array(100).keys(),
        (index) => Effect.andThen(docs.commit("a", { state: index + 1, entries: [`${index}`] }), Effect.yieldNow)
      )
      const forking = Effect.forEach(
        Array(100).keys(),
        (index) => Effect.tap(docs.fork("a", { id: `copy-${index}` }), Effect.yieldNow)
      )
      const [, copies] = yield* Effect.all([writing, forking], { concurrency: "unbounded" })
      for (const { entryCount, key, state } of copies) {
        assert.strictEqual(entryCount, state)
        const expected = [state, ...Array.from({ length: state }, (_, index) => `${index}`)]
        assert.deepStrictEqual(yield* contentOf(docs, key.id), Option.some(expected))
      }
      assert.isAbove(new Set(copies.map(({ state }) => state)).size, 1)
    }))
})

describe("a fork whose source is removed meanwhile", () => {
  it.effect.each([["load"], ["entries"], ["head"]] as const)(
    "before its %s fails with that, and makes nothing",
    ([moment]) =>
      Effect.gen(function*() {
        const { docs, store } = yield* openDisturbed(moment, (each) => each.remove(key))
        assert.strictEqual((yield* Effect.flip(store.fork("a", { id: "b" })))._tag, "SessionNotFound")
        assert.deepStrictEqual(yield* contentOf(docs, "b"), Option.none())
      })
  )

  it.effect("after it was read is made", () =>
    Effect.gen(function*() {
      const { docs, store } = yield* openDisturbed("commit", (each) => each.remove(key))
      yield* store.fork("a", { id: "b" })
      assert.deepStrictEqual([yield* contentOf(docs, "a"), yield* contentOf(docs, "b")], [Option.none(), two])
    }))
})

describe("a fork whose source is removed and made again meanwhile", () => {
  it.effect.each(moments)("before its %s is of one life", ([moment]) =>
    Effect.gen(function*() {
      const { docs, store } = yield* openDisturbed(moment, again)
      yield* store.fork("a", { id: "b" })
      const expected = moment === "commit" ? two : Option.some([3, "x", "y", "z"])
      assert.deepStrictEqual(yield* contentOf(docs, "b"), expected)
    }))

  it.effect.each([["entries"], ["head"]] as const)(
    "before every %s is given up after 5 readings",
    ([moment]) =>
      Effect.gen(function*() {
        const { adapter, docs, readings, store } = yield* openDisturbed(moment, again, Infinity)
        const error = yield* Effect.flip(store.fork("a", { id: "b" }))
        assert.isTrue(error._tag === "StorageError" && error.reason._tag === "Busy")
        const { key: named, operation, outcome, remedy } = error as Extract<typeof error, { _tag: "StorageError" }>
        assert.deepStrictEqual([named, operation, outcome, remedy], [key, "load", "notApplied", "retry"])
        assert.strictEqual(readings.load, 5)
        assert.deepStrictEqual(yield* contentOf(docs, "b"), Option.none())
        assert.deepStrictEqual(yield* adapter.head(copy), Option.none())
      })
  )

  it.effect("as a session of another kind fails with that", () =>
    Effect.gen(function*() {
      const adapter = yield* MemoryAdapter.make()
      const [docs, notes] = yield* Effect.all([openDocs(adapter), storeOver(adapter, Note)])
      yield* docs.create(2, { id: "a", entries: ["0", "1"] })
      const run = Effect.andThen(docs.remove(key), notes.create(0, { id: "a" }))
      const store = yield* openDocs(meanwhile(adapter, { moment: "entries", times: 1, run }).disturbed)
      const error = yield* Effect.flip(store.fork("a", { id: "b" }))
      assert.isTrue(error._tag === "SessionInvalid" && error.reason._tag === "OtherKind")
    }))
})

describe("a fork whose target is made meanwhile", () => {
  it.effect.each(moments)(
    "before its %s fails with that, and leaves it as it is",
    ([moment]) =>
      Effect.gen(function*() {
        const { docs, store } = yield* openDisturbed(moment, (each) => each.create(0, { id: "b" }))
        assert.strictEqual((yield* Effect.flip(store.fork("a", { id: "b" })))._tag, "SessionExists")
        assert.deepStrictEqual(yield* contentOf(docs, "b"), Option.some([0]))
      })
  )

  it.effect("by other forks is one of them, whole", () =>
    Effect.gen(function*() {
      const { docs, store } = yield* openDisturbed("load", () => Effect.void, 0)
      const forks = Array.from({ length: 10 }, () => Effect.result(store.fork("a", { id: "b" })))
      const results = yield* Effect.all(forks, { concurrency: "unbounded" })
      assert.deepStrictEqual(results.map(({ _tag }) => _tag).filter((tag) => tag === "Success"), ["Success"])
      assert.deepStrictEqual(yield* contentOf(docs, "b"), two)
    }))
})

describe("a fork that is interrupted", () => {
  it.effect.each([["load"], ["entries"], ["head"]] as const)(
    "before its %s makes nothing",
    ([moment]) =>
      Effect.gen(function*() {
        const { docs, store } = yield* openDisturbed(moment, () => Effect.never)
        const forking = yield* Effect.forkChild(store.fork("a", { id: "b" }), { startImmediately: true })
        yield* Fiber.interrupt(forking)
        assert.deepStrictEqual(yield* contentOf(docs, "b"), Option.none())
      })
  )
})
