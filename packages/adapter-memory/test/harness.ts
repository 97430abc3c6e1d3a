/** Memory as storage under test: instances over one content, as processes share a disk. */
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { type Capability, checkChange, StorageAdapter } from "@holdfast/core"
import type { Harness } from "@holdfast/core/testing"
import { Context, Effect, Layer, type Scope } from "effect"

export type Adapter = StorageAdapter["Service"]
export type Content = MemoryAdapter.Memory

/** Opens an instance over a content, as an app does. */
export const openOver = (content: Content): Effect.Effect<Adapter, never, Scope.Scope> =>
  Layer.build(MemoryAdapter.layerOver(content)).pipe(
    Effect.map((built) => Context.get(built, StorageAdapter))
  )

export const memory: Harness = {
  name: "memory",
  fresh: Effect.sync(() => ({ open: openOver(MemoryAdapter.makeMemory()) }))
}

/** An adapter that promises less and refuses what it does not promise. */
export const limitedTo = (adapter: Adapter, promises: Partial<Capability>): Adapter => {
  const capability = { ...adapter.capability, ...promises }
  return {
    ...adapter,
    capability,
    commit: (change) => Effect.andThen(checkChange(adapter.name, capability, change), adapter.commit(change))
  }
}

/** Memory with the least that the port allows to promise: one key at a time and small bodies. */
export const smallMemory: Harness = {
  name: "small memory",
  fresh: Effect.sync(() => {
    const content = MemoryAdapter.makeMemory()
    return {
      open: Effect.map(
        openOver(content),
        (adapter) => limitedTo(adapter, { atomicity: "oneKey", bodyBytesMax: 64 * 1024, compareAndSet: "process" })
      )
    }
  })
}
