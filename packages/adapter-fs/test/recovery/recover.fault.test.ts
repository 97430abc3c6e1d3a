/** Recovery that fails or is cut short at any call loses nothing, and the next one goes on. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { failingCalls, type Fault } from "../commit/failingCalls.ts"
import { type OpenOptions, realFileSystem, treeOf, visit } from "../kit.ts"
import { adopt, checkRecovered, copyOf, leftoverStore } from "./leftoverStore.ts"

const faults: ReadonlyArray<Fault> = [
  { code: "EIO", span: "once", when: "before" },
  { code: "ENOSPC", span: "forever", when: "short" },
  { code: "EIO", span: "forever", when: "after" }
]

// One run in so many, another one for each fault.
const stride = 5

/** Opens copies of a store while the n-th call fails, and claims that the next recovery makes everything good. */
const sweep = Effect.fnUntraced(function*(options: OpenOptions, fault: Fault, offset: number) {
  const store = yield* leftoverStore
  const clean = failingCalls(Infinity, fault, realFileSystem)
  yield* visit(yield* copyOf(store), () => Effect.void, { ...options, fileSystem: clean.fileSystem })
  assert.isAbove(clean.count(), 100)
  const numbers = Array.from({ length: clean.count() }, (_, index) => index + 1).filter((nth) =>
    nth % stride === offset
  )
  yield* Effect.forEach(numbers, (nth) =>
    Effect.gen(function*() {
      const folder = yield* copyOf(store)
      const failing = failingCalls(nth, fault, realFileSystem)
      yield* Effect.exit(visit(folder, () => Effect.void, { ...options, fileSystem: failing.fileSystem }))
      const exit = yield* Effect.exit(checkRecovered(folder, options))
      assert.isTrue(Exit.isSuccess(exit), `${failing.failed().slice(0, 3).join(", ")}: ${String(exit)}`)
    }).pipe(Effect.scoped), { concurrency: 4, discard: true })
}, Effect.scoped)

describe("a recovery", { concurrent: false }, () => {
  it.live("leaves everything in order, and the same after a second time", () =>
    Effect.gen(function*() {
      for (const commit of ["rename", "slots"] as const) {
        const folder = yield* copyOf(yield* leftoverStore)
        yield* checkRecovered(folder, { commit, adopt })
        const before = treeOf(folder)
        yield* checkRecovered(folder, { commit, adopt })
        assert.deepStrictEqual(treeOf(folder), before)
      }
    }))

  for (const commit of ["rename", "slots"] as const) {
    for (const [offset, fault] of faults.entries()) {
      it.live(`loses nothing when a call fails, with ${commit}: ${fault.code} ${fault.when} ${fault.span}`, () =>
        sweep({ commit, adopt }, fault, offset))
    }
  }
})
