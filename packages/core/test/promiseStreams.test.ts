import { assert, describe, it } from "@effect/vitest"
import { StorageError } from "@holdfast/core"
import type { Health } from "@holdfast/core/promise"
import { Effect, Stream } from "effect"
import {
  collect,
  draft,
  first,
  ioError,
  makeFlakyStorage,
  openChats,
  rejection,
  settled,
  storageWith
} from "./promiseStores.ts"

const texts = (count: number) => Array.from({ length: count }, (_, index) => ({ text: String(index) }))

describe("entries", () => {
  it("are read in their order, with dates, and again by a second loop", async () => {
    await using chats = await openChats()
    await chats.create(draft, { id: "a", entries: texts(3) })
    const entries = chats.entries("a", { from: 1 })
    const read = await collect(entries)
    assert.deepStrictEqual(
      read.map((row) => row._tag === "Entry" && [row.index, row.entry.text, row.at instanceof Date]),
      [[1, "1", true], [2, "2", true]]
    )
    assert.deepStrictEqual(await collect(entries), read)
    assert.lengthOf(await collect(chats.entries("a", { last: 1 })), 1)
  })

  it("show one that cannot be read as a row, with its error", async () => {
    const error = ioError("load")
    const row = { _tag: "UnreadableEntry", index: 0, error } as const
    await using chats = await openChats(storageWith(() => ({ entries: () => Stream.make(row) })))
    await chats.create(draft, { id: "a" })
    assert.deepStrictEqual(await collect(chats.entries("a")), [row])
  })

  it("are released by a loop that breaks off, and by one that throws", async () => {
    let pulled = 0
    let released = 0
    const endless = Stream.ensuring(
      Stream.tap(
        Stream.forever(Stream.make({ _tag: "UnreadableEntry", index: 0, error: ioError("load") } as const)),
        () => Effect.sync(() => pulled += 1)
      ),
      Effect.sync(() => released += 1)
    )
    await using chats = await openChats(storageWith(() => ({ entries: () => endless })))
    await chats.create(draft, { id: "a" })
    assert.strictEqual((await first(chats.entries("a")))?.index, 0)
    assert.deepStrictEqual([pulled, released], [1, 1])
    const mine = new Error("mine")
    const loop = async () => {
      for await (const row of chats.entries("a")) throw row.index === 0 ? mine : new Error("another row")
    }
    assert.strictEqual(await rejection(loop()), mine)
    assert.strictEqual(released, 2)
  })

  it("reject with the failure that cuts them, after what was read before it", async () => {
    const error = ioError("load")
    const row = { _tag: "UnreadableEntry", index: 0, error } as const
    const cut = Stream.concat(Stream.make(row), Stream.fail(error))
    await using chats = await openChats(storageWith(() => ({ entries: () => cut })))
    await chats.create(draft, { id: "a" })
    const rows = chats.entries("a")[Symbol.asyncIterator]()
    assert.deepStrictEqual(await rows.next(), { done: false, value: row })
    assert.strictEqual(await rejection(rows.next()), error)
  })
})

describe("listAll", () => {
  it("reads all heads of one snapshot", async () => {
    await using chats = await openChats()
    for (const id of ["a", "b"]) await chats.create({ ...draft, title: id }, { id })
    const rows = await collect(chats.listAll({ order: "id" }))
    assert.deepStrictEqual(
      rows.map((row) => row._tag === "Head" && [row.summary.title, row.updatedAt instanceof Date]),
      [["a", true], ["b", true]]
    )
  })

  it("rejects where the store cannot be read, and shows no empty listing", async () => {
    const error = ioError("load")
    await using chats = await openChats(storageWith(() => ({ list: () => Stream.fail(error) })))
    assert.strictEqual(await rejection(collect(chats.listAll())), error)
    assert.strictEqual(await rejection(chats.list()), error)
  })
})

describe("changes", () => {
  it("hold everything that is acknowledged once the promise is resolved", async () => {
    await using chats = await openChats()
    await using changes = await chats.changes({ namespace: ["acct"] })
    await chats.create(draft, { id: "elsewhere" })
    const { version } = await chats.create(draft, { id: "a", namespace: ["acct"] })
    const key = { namespace: ["acct"], id: "a" }
    assert.deepStrictEqual(await changes.next(), {
      done: false,
      value: { _tag: "Changed", key, kind: "Chat", version }
    })
    const removed = await chats.remove(key)
    for await (const change of changes) {
      assert.deepStrictEqual(change, { _tag: "Removed", key, kind: "Chat", version: removed.version })
      break
    }
    assert.deepStrictEqual(await changes.next(), { done: true, value: undefined })
  })

  it("end a pull that waits when the iteration is left", async () => {
    await using chats = await openChats()
    const changes = await chats.changes()
    const pull = changes.next()
    await settled()
    await changes.return()
    assert.deepStrictEqual(await pull, { done: true, value: undefined })
  })

  it("release what they had acquired when subscribing fails", async () => {
    const error = ioError("load")
    let released = 0
    const changes = Effect.andThen(Effect.addFinalizer(() => Effect.sync(() => released += 1)), Effect.fail(error))
    await using chats = await openChats(storageWith(() => ({ changes })))
    assert.strictEqual(await rejection(chats.changes()), error)
    assert.strictEqual(released, 1)
  })

  it("reject with a namespace that cannot be", async () => {
    await using chats = await openChats()
    const error = await rejection(chats.changes({ namespace: ["a/b"] }))
    assert.isTrue(error instanceof StorageError && error.reason._tag === "InvalidKey")
  })
})

describe("health", () => {
  it("begins with the present state and goes on with every change, in dates and plain values", async () => {
    const flaky = makeFlakyStorage()
    await using chats = await openChats(flaky.storage)
    const health = chats.health()[Symbol.asyncIterator]()
    const next = async () => {
      const { lastError, since, state, tiers }: Health = (await health.next()).value
      return [
        [state, lastError, since instanceof Date],
        tiers.map((tier) => [tier.name, tier.lastError, tier.since instanceof Date])
      ]
    }
    assert.deepStrictEqual(await next(), [["healthy", undefined, true], [["flaky", undefined, true]]])
    const error = flaky.break()
    const change = next()
    assert.strictEqual(await rejection(chats.create(draft)), error)
    assert.deepStrictEqual(await change, [["failing", error, true], [["flaky", error, true]]])
    await health.return?.()
  })
})
