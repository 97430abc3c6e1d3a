/**
 * The adapter under test: what the conformance kit asks of whoever wrote one.
 *
 * Opening on empty data is all that a harness must offer. This one also plays what goes wrong with Web Storage, a
 * full quota for real, and every state in which a tab that ends may leave it.
 */
import type { Crashes, CrashState, Fault, Harness, Storage as Tested } from "@holdfast/core/testing"
import { Effect } from "effect"
import * as WebStorageAdapter from "./WebStorageAdapter.ts"

type WebStorage = WebStorageAdapter.WebStorage

/** Fills a storage up to its last character, with items of somebody else. */
export const fillUp = (storage: Storage): void => {
  for (let [size, item] = [1_000_000, 0]; size >= 1; item++) {
    try {
      storage.setItem(`filler ${item}`, "x".repeat(size))
    } catch {
      size = Math.floor(size / 10)
    }
  }
}

/** Takes the filler away again. */
export const freeSpace = (storage: Storage): void => {
  const items = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? "")
  for (const item of items) if (item.startsWith("filler ")) storage.removeItem(item)
}

/** A storage that asks before each call. */
const asking = (storage: WebStorage, ask: (call: string) => void): WebStorage => ({
  get length() {
    ask("length")
    return storage.length
  },
  key: (index) => {
    ask("key")
    return storage.key(index)
  },
  getItem: (item) => {
    ask("getItem")
    return storage.getItem(item)
  },
  setItem: (item, content) => {
    ask("setItem")
    storage.setItem(item, content)
  }
})

const underFaults = (storage: Storage): { readonly asked: WebStorage; readonly faults: ReadonlyArray<Fault> } => {
  let isDenied = false
  const asked = asking(storage, () => {
    if (isDenied) throw new DOMException("The site may not store anything", "SecurityError")
  })
  const deny = (next: boolean) =>
    Effect.sync(() => {
      isDenied = next
    })
  const faults: ReadonlyArray<Fault> = [
    {
      name: "the quota is used up",
      reasons: ["NoSpace"],
      hits: ["writes"],
      inject: Effect.sync(() => fillUp(storage)),
      lift: Effect.sync(() => freeSpace(storage))
    },
    {
      name: "access is denied",
      reasons: ["PermissionDenied"],
      hits: ["reads", "writes"],
      inject: deny(true),
      lift: deny(false)
    }
  ]
  return { asked, faults }
}

/** A storage that is a map. */
const storageOf = (items: Map<string, string>): WebStorage => ({
  get length() {
    return items.size
  },
  key: (index) => [...items.keys()][index] ?? null,
  getItem: (item) => items.get(item) ?? null,
  setItem: (item, content) => void items.set(item, content)
})

/** The states before every `setItem`, and the one after all of them: an item is replaced whole. */
const crashes: Crashes = (work) =>
  Effect.gen(function*() {
    const items = new Map<string, string>()
    const states: Array<CrashState> = []
    let acknowledged = 0
    const look = (name: string): void => {
      const left = storageOf(new Map(items))
      states.push({ name, acknowledged, storage: { open: WebStorageAdapter.make(left) } })
    }
    const watched = asking(storageOf(items), (call) => call === "setItem" && look("before an item is written"))
    yield* Effect.scoped(Effect.gen(function*() {
      const adapter = yield* WebStorageAdapter.make(watched)
      const counting = Effect.sync(() => acknowledged++)
      yield* work({ ...adapter, commit: (change) => Effect.tap(adapter.commit(change), () => counting) })
    }))
    look("after all")
    return states
  })

/** Sessions in a storage that is emptied for every law: laws have to run one after the other. */
export const inStorage = (storage: Storage): Harness => ({
  name: "web storage",
  fresh: Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => storage.clear()),
      () => Effect.sync(() => storage.clear())
    ),
    (): Tested => {
      const { asked, faults } = underFaults(storage)
      return { open: WebStorageAdapter.make(asked), faults, crashes }
    }
  )
})
