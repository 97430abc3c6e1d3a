/**
 * Backends for switches under load: each behind chaos, of which the calls of one may fail from the n-th on, or the n-th
 * is told of while it waits.
 */
import { Io, type StorageAdapter, type StorageError } from "@holdfast/core"
import { Deferred, Effect, type Layer, Stream } from "effect"
import type { SwitchLoad } from "../../../../testing/switchLoad.ts"
import { make } from "../../src/switching/StorageSwitch.ts"
import * as Chaos from "../../src/testing/chaos/Chaos.ts"

type Backend = Layer.Layer<StorageAdapter, StorageError>

/** Puts two backends behind chaos. Every opening is a process over both. */
export const overBackends = Effect.fnUntraced(function*(files: Backend, sqlite: Backend) {
  const failingFrom = new Map<string, number>()
  const reaching = new Map<string, { left: number; readonly reached: Deferred.Deferred<void> }>()
  const control = (name: string) => {
    const isStruck = () => {
      const left = failingFrom.get(name)
      if (left === undefined) return false
      failingFrom.set(name, left - 1)
      return left <= 1
    }
    const mishap = Chaos.fail(new Io({ outcome: "notApplied", path: name, code: "EIO" }))
    const isReached = () => {
      const waiting = reaching.get(name)
      if (waiting === undefined || --waiting.left > 0) return false
      reaching.delete(name)
      Deferred.doneUnsafe(waiting.reached, Effect.void)
      return true
    }
    return Chaos.control({
      rules: [
        { operation: "any", while: isStruck, mishap },
        { operation: "any", while: isReached, mishap: Chaos.delay("5 millis") }
      ]
    })
  }
  const [one, two] = [yield* control("files"), yield* control("sqlite")]
  const open: SwitchLoad["open"] = Effect.map(
    make({ backends: { files: one.layer(files), sqlite: two.layer(sqlite) }, initial: "files" }),
    ({ adapter, control: { current, switchTo } }) => ({
      adapter,
      current,
      switchTo: (name: string) => Stream.runDrain(switchTo(name, { transfer: "copy" }))
    })
  )
  const failing: SwitchLoad["failing"] = (name, nth) => (work) =>
    Effect.acquireUseRelease(
      Effect.sync(() => failingFrom.set(name, nth)),
      () => work,
      () => Effect.sync(() => failingFrom.delete(name))
    )
  const reached: SwitchLoad["reached"] = (name, nth) =>
    Effect.gen(function*() {
      const waiting = { left: nth, reached: yield* Deferred.make<void>() }
      reaching.set(name, waiting)
      yield* Deferred.await(waiting.reached)
    }).pipe(Effect.ensuring(Effect.sync(() => reaching.delete(name))))
  return { open, failing, reached, names: ["files", "sqlite"] as const }
})
