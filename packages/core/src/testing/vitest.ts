/**
 * The binding to vitest: one test per law, and a table of what came of them.
 *
 * Laws that are not applicable are reported as skipped with their reason. Known gaps
 * run as expected failures: a gap that is closed fails its test until its entry is deleted.
 */
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { afterAll, describe, expect, test, type TestContext } from "vitest"
import type { Harness } from "./Harness.ts"
import { type Law, type LawOutcome, limitOfLaw, runLaw, type RunOptions } from "./Law.ts"
import { laws as allLaws } from "./laws/index.ts"
import { complaintOf, renderLawsByAdapter } from "./report.ts"

export interface ConformanceOptions extends RunOptions {
  /** Ids of laws that the adapter is known not to keep. */
  readonly knownGaps?: ReadonlyArray<string> | undefined
  /** All laws of the port by default. */
  readonly laws?: ReadonlyArray<Law> | undefined
}

// Above the limit of a law itself, so that a law that hangs is reported by its own name.
const timeoutOf = ({ limit = limitOfLaw }: RunOptions): number =>
  Duration.toMillis(Duration.fromInputUnsafe(limit)) + 30_000

const judge = (outcome: LawOutcome, knownGaps: ReadonlyArray<string>, context: TestContext): void => {
  const complaint = complaintOf(outcome, knownGaps)
  if (complaint !== undefined) throw new Error(complaint)
  if (outcome.verdict === "notApplicable") context.skip(outcome.detail)
}

/** Declares a suite that checks the laws over an adapter. */
export const conformance = (harness: Harness, options?: ConformanceOptions): void => {
  const laws = options?.laws ?? allLaws
  const knownGaps = options?.knownGaps ?? []
  describe(`${harness.name} keeps the laws of the storage port`, () => {
    const outcomes = new Map<string, LawOutcome>()

    for (const law of laws) {
      test(`${law.id}: ${law.title}`, { timeout: timeoutOf(options ?? {}) }, async (context) => {
        const outcome = await Effect.runPromise(runLaw(harness, law, options), { signal: context.signal })
        outcomes.set(law.id, outcome)
        judge(outcome, knownGaps, context)
      })
    }

    test("every known gap is a law", () => {
      expect(knownGaps.filter((id) => !laws.some((law) => law.id === id))).toEqual([])
    })

    afterAll(() => {
      const ran = laws.flatMap((law) => outcomes.get(law.id) ?? [])
      Effect.runSync(Console.log(renderLawsByAdapter([{ name: harness.name, outcomes: ran }], { knownGaps })))
    })
  })
}
