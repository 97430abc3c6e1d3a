import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { StorageAdapter } from "@holdfast/core"
import { Sessions } from "@holdfast/core/promise"
import { Effect, Layer, Stream } from "effect"
import { getEventListeners } from "node:events"
import {
  Chat,
  collect,
  draft,
  first,
  makeGate,
  makeSlowStorage,
  openChats,
  rejection,
  settled,
  storageWith
} from "./promiseStores.ts"

const reason = new Error("the user went away")

/** A storage that counts what reaches it, and whose reads hang and cannot be interrupted. */
const makeHanging = () => {
  const gate = makeGate()
  const calls = { loads: 0, commits: 0 }
  const storage = storageWith((memory) => ({
    load: (key) =>
      Effect.uninterruptible(Effect.suspend(() => {
        calls.loads += 1
        return Effect.andThen(gate.passed, memory.load(key))
      })),
    commit: (change) =>
      Effect.suspend(() => {
        calls.commits += 1
        return memory.commit(change)
      })
  }))
  return { storage, calls, open: gate.open }
}

describe("a signal that is aborted before the call", () => {
  it("rejects with its reason, and nothing reaches the storage", async () => {
    const { calls, storage } = makeHanging()
    await using chats = await openChats(storage)
    const signal = AbortSignal.abort(reason)
    const aborted = [
      chats.create(draft, { signal }),
      chats.load("a", { signal }),
      chats.find("a", { signal }),
      chats.save("a", draft, { signal }),
      chats.update("a", (state) => state, { signal }),
      chats.append("a", [], { signal }),
      chats.commit("a", { state: draft, entries: [] }, { signal }),
      chats.list({ signal }),
      chats.remove("a", { signal }),
      chats.fork("a", { signal }),
      chats.changes({ signal }),
      collect(chats.entries("a", { signal })),
      collect(chats.listAll({ signal })),
      collect(chats.health({ signal }))
    ]
    for (const promise of aborted) assert.strictEqual(await rejection(promise), reason)
    assert.deepStrictEqual(calls, { loads: 0, commits: 0 })
  })
})

describe("a signal that is aborted during the call", () => {
  it("ends the waiting at once, also where the storage hangs", async () => {
    const { calls, open, storage } = makeHanging()
    await using chats = await openChats(storage)
    const controller = new AbortController()
    const loading = chats.load("a", { signal: controller.signal })
    await settled()
    controller.abort(reason)
    assert.strictEqual(await rejection(loading), reason)
    assert.strictEqual(calls.loads, 1)
    open()
  })

  it("gives the reason of a timeout", async () => {
    const { open, storage } = makeHanging()
    await using chats = await openChats(storage)
    const error = await rejection(chats.load("a", { signal: AbortSignal.timeout(10) }))
    assert.isTrue(error instanceof DOMException && error.name === "TimeoutError")
    open()
  })

  it("leaves a write that has begun to its end", async () => {
    const { begun, open, storage } = makeSlowStorage()
    await using chats = await openChats(storage)
    const controller = new AbortController()
    const saving = chats.save("a", draft, { signal: controller.signal })
    await settled()
    assert.deepStrictEqual(begun, ["a"])
    controller.abort(reason)
    assert.strictEqual(await rejection(saving), reason)
    open()
    await settled()
    assert.deepStrictEqual((await chats.load("a")).state, draft)
  })

  it("takes an update that waits for its turn out of the queue", async () => {
    await using chats = await openChats()
    await chats.create(draft, { id: "a" })
    const gate = makeGate()
    const first = chats.update("a", async (state) => {
      await Effect.runPromise(gate.passed)
      return { ...state, count: state.count + 1 }
    })
    const controller = new AbortController()
    let calls = 0
    const second = chats.update("a", (state) => {
      calls += 1
      return state
    }, { signal: controller.signal })
    await settled()
    controller.abort(reason)
    assert.strictEqual(await rejection(second), reason)
    gate.open()
    assert.strictEqual((await first).state.count, 1)
    await settled()
    assert.strictEqual(calls, 0)
  })

  it("keeps an update from writing what its function makes later", async () => {
    await using chats = await openChats()
    const { version } = await chats.create(draft, { id: "a" })
    const controller = new AbortController()
    const updating = chats.update("a", (state) => {
      controller.abort(reason)
      return { ...state, count: 1 }
    }, { signal: controller.signal })
    assert.strictEqual(await rejection(updating), reason)
    await settled()
    assert.strictEqual((await chats.load("a")).version, version)
  })

  it("ends opening, and releases what was opened", async () => {
    const events: Array<string> = []
    const storage = Layer.effect(
      StorageAdapter,
      Effect.gen(function*() {
        yield* Effect.acquireRelease(
          Effect.sync(() => events.push("made")),
          () => Effect.sync(() => events.push("released"))
        )
        return yield* Effect.andThen(Effect.never, MemoryAdapter.make())
      })
    )
    const controller = new AbortController()
    const opening = Sessions.open(Chat, { storage, signal: controller.signal })
    await settled()
    controller.abort(reason)
    assert.strictEqual(await rejection(opening), reason)
    await settled()
    assert.deepStrictEqual(events, ["made", "released"])
  })
})

describe("a signal that is aborted during an iteration", () => {
  it("rejects the pull that waits, and the next one", async () => {
    await using chats = await openChats(storageWith(() => ({ entries: () => Stream.never, head: () => Effect.never })))
    const controller = new AbortController()
    const rows = chats.entries("a", { signal: controller.signal })[Symbol.asyncIterator]()
    const pull = rows.next()
    await settled()
    controller.abort(reason)
    assert.strictEqual(await rejection(pull), reason)
    assert.strictEqual(await rejection(rows.next()), reason)
  })

  it("ends a subscription that nobody reads at the moment", async () => {
    let released = 0
    const storage = storageWith((memory) => ({
      changes: Effect.andThen(Effect.addFinalizer(() => Effect.sync(() => released += 1)), memory.changes)
    }))
    await using chats = await openChats(storage)
    const controller = new AbortController()
    const changes = await chats.changes({ signal: controller.signal })
    controller.abort(reason)
    await settled()
    assert.strictEqual(released, 1)
    assert.strictEqual(await rejection(changes.next()), reason)
  })
})

describe("a signal", () => {
  it("has no listener left when what it was passed to is over", async () => {
    await using chats = await openChats()
    const { signal } = new AbortController()
    await chats.create(draft, { id: "a", entries: [{ text: "1" }, { text: "2" }], signal })
    await rejection(chats.load("b", { signal }))
    await collect(chats.entries("a", { signal }))
    await first(chats.entries("a", { signal }))
    await first(chats.health({ signal }))
    const changes = await chats.changes({ signal })
    assert.lengthOf(getEventListeners(signal, "abort"), 1)
    await changes.return()
    assert.lengthOf(getEventListeners(signal, "abort"), 0)
  })
})
