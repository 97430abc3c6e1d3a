/** Declares the sweeps of the scenario, and prints what they did. */
import { assert, it } from "@effect/vitest"
import type { StorageError } from "@holdfast/core"
import { Effect } from "effect"
import type { OpenOptions } from "../kit.ts"
import { stackless } from "./hurried.ts"
import { codes, describeReport, faultsOf, type Report, type Sweep, sweepSessions, sweepStore } from "./sweep.ts"

// A sweep of all of it takes up to ten minutes of one core, and many times that beside other work.
const timeout = 3_600_000

/** Runs a sweep, prints it, and claims that it broke nothing. */
export const holds = (title: string, sweep: Effect.Effect<Report, StorageError>) =>
  Effect.map(stackless(sweep), (report) => {
    console.log(describeReport(title, report))
    assert.deepStrictEqual(report.broken.slice(0, 40), [], `${report.broken.length} cases are broken`)
    const total = [...report.cases.values()].reduce((sum, count) => sum + count, 0)
    assert.isAtMost(report.missed, Math.max(4, total / 100))
    // Listings and catalogs make up to a twentieth of all calls, or do not, as the clock has it.
    assert.isAtMost(report.doubtful, Math.max(8, total / 20))
    return report
  })

type Commit = NonNullable<OpenOptions["commit"]>

const sweepOf = (commit: Commit, some: ReadonlyArray<string>): Sweep => ({
  options: { commit },
  faults: faultsOf(some)
})

/** Declares the sweep of the calls of fifty sessions. */
export const losesNothing = (commit: Commit, some: ReadonlyArray<string> = codes): void => {
  it.live(
    `fifty sessions kept by ${commit} lose nothing, whichever call fails for which of them`,
    () =>
      Effect.gen(function*() {
        const { cases } = yield* holds(`sessions, ${commit}`, sweepSessions(sweepOf(commit, some)))
        assert.isAbove([...cases.values()].reduce((sum, count) => sum + count, 0), some.length * 2_000)
      }),
    timeout
  )
}

/** Declares the sweep of the store's own calls, or of one case in so many. */
export const opensAndListsTruly = (commit: Commit, stride: number): void => {
  it.live(`a store kept by ${commit} loses nothing, whichever call of its own fails`, () =>
    Effect.gen(function*() {
      const { performances } = yield* holds(
        `store, ${commit}`,
        sweepStore({ ...sweepOf(commit, codes), selects: (index) => index % stride === 0 })
      )
      assert.isAbove(performances, 1_000 / stride)
    }), timeout)
}
