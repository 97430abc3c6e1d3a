/**
 * What came of the laws for an adapter: what is broken first, each with what was found, then how many are kept.
 *
 * Laws that do not apply are counted by their reason, never passed over: an adapter that promises little keeps little.
 * What a script fails for is decided here as well, so that both forms and the exit code say the same.
 */
import type { LawOutcome } from "@holdfast/core/testing"
import type { Shown } from "../output/Output.ts"
import { counted, wrap } from "../output/text.ts"

/** An adapter's outcomes, and the laws that it is known not to keep. */
export interface Validated {
  readonly name: string
  readonly outcomes: ReadonlyArray<LawOutcome>
  readonly gaps: ReadonlyArray<string>
}

const isBroken = ({ verdict }: LawOutcome): boolean => verdict === "broken"

/** What a script has to fail for: what is broken and no known gap, and gaps that are none. */
export const complaintsOf = ({ gaps, outcomes }: Validated): ReadonlyArray<LawOutcome> =>
  outcomes.filter((outcome) => isBroken(outcome) !== gaps.includes(outcome.law.id))

const reasonsOf = ({ outcomes }: Validated): ReadonlyArray<readonly [reason: string, count: number]> =>
  [
    ...Map.groupBy(outcomes.filter(({ verdict }) => verdict === "notApplicable"), ({ detail }) => detail)
  ].map(([reason, without]) => [reason, without.length])

const brokenText = (outcome: LawOutcome): string =>
  isBroken(outcome) ? outcome.detail : "is given as a known gap, and holds: leave --gap out"

/** What came of the laws. */
export const validatedShown = (validated: Validated): Shown => {
  const { gaps, name, outcomes } = validated
  const complaints = complaintsOf(validated)
  const heldCount = outcomes.filter(({ verdict }) => verdict === "holds").length
  return {
    json: () => ({
      adapter: name,
      kept: heldCount,
      broken: outcomes.filter(isBroken).map(({ detail, law }) => ({
        law: law.id,
        title: law.title,
        found: detail,
        isKnown: gaps.includes(law.id)
      })),
      notApplicable: reasonsOf(validated).map(([why, count]) => ({ why, count })),
      closedGaps: complaints.filter((outcome) => !isBroken(outcome)).map(({ law }) => law.id)
    }),
    text: (paper) => [
      complaints.length === 0
        ? paper.paint("good", `${name} keeps every law that applies to it: ${heldCount}.`)
        : paper.paint("bad", `${name}: ${counted(complaints.length, "law")} to mend, ${heldCount} kept.`),
      ...complaints.flatMap((outcome) => [
        "",
        ...wrap(paper, `${outcome.law.id}: ${outcome.law.title}`),
        ...brokenText(outcome).split("\n").slice(0, 5).flatMap((line) => wrap(paper, line, "    "))
      ]),
      ...(gaps.length === 0 ? [] : ["", `${counted(gaps.length, "known gap")}: ${gaps.join(", ")}`]),
      ...reasonsOf(validated).flatMap((
        [why, count]
      ) => ["", ...wrap(paper, `${counted(count, "law")} left out: ${why}.`)])
    ]
  }
}
