/** Declares the whole exploration of one protocol, which is too long for every run of the tests. */
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { emptyReport, exploreFirstOpening, tableOf } from "./explore.ts"
import { restores } from "./restores.ts"
import { sequences } from "./session.ts"
import { exploreAdoption, exploreAll, exploreLadder, foreignNames, lived, type Protocol } from "./store.ts"

/** Declares the exploration: together it judges more than 5,400 distinct states of each protocol. */
export const losesNothing = (commit: Protocol): void => {
  describe(`sessions kept by ${commit}`, { concurrent: false }, () => {
    const report = emptyReport()
    const once = { options: { commit }, second: "none" } as const

    it.live("survive a power cut at any moment of any three changes, and of two more of one that has lived", () =>
      Effect.gen(function*() {
        yield* exploreFirstOpening(report, { options: { commit }, second: "saving" })
        yield* exploreAll(report, sequences(3), once)
        yield* exploreAll(report, lived(2), once)
        yield* exploreAll(report, sequences(2), { ...once, names: "any" })
        yield* exploreAll(report, sequences(1), { ...once, catalog: "explored" })
        assert.deepStrictEqual(report.violations, [])
        assert.isAbove(report.seen.size, 600)
      }))

    it.live("survive it while a record is restored over them, and a second one after that", () =>
      Effect.gen(function*() {
        const before = report.seen.size
        yield* exploreAll(report, restores, { options: { commit }, second: "saving" })
        assert.deepStrictEqual(report.violations, [])
        assert.isAbove(report.seen.size - before, 300)
      }))

    it.live("survive it while they are adopted, or move to another protocol, and a second one after that", () =>
      Effect.gen(function*() {
        const before = report.seen.size
        for (const name of foreignNames) {
          yield* exploreAdoption(report, 2, { options: { commit }, second: "opening", name })
        }
        yield* exploreLadder(report, commit, "opening")
        assert.deepStrictEqual(report.violations, [])
        assert.isAbove(report.seen.size - before, 1000)
      }))

    for (const first of ["create", "create with entries"]) {
      it.live(`survive a second one while they are opened and saved again, after a ${first}`, () =>
        Effect.gen(function*() {
          const before = report.seen.size
          const all = sequences(2).filter(([change]) => change?.name === first)
          yield* exploreAll(report, all, { options: { commit }, second: "saving" })
          assert.deepStrictEqual(report.violations, [])
          assert.isAbove(report.seen.size - before, 1900)
        }))
    }

    afterAll(() => console.log(tableOf({ [commit]: report })))
  })
}
