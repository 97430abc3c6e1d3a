/** A switching adapter keeps the laws of the port while it switches all the time, and so do others beside it. */
import { makeMemory, makeMemoryAdapter, StorageAdapter } from "@holdfast/core"
import { laws } from "@holdfast/core/testing"
import { conformance } from "@holdfast/core/testing/vitest"
import { Effect, Layer } from "effect"
import { switched } from "./switched.ts"

const backend = () => Layer.effect(StorageAdapter, makeMemoryAdapter(makeMemory()))

const harness = switched({
  name: "a switching adapter",
  backends: Effect.sync(() => ({ files: backend(), sqlite: backend() })),
  every: "2 millis"
})

conformance(harness, {
  // The records of its backends are the switch's own.
  knownGaps: laws.filter(({ asks, family }) => family === "role" && asks === undefined).map(({ id }) => id)
})
