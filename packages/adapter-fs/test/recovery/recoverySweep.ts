/** Opening a store full of leftovers while a call fails, and what the next recovery must make of it. */
import { Cause, Effect, Exit } from "effect"
import { describeFault, failingCalls, type Fault } from "../commit/failingCalls.ts"
import { type OpenOptions, realFileSystem, visit } from "../kit.ts"
import { checkRecovered, copyOf, leftoverStore } from "./leftoverStore.ts"

/** What is broken when the n-th call of an open fails, for the numbers that `selects` takes. */
export const recoverySweep = Effect.fnUntraced(function*(
  options: OpenOptions,
  fault: Fault,
  selects: (nth: number) => boolean = () => true
) {
  const store = yield* leftoverStore
  const clean = failingCalls(Infinity, fault, realFileSystem)
  yield* visit(yield* copyOf(store), () => Effect.void, { ...options, fileSystem: clean.fileSystem })
  const numbers = Array.from({ length: clean.count() }, (_, index) => index + 1).filter(selects)
  const broken = yield* Effect.forEach(
    numbers,
    Effect.fnUntraced(function*(nth) {
      const folder = yield* copyOf(store)
      const failing = failingCalls(nth, fault, realFileSystem)
      yield* Effect.exit(visit(folder, () => Effect.void, { ...options, fileSystem: failing.fileSystem }))
      const exit = yield* Effect.exit(checkRecovered(folder, options))
      if (Exit.isSuccess(exit)) return []
      const calls = failing.failed().slice(0, 3).join(", ")
      return [`${describeFault(fault)}, ${calls}: ${String(Cause.squash(exit.cause))}`]
    }, Effect.scoped),
    { concurrency: 4 }
  )
  return { runs: numbers.length, broken: broken.flat() }
}, Effect.scoped)
