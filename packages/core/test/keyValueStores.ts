/** Stores of the bridge over memory, and all of their methods as calls. */
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { makeKey, type SessionKey, StorageAdapter } from "@holdfast/core"
import * as HoldfastKeyValueStore from "@holdfast/core/keyValueStore"
import { Effect } from "effect"
import type { KeyValueStore } from "effect/persistence"

type Adapter = StorageAdapter["Service"]

/** The bridge over an adapter. */
export const storeOf = (adapter: Adapter, options?: HoldfastKeyValueStore.KeyValueStoreOptions) =>
  Effect.provideService(HoldfastKeyValueStore.make(options), StorageAdapter, adapter)

/** The bridge over a memory of its own. */
export const open = Effect.gen(function*() {
  const adapter = yield* MemoryAdapter.make()
  return { adapter, store: yield* storeOf(adapter) }
})

/** The session key of a plain key in the default namespace. */
export const at = (id: string, ...inner: ReadonlyArray<string>): SessionKey => makeKey(id, ["key-value", ...inner])

/** Every method, called on a key; the prefix is its first letter. */
export const callsOf = (
  store: KeyValueStore.KeyValueStore,
  key: string
): Record<string, Effect.Effect<unknown, KeyValueStore.KeyValueStoreError>> => ({
  get: store.get(key),
  getUint8Array: store.getUint8Array(key),
  set: store.set(key, "my secret"),
  remove: store.remove(key),
  has: store.has(key),
  modify: store.modify(key, (text) => text),
  modifyUint8Array: store.modifyUint8Array(key, (bytes) => bytes),
  keys: store.keys,
  size: store.size,
  isEmpty: store.isEmpty,
  clear: store.clear,
  clearPrefix: store.clearPrefix(key.slice(0, 1))
})

/** The methods of `callsOf` that list the store. */
export const listings = ["keys", "size", "isEmpty", "clear", "clearPrefix"]
