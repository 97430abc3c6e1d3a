/** The suite over mutants: each breaks the laws that it names, and the table shows what else it breaks. */
import { assert, describe, it } from "@effect/vitest"
import { type Column, type Harness, type Law, laws, renderLawsByMutant, runLaw } from "@holdfast/core/testing"
import { Console, Effect } from "effect"
import type { Mutant } from "./mutant.ts"

/** What a suite is about: flaws within an instance, or in the world around it. */
type About = "instance" | "world"

/** Laws that take as long as ten others: only mutants that are made for one of them run it. */
const expensiveLaws: ReadonlySet<string> = new Set([
  "append.bigBatch",
  "body.big",
  "cas.counts",
  "changes.sayMissed",
  "instances.count",
  "keys.oddNames",
  "keys.oddNamespaces",
  "page.fitTogether",
  "repeat.longAgo"
])

/** Families about the world around an instance: they need time, and flaws within an instance are seen without them. */
const worldFamilies: ReadonlySet<Law["family"]> = new Set([
  "changes",
  "processes",
  "kills",
  "faults",
  "crash states"
])

/** The laws that a mutant is put to: a flaw in the world is shown to the families that it is about. */
const lawsFor = ({ breaks }: Mutant, about: About): ReadonlyArray<Law> => {
  const families = new Set(laws.filter(({ id }) => breaks.includes(id)).map(({ family }) => family))
  const isAbout = ({ family }: Law) => about === "world" ? families.has(family) : !worldFamilies.has(family)
  return laws.filter((law) => breaks.includes(law.id) || (isAbout(law) && !expensiveLaws.has(law.id)))
}

/**
 * How long a law waits for what comes by itself. What memory reports it reports at once, and a flaw that reports
 * nothing is waited for in many laws; calls to a process that was killed always come to an end.
 */
const patienceOf = ({ family }: Law) => family === "kills" ? "10 seconds" : "100 millis"

const run = (harness: Harness, chosen: ReadonlyArray<Law>) =>
  Effect.forEach(chosen, (law) => runLaw(harness, law, { patience: patienceOf(law) }), { concurrency: 4 })

const namesOfBroken = ({ outcomes }: Column): ReadonlyArray<string> =>
  outcomes.filter(({ verdict }) => verdict === "broken").map(({ law }) => law.id)

/** Declares a test per mutant, and one that prints the table law x mutant. */
export const seesFlaws = (title: string, about: About, mutants: ReadonlyArray<Mutant>): void => {
  const columns: Array<Column> = []
  describe(`${title} are seen`, { concurrent: false }, () => {
    for (const mutant of mutants) {
      const { breaks, flaw, harness, id } = mutant
      it.live(`${id} is seen: ${flaw}`, () =>
        Effect.gen(function*() {
          const outcomes = yield* run(harness, lawsFor(mutant, about))
          const column = { name: `${id}: ${flaw}`, outcomes }
          columns.push(column)
          const broken = namesOfBroken(column)
          assert.isNotEmpty(broken, "a flaw that no law sees")
          assert.deepStrictEqual(breaks.filter((law) => !broken.includes(law)), [], "laws that do not see it")
        }))
    }

    it.live("the table law x mutant is printed", () => Console.log(renderLawsByMutant(columns)))
  })
}
