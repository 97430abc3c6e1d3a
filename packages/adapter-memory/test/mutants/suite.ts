/** The suite over mutants: each breaks the laws that it names, and the table shows what else it breaks. */
import { assert, describe, it } from "@effect/vitest"
import { checkAll, type Column, type Law, laws, renderLawsByMutant } from "@holdfast/core/testing"
import { Console, Effect } from "effect"
import type { Mutant } from "./mutant.ts"

/** Laws that take as long as ten others: only mutants that are made for one of them run it. */
const expensiveLaws: ReadonlySet<string> = new Set([
  "append.bigBatch",
  "body.big",
  "cas.counts",
  "instances.count",
  "keys.oddNames",
  "keys.oddNamespaces",
  "page.fitTogether",
  "repeat.longAgo"
])

const lawsFor = ({ breaks }: Mutant): ReadonlyArray<Law> =>
  laws.filter(({ id }) => !expensiveLaws.has(id) || breaks.includes(id))

const namesOfBroken = ({ outcomes }: Column): ReadonlyArray<string> =>
  outcomes.filter(({ verdict }) => verdict === "broken").map(({ law }) => law.id)

/** Declares a test per mutant, and one that prints the table law x mutant. */
export const seesFlaws = (title: string, mutants: ReadonlyArray<Mutant>): void => {
  const columns: Array<Column> = []
  describe(`${title} are seen`, { concurrent: false }, () => {
    for (const mutant of mutants) {
      const { breaks, flaw, harness, id } = mutant
      it.live(`${id} is seen: ${flaw}`, () =>
        Effect.gen(function*() {
          const outcomes = yield* checkAll(harness, lawsFor(mutant))
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
