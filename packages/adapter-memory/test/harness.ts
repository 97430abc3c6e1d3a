/** Memory as storage under test: instances over one content, as processes share a disk. */
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { type Capability, checkChange, StorageAdapter, StorageError, Unsupported } from "@holdfast/core"
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

const notWatched = new StorageError({
  adapter: "memory",
  operation: "changes",
  reason: new Unsupported({ outcome: "notApplied", capability: "watching" })
})

/** An adapter with other promises, which refuses what it does not promise. */
export const limitedTo = (adapter: Adapter, promises: Partial<Capability>): Adapter => {
  const capability = { ...adapter.capability, ...promises }
  return {
    ...adapter,
    capability,
    commit: (change) => Effect.andThen(checkChange(adapter.name, capability, change), adapter.commit(change)),
    changes: capability.watch === "none" ? Effect.fail(notWatched) : adapter.changes
  }
}

/** Memory with the least that the port allows to promise: one key at a time, small bodies and nothing to watch. */
export const smallMemory: Harness = {
  name: "small memory",
  fresh: Effect.sync(() => {
    const content = MemoryAdapter.makeMemory()
    const least: Partial<Capability> = {
      atomicity: "oneKey",
      bodyBytesMax: 64 * 1024,
      compareAndSet: "process",
      watch: "none"
    }
    return { open: Effect.map(openOver(content), (adapter) => limitedTo(adapter, least)) }
  })
}
