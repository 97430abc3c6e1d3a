/**
 * Schemes to test URLs with, over memory: one with a path and options of every type, one without, and one
 * whose path has a user and a host and whose options are secret.
 */
import { Effect, Layer, Schema } from "effect"
import * as StorageUrl from "../../src/config/StorageUrl.ts"
import type { Durability } from "../../src/model/Capability.ts"
import { makeMemory, makeMemoryAdapter } from "../../src/port/memory.ts"
import { StorageAdapter } from "../../src/port/StorageAdapter.ts"

/** A memory that promises what the test says, and lies where it says. */
const memoryAt = (location: string, durability: Durability) =>
  Layer.effect(
    StorageAdapter,
    Effect.map(Effect.suspend(() => makeMemoryAdapter(makeMemory())), (adapter) => ({
      ...adapter,
      location,
      capability: { ...adapter.capability, durability }
    }))
  )

const folderOptions = Schema.Struct({
  commit: Schema.optionalKey(Schema.Literals(["rename", "slots"])),
  wait: Schema.optionalKey(Schema.DurationFromString)
})

/** `folder:PATH` promises that writes are buffered; its location shows the path and the options that came. */
export const folder: StorageUrl.Scheme<typeof folderOptions.Type> = {
  name: "folder",
  path: "path",
  options: folderOptions,
  layer: (path, options) => memoryAt(`${path} ${JSON.stringify(options)}`, "buffered")
}

const noOptions = Schema.Struct({})

export const memory: StorageUrl.Scheme<typeof noOptions.Type> = {
  name: "memory",
  path: "none",
  options: noOptions,
  layer: () => memoryAt("memory", "volatile")
}

const serverOptions = Schema.Struct({
  pin: Schema.String.check(Schema.isPattern(/^[0-9]+$/, { message: "Expected digits" })),
  zone: Schema.optionalKey(Schema.Literals(["a", "b"]))
})

/** `server://USER:PASSWORD@HOST?pin=N`; it needs a pin, which is secret although its name does not say so. */
export const server: StorageUrl.Scheme<typeof serverOptions.Type> = {
  name: "server",
  path: "text",
  secrets: ["pin"],
  options: serverOptions,
  layer: (written) => memoryAt(written, "replicated")
}

export const registry = StorageUrl.registry([folder, memory, server])
