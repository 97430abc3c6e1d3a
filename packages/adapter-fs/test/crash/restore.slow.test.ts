/** A power cut at any moment of a restore leaves what the key held before, or the whole record. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { emptyReport } from "./explore.ts"
import { restores } from "./restores.ts"
import { exploreAll, protocols } from "./store.ts"

describe("a power cut at any moment of a restore", () => {
  for (const commit of protocols) {
    it.live(`leaves what was there before or the whole record: ${commit}`, () =>
      Effect.gen(function*() {
        const report = emptyReport()
        yield* exploreAll(report, restores.slice(0, 3), { options: { commit }, second: "none", ways: "alternating" })
        assert.deepStrictEqual(report.violations, [])
        assert.isAbove(report.seen.size, 40)
      }), 120_000)
  }
})
