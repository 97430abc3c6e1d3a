import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import * as core from "@holdfast/core"
import {
  InvalidCursor,
  SessionConflict,
  SessionExists,
  SessionInvalid,
  SessionNotFound,
  Sessions,
  StorageError
} from "@holdfast/core/promise"
import { Effect, Layer, Option, Stream } from "effect"
import { Chat, collect, draft, ioError, openChats, rejection, storageReason, storageWith } from "./promiseStores.ts"

describe("the writing methods", () => {
  it("give what the write made, with dates and a plain receipt", async () => {
    await using chats = await openChats()
    const saved = await chats.create(draft, { id: "a", namespace: ["acct"], entries: [{ text: "hello" }] })
    const { createdAt, receipt, updatedAt, version, ...rest } = saved
    const key = { namespace: ["acct"], id: "a" }
    assert.deepStrictEqual(rest, { key, state: draft, entryCount: 1 })
    assert.instanceOf(createdAt, Date)
    assert.strictEqual(createdAt.getTime(), updatedAt.getTime())
    assert.deepStrictEqual(receipt, {
      key,
      version,
      adapter: "memory",
      location: "memory",
      durability: "volatile",
      protocol: "memory",
      attempts: 1,
      failures: [],
      degraded: undefined
    })
  })

  it("save, commit, append, fork and remove as the store does", async () => {
    await using chats = await openChats()
    const first = await chats.save("a", draft, { expect: "absent" })
    const second = await chats.commit("a", { state: { ...draft, count: 1 }, entries: [{ text: "1" }] })
    assert.isAbove(second.version, first.version)
    const appended = await chats.append("a", [{ text: "2" }, { text: "3" }], { operationId: "once" })
    const again = await chats.append("a", [{ text: "2" }, { text: "3" }], { operationId: "once" })
    assert.deepStrictEqual([appended.entryCount, again.entryCount, again.version], [3, 3, appended.version])
    assert.strictEqual(appended.receipt.degraded, undefined)
    const copy = await chats.fork("a", { id: "b", namespace: ["acct"] })
    assert.deepStrictEqual([copy.state.count, copy.entryCount, copy.createdAt instanceof Date], [1, 3, true])
    const removed = await chats.remove("a")
    assert.deepStrictEqual([removed.key.id, removed.degraded], ["a", undefined])
    assert.strictEqual(await chats.find("a"), undefined)
  })

  it("carry what a degraded write met as a plain value", async () => {
    const because = ioError("commit")
    const degraded = { because, tier: "second", pendingDrain: true }
    const storage = storageWith((memory) => ({
      commit: (change) =>
        Effect.map(memory.commit(change), (receipt) => ({ ...receipt, degraded: Option.some(degraded) }))
    }))
    await using chats = await openChats(storage)
    assert.strictEqual((await chats.create(draft)).receipt.degraded, degraded)
  })

  it("update by a function that is async or not", async () => {
    await using chats = await openChats()
    await chats.create(draft, { id: "a" })
    await chats.update("a", (state) => ({ ...state, count: state.count + 1 }))
    const saved = await chats.update("a", async (state) => {
      await Promise.resolve()
      return { ...state, count: state.count + 1 }
    })
    assert.strictEqual(saved.state.count, 2)
  })

  it("count concurrent async updates of one session exactly", async () => {
    await using chats = await openChats()
    await chats.create(draft, { id: "a" })
    await Promise.all(Array.from({ length: 50 }, () =>
      chats.update("a", async (state) => {
        await Promise.resolve()
        return { ...state, count: state.count + 1 }
      })))
    assert.strictEqual((await chats.load("a")).state.count, 50)
  })

  it("reject an update with what its function throws, and change nothing", async () => {
    await using chats = await openChats()
    const { version } = await chats.create(draft, { id: "a" })
    const mine = new Error("mine")
    const thrown = chats.update("a", () => {
      throw mine
    })
    assert.strictEqual(await rejection(thrown), mine)
    assert.strictEqual(await rejection(chats.update("a", () => Promise.reject(mine))), mine)
    assert.strictEqual((await chats.load("a")).version, version)
  })
})

