import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { StorageAdapter } from "@holdfast/core"
import type { AutosaveError } from "@holdfast/core/promise"
import { Effect, Layer } from "effect"
import {
  collect,
  draft,
  makeFlakyStorage,
  makeGate,
  makeSlowStorage,
  openChats,
  rejection,
  settled,
  storageReason
} from "./promiseStores.ts"

describe("close", () => {
  it("answers the write in flight with its receipt before it resolves", async () => {
    const { open, storage } = makeSlowStorage()
    const chats = await openChats(storage)
    const events: Array<string> = []
    const saving = chats.save("a", draft).then(({ receipt }) => events.push(`saved by ${receipt.adapter}`))
    const closing = chats.close().then(() => events.push("closed"))
    await settled()
    assert.deepStrictEqual(events, [])
    open()
    await Promise.all([saving, closing])
    assert.deepStrictEqual(events, ["saved by memory", "closed"])
  })

  it("answers a write that hangs as unknown after the storage's own time", async () => {
    const { open, storage } = makeSlowStorage("20 millis")
    const chats = await openChats(storage)
    const saving = storageReason(chats.save("a", draft))
    await chats.close()
    assert.strictEqual(await saving, "OutcomeUnknown")
    open()
  })

  it("is one closing however often it is called, and releases the storage once", async () => {
    let released = 0
    const storage = Layer.tap(
      MemoryAdapter.layer,
      () => Effect.addFinalizer(() => Effect.sync(() => released += 1))
    )
    {
      await using chats = await openChats(storage)
      await Promise.all([chats.close(), chats.close()])
      assert.strictEqual(released, 1)
    }
    assert.strictEqual(released, 1)
  })

  it("is done by await using", async () => {
    const chats = await openChats()
    {
      await using open = chats
      await open.create(draft, { id: "a" })
    }
    assert.strictEqual(await storageReason(chats.load("a")), "Closed")
  })

  it("refuses every later call from the moment on when it was called", async () => {
    const { open, storage } = makeSlowStorage()
    const chats = await openChats(storage)
    const entries = chats.entries("a")
    const saving = chats.save("a", draft)
    const closing = chats.close()
    const laterCalls = () => [
      chats.create(draft),
      chats.create({ title: "no number", count: 0.5 }),
      chats.load("a"),
      chats.find("a"),
      chats.save("a", draft),
      chats.update("a", (state) => state),
      chats.append("a", []),
      chats.commit("a", { state: draft, entries: [] }),
      chats.list(),
      chats.remove("a"),
      chats.fork("a"),
      chats.changes(),
      collect(entries),
      collect(chats.listAll())
    ]
    for (const call of laterCalls()) assert.strictEqual(await storageReason(call), "Closed")
    open()
    await Promise.all([saving, closing])
    for (const call of laterCalls()) assert.strictEqual(await storageReason(call), "Closed")
    assert.deepStrictEqual(await collect(chats.health()), [])
  })

  it("refuses an update whose function is still at work, and nothing is written", async () => {
    const storage = MemoryAdapter.layerOver(MemoryAdapter.makeMemory())
    const chats = await openChats(storage)
    await chats.create(draft, { id: "a" })
    const gate = makeGate()
    const updating = chats.update("a", async (state) => {
      await Effect.runPromise(gate.passed)
      return { ...state, count: 1 }
    })
    await settled()
    await chats.close()
    gate.open()
    assert.strictEqual(await storageReason(updating), "Closed")
    await using reopened = await openChats(storage)
    assert.deepStrictEqual((await reopened.load("a")).state, draft)
  })

  it("rejects what is being read, and ends the health, before the storage is released", async () => {
    const events: Array<string> = []
    const noted = (what: string) => Effect.addFinalizer(() => Effect.sync(() => events.push(what)))
    const storage = Layer.effect(
      StorageAdapter,
      Effect.gen(function*() {
        yield* noted("storage released")
        const adapter = yield* MemoryAdapter.make()
        return { ...adapter, changes: Effect.andThen(noted("subscription released"), adapter.changes) }
      })
    )
    const chats = await openChats(storage)
    await chats.create(draft, { id: "a", entries: [{ text: "1" }, { text: "2" }] })
    const entries = chats.entries("a")[Symbol.asyncIterator]()
    await entries.next()
    const changes = await chats.changes()
    const change = storageReason(changes.next())
    const health = collect(chats.health())
    await settled()
    await chats.close()
    assert.deepStrictEqual(events, ["subscription released", "storage released"])
    assert.strictEqual(await storageReason(entries.next()), "Closed")
    assert.strictEqual(await change, "Closed")
    assert.deepStrictEqual((await health).map(({ state }) => state), ["healthy"])
  })

  it("flushes every autosave", async () => {
    const storage = MemoryAdapter.layerOver(MemoryAdapter.makeMemory())
    const chats = await openChats(storage)
    const errors: Array<AutosaveError> = []
    for (const id of ["a", "b"]) {
      chats.autosave(id, { onError: (error) => errors.push(error) }).set({ ...draft, title: id })
    }
    await chats.close()
    await using reopened = await openChats(storage)
    const titles = (await reopened.list({ order: "id" })).sessions.map(({ summary }) => summary.title)
    assert.deepStrictEqual([titles, errors], [["a", "b"], []])
  })

  it("rejects with the error of an autosave that could not be flushed, and is closed nevertheless", async () => {
    const flaky = makeFlakyStorage()
    const chats = await openChats(flaky.storage)
    const errors: Array<AutosaveError> = []
    const autosave = chats.autosave("a", { onError: (error) => errors.push(error) })
    autosave.set(draft)
    const error = flaky.break()
    assert.strictEqual(await rejection(chats.close()), error)
    assert.strictEqual(await rejection(chats.close()), error)
    assert.deepStrictEqual(errors, [error])
    assert.strictEqual(autosave.status.state, "failed")
    assert.throws(() => autosave.set(draft), "the store is closed")
    flaky.mend()
    assert.strictEqual(await storageReason(autosave.flush()), "Closed")
  })
})
