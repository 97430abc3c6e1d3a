/** Whichever call of an open fails, with whichever code, recovery loses nothing and the next one goes on. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { describeFault, type Fault } from "../commit/failingCalls.ts"
import { allFaults } from "../commit/sweepSuite.ts"
import { adopt } from "./leftoverStore.ts"
import { recoverySweep } from "./recoverySweep.ts"

// Recovery tells these codes from each other; the others are like one of them.
const isTold = ({ code, when }: Fault) => code === "EIO" || when === "short" || code === "EXDEV" || code === "UNKNOWN"

const faults = allFaults.filter(isTold)

// One call in so many, another one for each fault.
const stride = 4

for (const commit of ["rename", "slots"] as const) {
  describe(`a recovery with ${commit}`, { concurrent: false }, () => {
    for (const [offset, fault] of faults.entries()) {
      it.live(`loses nothing whichever call fails: ${describeFault(fault)}`, () =>
        Effect.gen(function*() {
          const { broken, runs } = yield* recoverySweep({ commit, adopt }, fault, (nth) =>
            nth % stride === offset % stride)
          assert.deepStrictEqual(broken, [])
          assert.isAbove(runs, 25)
        }))
    }
  })
}
