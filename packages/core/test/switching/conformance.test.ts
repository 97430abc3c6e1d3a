/** A switching adapter keeps the laws of the port while it switches all the time, and so do others beside it. */
import { makeMemory, makeMemoryAdapter, type Memory, StorageAdapter } from "@holdfast/core"
import { type Harness, laws } from "@holdfast/core/testing"
import { conformance } from "@holdfast/core/testing/vitest"
import { Effect, Layer, Schedule, Semaphore, Stream } from "effect"
import { make, type SwitchControl } from "../../src/switching/StorageSwitch.ts"

const layerOf = (memory: Memory) => Layer.effect(StorageAdapter, makeMemoryAdapter(memory))

/** Switches back and forth as long as the scope is open. */
const keepSwitching = (control: SwitchControl) =>
  Effect.gen(function*() {
    const next = (yield* control.current) === "files" ? "sqlite" : "files"
    yield* Effect.ignore(Stream.runDrain(control.switchTo(next, { transfer: "copy" })))
  }).pipe(Effect.repeat(Schedule.spaced("2 millis")))

const harness: Harness = {
  name: "a switching adapter",
  fresh: Effect.sync(() => {
    const [files, sqlite] = [makeMemory(), makeMemory()].map(layerOf) as [
      ReturnType<typeof layerOf>,
      ReturnType<typeof layerOf>
    ]
    // The instance that was opened first switches; when it is closed, the next one does.
    const turn = Semaphore.makeUnsafe(1)
    const open = Effect.gen(function*() {
      const { adapter, control } = yield* make({ backends: { files, sqlite }, initial: "files" })
      yield* Effect.forkScoped(turn.withPermits(1)(keepSwitching(control)))
      return adapter
    })
    return { open }
  })
}

/**
 * What is not kept across instances. What a removal leaves cannot be read through the port: an instance that switches
 * does not know what others have removed. Who follows a switch of another instance is told `Missed`.
 */
const amongInstances = new Set(["restore.needsHigherVersion", "changes.ofOthers", "changes.endWithInstance"])

conformance(harness, {
  laws: laws.filter(({ id }) => !amongInstances.has(id)),
  // The records of its backends are the switch's own.
  knownGaps: laws.filter(({ asks, family }) => family === "role" && asks === undefined).map(({ id }) => id)
})
