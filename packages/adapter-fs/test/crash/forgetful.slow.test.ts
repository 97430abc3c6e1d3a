/** The exploration is not blind: a store whose syncs do nothing is flagged. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { emptyReport } from "./explore.ts"
import { changesOf } from "./session.ts"
import { exploreAll, forgetful, protocols } from "./store.ts"

describe("a power cut at any moment", () => {
  for (const commit of protocols) {
    const exploration = { options: { commit }, second: "none", ways: "alternating" } as const
    for (const what of ["File", "Directory"] as const) {
      it.live(`is not survived by a store whose syncs do nothing: ${commit}, ${what}`, () =>
        Effect.gen(function*() {
          const report = emptyReport()
          const options = { commit, over: forgetful(what) }
          yield* exploreAll(report, [changesOf("put")], { ...exploration, options, reopened: { commit } })
          assert.isAbove(report.violations.length, 0)
        }))
    }
  }
})
