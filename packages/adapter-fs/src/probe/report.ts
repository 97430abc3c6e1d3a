/**
 * A probe's findings as the rows of a report: facts, what is around, what is chosen, advice.
 *
 * A fact keeps its outcome. What was only looked at is `notTried` with what was seen. A choice and a line
 * of advice say `fails` where somebody has to act, and `works` where the store helps itself.
 */
import type { ProbeCheck } from "@holdfast/core/port"
import * as Option from "effect/Option"
import { adviceOn } from "./advice.ts"
import { containerOf, hintsOf } from "./containers.ts"
import { factNames, type Facts, wasRefused } from "./facts.ts"
import { durabilityOf, ladderOf, type LadderStep, refusesNames } from "./ladder.ts"
import type { Surroundings } from "./surroundings.ts"

/** What a report is made of. */
export interface Probed {
  readonly facts: Facts
  readonly around: Surroundings
  readonly commit: "auto" | LadderStep
}

const factRows = (facts: Facts): ReadonlyArray<ProbeCheck> =>
  factNames.map((name) => ({
    name,
    place: facts.folder,
    outcome: facts.tried[name].outcome,
    detail: name === "realPath" && Option.isSome(facts.actual) ? facts.actual.value : facts.tried[name].detail
  }))

const lookedAt = (name: string, place: string, detail: string): ProbeCheck => ({
  name,
  place,
  outcome: "notTried",
  detail
})

const aroundRows = ({ around, facts }: Probed): ReadonlyArray<ProbeCheck> => {
  const { actual, folder } = facts
  const store = { given: folder, actual }
  return [
    lookedAt("platform", folder, around.platform),
    Option.match(containerOf(around, store), {
      onNone: () => lookedAt("container", folder, "none"),
      onSome: (container) => lookedAt("container", container.actual, container.name)
    }),
    ...hintsOf(around, store).map(({ because, kind, name }) => lookedAt(`hint.${kind}`, folder, `${name}: ${because}`))
  ]
}

const choiceRows = ({ around, commit, facts }: Probed): ReadonlyArray<ProbeCheck> => {
  const ladder = ladderOf(facts, commit)
  const canPublish = ladder.steps.some((step) =>
    step === "rename" ? !refusesNames(facts) : !wasRefused(facts, "overwrite")
  )
  return [
    {
      name: "ladder",
      place: facts.folder,
      outcome: canPublish ? "works" : "fails",
      detail: `${ladder.steps.join(", then ")}: ${ladder.because}`
    },
    { name: "durability", place: facts.folder, outcome: "works", detail: durabilityOf(facts, around.platform) }
  ]
}

const adviceRows = ({ around, facts }: Probed): ReadonlyArray<ProbeCheck> => {
  const store = { given: facts.folder, actual: facts.actual }
  return adviceOn({ facts, store, hints: hintsOf(around, store), platform: around.platform })
    .map(({ code, level, text }) => ({
      name: `advice.${code}`,
      place: facts.folder,
      outcome: level === "problem" ? "fails" : "works",
      detail: text
    }))
}

/** The rows of a report, in the order in which people read them. */
export const reportRows = (probed: Probed): ReadonlyArray<ProbeCheck> => [
  ...factRows(probed.facts),
  ...aroundRows(probed),
  ...choiceRows(probed),
  ...adviceRows(probed)
]
