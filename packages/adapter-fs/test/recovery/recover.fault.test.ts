/** Recovery that fails or is cut short at any call loses nothing, and the next one goes on. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { describeFault, type Fault } from "../commit/failingCalls.ts"
import { sessionFiles } from "../kit.ts"
import { adopt, checkRecovered, copyOf, leftoverStore } from "./leftoverStore.ts"
import { recoverySweep } from "./recoverySweep.ts"

const faults: ReadonlyArray<Fault> = [
  { code: "EIO", span: "once", when: "before" },
  { code: "ENOSPC", span: "forever", when: "short" },
  { code: "EIO", span: "forever", when: "after" }
]

// One call in so many, another one for each fault; `recover.slow.test.ts` is the whole.
const stride = 61

describe("a recovery", { concurrent: false }, () => {
  for (const commit of ["rename", "slots"] as const) {
    it.live(`leaves everything in order, and the same after a second time, with ${commit}`, () =>
      Effect.gen(function*() {
        const folder = yield* copyOf(yield* leftoverStore)
        yield* checkRecovered(folder, { commit, adopt })
        const before = sessionFiles(folder)
        yield* checkRecovered(folder, { commit, adopt })
        assert.deepStrictEqual(sessionFiles(folder), before)
      }))

    for (const [offset, fault] of faults.entries()) {
      it.live(`loses nothing when a call fails, with ${commit}: ${describeFault(fault)}`, () =>
        Effect.gen(function*() {
          const { broken, runs } = yield* recoverySweep({ commit, adopt }, fault, (nth) => nth % stride === offset)
          assert.deepStrictEqual(broken, [])
          assert.isAbove(runs, 3)
        }))
    }
  }
})
