/** A store under test that is switched back and forth between two backends as long as it is open. */
import type { StorageAdapter, StorageError } from "@holdfast/core"
import type { Harness } from "@holdfast/core/testing"
import { type Duration, Effect, type Layer, Schedule, type Scope, Semaphore, Stream } from "effect"
import { make, type SwitchControl } from "../../src/switching/StorageSwitch.ts"

type Backend = Layer.Layer<StorageAdapter, StorageError>

export interface Switched {
  readonly name: string
  /** Two backends that hold nothing. */
  readonly backends: Effect.Effect<{ readonly files: Backend; readonly sqlite: Backend }, never, Scope.Scope>
  /** How long one of them serves. */
  readonly every: Duration.Input
}

/** Switches back and forth as long as the scope is open. */
const keepSwitching = (control: SwitchControl, every: Duration.Input) =>
  Effect.gen(function*() {
    const next = (yield* control.current) === "files" ? "sqlite" : "files"
    yield* Effect.ignore(Stream.runDrain(control.switchTo(next, { transfer: "copy" })))
  }).pipe(Effect.repeat(Schedule.spaced(every)))

export const switched = ({ backends, every, name }: Switched): Harness => ({
  name,
  fresh: Effect.map(backends, (over) => {
    // The instance that was opened first switches; when it is closed, the next one does.
    const turn = Semaphore.makeUnsafe(1)
    const open = Effect.gen(function*() {
      const { adapter, control } = yield* make({ backends: over, initial: "files" })
      yield* Effect.forkScoped(turn.withPermits(1)(keepSwitching(control, every)))
      return adapter
    })
    return { open }
  })
})
