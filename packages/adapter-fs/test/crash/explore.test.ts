import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { stackless } from "../scenario/hurried.ts"
import { emptyReport, exploreFirstOpening } from "./explore.ts"
import { sequences } from "./session.ts"
import { exploreAdoption, exploreAll, foreignNames, protocols } from "./store.ts"

describe("a power cut at any moment", { concurrent: false }, () => {
  for (const commit of protocols) {
    const exploration = { options: { commit }, second: "none", ways: "alternating" } as const

    it.live(`of a store's first opening and of one change leaves a whole store: ${commit}`, () =>
      Effect.gen(function*() {
        const report = emptyReport()
        yield* stackless(exploreFirstOpening(report, exploration))
        yield* stackless(exploreAll(report, sequences(1), exploration))
        assert.deepStrictEqual(report.violations, [])
        assert.isAbove(report.seen.size, 60)
      }))

    it.live(`of an adoption leaves another program's document to be adopted once: ${commit}`, () =>
      Effect.gen(function*() {
        const report = emptyReport()
        yield* stackless(exploreAdoption(report, 1, { ...exploration, name: foreignNames[0] }))
        assert.deepStrictEqual(report.violations, [])
        assert.isAbove(report.seen.size, 60)
      }))
  }
})
