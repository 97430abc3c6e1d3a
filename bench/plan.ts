/**
 * Which cases a run has and in which order: every round has every case once, in a random order of its own, so that no
 * store always runs after the same one, nor in the same minute of a machine that gets slower.
 */
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus"
import { shuffle } from "simple-statistics"
import type { Options, PlaceName } from "./options.ts"
import { sizesOf } from "./sizes.ts"
import { bareName, registry } from "./subjects/registry.ts"
import { type WorkloadName, workloadTexts } from "./workloads/names.ts"
import type { Sizes } from "./workloads/Workload.ts"

export interface Case {
  readonly workload: WorkloadName
  readonly place: PlaceName
  readonly subject: string
  readonly sizes: Sizes
}

/** A store that is filled once and read by every round. */
export interface Fixture {
  readonly subject: string
  readonly sizes: Sizes
}

const readsFixture: ReadonlySet<WorkloadName> = new Set(["load", "list", "open", "sessions"])

/** What of its sizes makes a fixture another one. */
export const fixtureKey = ({ sizes, subject }: Fixture): string => `${subject}/${sizes.sessions}/${sizes.bytes}`

export const fixtureOf = ({ sizes, subject, workload }: Case): Fixture | undefined =>
  readsFixture.has(workload) ? { subject, sizes } : undefined

/** The random order of a seed: the same list in the same order for the same seed. */
export const makeShuffle = (seed: number): <A>(items: ReadonlyArray<A>) => ReadonlyArray<A> => {
  const random = xoroshiro128plus(seed)
  const unit = (): number => (random.next() >>> 0) / 2 ** 32
  return (items) => shuffle([...items], unit)
}

const casesIn = (place: PlaceName, options: Options): ReadonlyArray<Case> => {
  const sizes = sizesOf(options.profile)
  return options.workloads.flatMap((workload) => {
    if (place !== "disk" && !workloadTexts[workload].durable) return []
    const subjects = registry
      .filter(({ keeps, name, workloads }) =>
        workloads.includes(workload) && options.subjects.test(name) && (place === "disk" || keeps !== "memory")
      )
      .map(({ name }) => name)
    // Without it there is nothing to measure the start of the others above.
    if (workload === "open" && subjects.length > 0) subjects.push(bareName)
    return sizes[workload].flatMap((one) => subjects.map((subject) => ({ workload, place, subject, sizes: one })))
  })
}

/** The cases of a round at a place; growth with size is measured in fewer rounds than the workloads. */
export const casesOf = (options: Options, place: PlaceName, round: number): ReadonlyArray<Case> =>
  casesIn(place, options).filter(({ workload }) => {
    const isSide = place !== "disk" || workloadTexts[workload].size !== undefined && workload !== "memory"
    return round < (isSide ? options.sideRounds : options.rounds)
  })

/** The fixtures that the cases of a run read. */
export const fixturesOf = (options: Options): ReadonlyArray<Fixture> => {
  const fixtures = casesIn("disk", options)
    .filter(({ subject }) => subject !== bareName)
    .flatMap((one) => fixtureOf(one) ?? [])
  return [...new Map(fixtures.map((fixture) => [fixtureKey(fixture), fixture])).values()]
}
