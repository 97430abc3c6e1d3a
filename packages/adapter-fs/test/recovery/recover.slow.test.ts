/** Whichever call of an open fails, with whichever code, recovery loses nothing and the next one goes on. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { describeFault } from "../commit/failingCalls.ts"
import { allFaults } from "../commit/sweepSuite.ts"
import { adopt } from "./leftoverStore.ts"
import { recoverySweep } from "./recoverySweep.ts"

const faults = allFaults.filter(({ code }) => ["EIO", "ENOSPC", "EXDEV", "UNKNOWN", "EMFILE"].includes(code))

for (const commit of ["rename", "slots", "auto"] as const) {
  describe(`a recovery with ${commit}`, { concurrent: false }, () => {
    for (const fault of faults) {
      it.live(`loses nothing whichever call fails: ${describeFault(fault)}`, () =>
        Effect.gen(function*() {
          const { broken, runs } = yield* recoverySweep({ commit, adopt }, fault)
          assert.deepStrictEqual(broken, [])
          assert.isAbove(runs, 100)
        }))
    }
  })
}