describe("the reading methods", () => {
  it("give a session with dates, or undefined when there is none", async () => {
    await using chats = await openChats()
    const { receipt: _, ...session } = await chats.create(draft, { id: "a" })
    assert.deepStrictEqual(await chats.load("a"), session)
    assert.deepStrictEqual(await chats.find({ namespace: [], id: "a" }), session)
    assert.strictEqual(await chats.find("b"), undefined)
  })

  it("list page by page, with the next cursor as a string until there is none", async () => {
    await using chats = await openChats()
    for (const id of ["a", "b", "c"]) await chats.create({ ...draft, title: id }, { id })
    const first = await chats.list({ order: "id", limit: 2 })
    assert.deepStrictEqual(first.sessions.map((head) => head.summary.title), ["a", "b"])
    assert.isTrue(first.sessions.every((head) => head.createdAt instanceof Date && head.updatedAt instanceof Date))
    assert.isString(first.next)
    const last = await chats.list({ order: "id", limit: 2, after: first.next })
    assert.deepStrictEqual([last.sessions.length, last.next, last.complete], [1, undefined, true])
    const found = await chats.list({ where: { title: "b" } })
    assert.deepStrictEqual(found.sessions.map(({ key }) => key.id), ["b"])
  })

  it("list what cannot be read with its key, or undefined where nobody knows it", async () => {
    const error = ioError("load")
    const rows = [Option.none(), Option.some(core.Session.key("x"))].map((key) =>
      ({ _tag: "Unreadable", key, place: "/sessions/x", error }) as const
    )
    await using chats = await openChats(storageWith(() => ({ list: () => Stream.fromIterable(rows) })))
    const { complete, unreadable } = await chats.list()
    assert.isFalse(complete)
    assert.deepStrictEqual(unreadable.map(({ key }) => key?.id), [undefined, "x"])
    assert.isTrue(unreadable.every((row) => row.error === error))
    const all = await collect(chats.listAll())
    assert.deepStrictEqual(all, [...unreadable])
  })
})

describe("a rejection", () => {
  it("is the typed error itself, of the same class as in the core", async () => {
    assert.strictEqual(SessionNotFound, core.SessionNotFound)
    assert.strictEqual(StorageError, core.StorageError)
    await using chats = await openChats()
    const { version } = await chats.create(draft, { id: "a" })
    await chats.save("a", draft)
    const rejections: ReadonlyArray<readonly [Promise<unknown>, abstract new(...args: never) => unknown]> = [
      [chats.load("b"), SessionNotFound],
      [chats.update("b", (state) => state), SessionNotFound],
      [chats.append("b", []), SessionNotFound],
      [chats.remove("b"), SessionNotFound],
      [chats.fork("b"), SessionNotFound],
      [chats.create(draft, { id: "a" }), SessionExists],
      [chats.fork("a", { id: "a" }), SessionExists],
      [chats.save("a", draft, { expect: version }), SessionConflict],
      [chats.commit("a", { state: draft, entries: [], expect: "absent" }), SessionConflict],
      [chats.save("a", { title: "a", count: 0.5 }), SessionInvalid],
      [chats.list({ after: "nonsense" }), InvalidCursor],
      [chats.load("a/b"), StorageError],
      [collect(chats.entries("b")), SessionNotFound]
    ]
    for (const [promise, errorClass] of rejections) assert.isTrue(await rejection(promise) instanceof errorClass)
  })

  it("is the very instance that the adapter failed with", async () => {
    const error = ioError("load")
    await using chats = await openChats(storageWith(() => ({ load: () => Effect.fail(error) })))
    assert.strictEqual(await rejection(chats.load("a")), error)
    assert.strictEqual(await rejection(chats.find("a")), error)
    assert.strictEqual(await rejection(chats.update("a", (state) => state)), error)
  })

  it("is the defect itself when the adapter breaks", async () => {
    const defect = new Error("broken")
    await using chats = await openChats(storageWith(() => ({ load: () => Effect.die(defect) })))
    assert.strictEqual(await rejection(chats.load("a")), defect)
  })
})

describe("opening", () => {
  it("rejects with the layer's own error, and releases what the layer had made", async () => {
    const error = ioError("load")
    const events: Array<string> = []
    const storage = Layer.effect(
      core.StorageAdapter,
      Effect.andThen(
        Effect.acquireRelease(Effect.sync(() => events.push("made")), () => Effect.sync(() => events.push("released"))),
        Effect.fail(error)
      )
    )
    assert.strictEqual(await rejection(openChats(storage)), error)
    assert.deepStrictEqual(events, ["made", "released"])
  })

  it("passes the required durability on", async () => {
    await using chats = await Sessions.open(Chat, { storage: MemoryAdapter.layer, require: "flushed" })
    assert.strictEqual(await storageReason(chats.create(draft)), "Unsupported")
  })

  it("twice over one memory gives two stores of the same sessions", async () => {
    const storage = MemoryAdapter.layerOver(MemoryAdapter.makeMemory())
    await using first = await openChats(storage)
    await using second = await openChats(storage)
    await first.create(draft, { id: "a" })
    assert.deepStrictEqual((await second.load("a")).state, draft)
    await first.close()
    assert.deepStrictEqual((await second.load("a")).state, draft)
  })
})
