/**
 * Runs the cases of a plan, one after the other: fixtures first, then the rounds, then the experiments on guarantees.
 *
 * Nothing else runs while a case is measured. A case whose fixture could not be filled is a sample with that reason.
 */
import { rmSync } from "node:fs"
import { availableParallelism } from "node:os"
import { findGuarantees, type Guarantees, hasStrace } from "./guarantees/experiments.ts"
import { readMachine } from "./machine.ts"
import { fillFixture, measureCase } from "./measuring/measureCase.ts"
import type { Options } from "./options.ts"
import { makePlace, type Place } from "./places.ts"
import { type Case, casesOf, fixtureKey, fixtureOf, fixturesOf, makeShuffle } from "./plan.ts"
import type { CaseResult, Results, Sample } from "./results.ts"
import { bareName, registry } from "./subjects/registry.ts"
import { inFlight } from "./workloads/inFlight.ts"
import { workloadTexts } from "./workloads/names.ts"

type Filled = ReadonlyMap<string, { readonly directory: string; readonly failure: string | undefined }>
type Shuffle = ReturnType<typeof makeShuffle>

const say = (text: string): void => {
  process.stderr.write(`${text}\n`)
}

const fillAll = async (options: Options, place: Place, shuffle: Shuffle): Promise<Filled> => {
  const filled = new Map<string, { directory: string; failure: string | undefined }>()
  const fixtures = shuffle(fixturesOf(options))
  // What is filled is not measured, so that several may be filled at once.
  await inFlight(availableParallelism(), fixtures.length, async (at) => {
    const fixture = fixtures[at]!
    const directory = place.fresh(`fixture-${fixtureKey(fixture)}`)
    const failure = await fillFixture(fixture, directory)
    say(`  filled ${fixtureKey(fixture)}${failure === undefined ? "" : `: ${failure}`}`)
    filled.set(fixtureKey(fixture), { directory, failure })
  })
  return filled
}

interface Turn {
  readonly one: Case
  readonly round: number
  readonly place: Place
}

const runOne = async ({ one, place, round }: Turn, filled: Filled): Promise<Sample> => {
  const fixture = one.subject === bareName ? undefined : fixtureOf(one)
  const store = fixture === undefined ? undefined : filled.get(fixtureKey(fixture))
  if (store?.failure !== undefined) return { round, failure: `could not be filled: ${store.failure}` }
  const directory = store?.directory ?? place.fresh(`${one.workload}-${one.subject}`)
  place.quiet()
  return measureCase(one, round, directory)
}

const caseKey = ({ place, sizes, subject, workload }: Case): string =>
  JSON.stringify([workload, place, subject, sizes.bytes, sizes.sessions, sizes.entries])

const outcome = (sample: Sample, one: Case): string => {
  if ("failure" in sample) return `failed: ${sample.failure}`
  if (sample.wrong !== undefined) return `wrong: ${sample.wrong}`
  const figures = workloadTexts[one.workload].figures
    .filter(({ name }) => sample.figures[name] !== undefined)
    .map(({ name, unit }) => `${name} ${sample.figures[name]!.toPrecision(4)} ${unit}`)
  return `${figures.join(", ")}${sample.partial ? ` (${sample.count} in the time)` : ""}`
}

/** Starts are reported above a process that does nothing, of the same round. */
const aboveBare = (results: ReadonlyArray<CaseResult>): ReadonlyArray<CaseResult> => {
  const bare = results.find(({ subject }) => subject === bareName)
  const walls = new Map(
    bare?.samples.flatMap((sample) => "failure" in sample ? [] : [[sample.round, sample.figures["wall"] ?? 0]])
  )
  return results.map((result) =>
    result.workload !== "open" ? result : {
      ...result,
      samples: result.samples.map((sample) => {
        const wall = "failure" in sample ? undefined : sample.figures["wall"]
        const below = walls.get(sample.round)
        if ("failure" in sample || wall === undefined || below === undefined) return sample
        return { ...sample, figures: { above: wall - below, wall } }
      })
    }
  )
}

const runRounds = async (
  options: Options,
  places: ReadonlyArray<Place>,
  shuffle: Shuffle
): Promise<ReadonlyArray<CaseResult>> => {
  const samples = new Map<string, { one: Case; samples: Array<Sample> }>()
  const disk = places.find(({ name }) => name === "disk")
  const filled: Filled = disk === undefined ? new Map() : await fillAll(options, disk, shuffle)
  for (let round = 0; round < Math.max(options.rounds, options.sideRounds); round++) {
    const cases = shuffle(places.flatMap((place) => casesOf(options, place.name, round).map((one) => ({ one, place }))))
    for (const [at, { one, place }] of cases.entries()) {
      const sample = await runOne({ one, round, place }, filled)
      const size = workloadTexts[one.workload].size
      const label = [
        one.workload,
        one.place,
        one.subject,
        ...(size === undefined ? [] : [`${one.sizes[size]} ${size}`])
      ]
      say(`  ${round + 1}.${at + 1}/${cases.length} ${label.join(" | ")}: ${outcome(sample, one)}`)
      const known = samples.get(caseKey(one)) ?? { one, samples: [] }
      known.samples.push(sample)
      samples.set(caseKey(one), known)
    }
  }
  return aboveBare([...samples.values()].map(({ one, samples }) => ({ ...one, samples })))
}

const experiment = async (options: Options, place: Place): Promise<Record<string, Guarantees>> => {
  const found: Record<string, Guarantees> = {}
  const stores = registry.filter(({ bundled, keeps, name, workloads }) =>
    bundled === undefined && keeps !== "memory" && options.subjects.test(name) &&
    workloads.some((workload) => workload === "save" || workload === "saveMany" || workload === "burst")
  )
  const canTrace = hasStrace()
  await inFlight(availableParallelism(), stores.length, async (at) => {
    const { name } = stores[at]!
    found[name] = canTrace
      ? await findGuarantees(name, place.fresh(`guarantees-${name}`), options.kills)
      : { failure: "strace is not installed" }
    say(`  guarantees of ${name}${found[name].failure === undefined ? "" : `: ${found[name].failure}`}`)
  })
  return Object.fromEntries(Object.entries(found).toSorted(([left], [right]) => left.localeCompare(right)))
}

export const run = async (options: Options, installation: ReadonlyArray<string>): Promise<Results> => {
  const started = performance.now()
  const shuffle = makeShuffle(options.seed)
  const made = options.places.map((name) => ({ name, place: makePlace(name, options.directory) }))
  const places = made.flatMap(({ place }) => "failure" in place ? [] : [place])
  const remove = (): void => {
    for (const place of places) place.remove()
  }
  // A run that is stopped leaves no mount and no store behind.
  const stop = (): void => {
    remove()
    rmSync(options.directory, { recursive: true, force: true })
    process.exit(130)
  }
  process.once("SIGINT", stop).once("SIGTERM", stop)
  try {
    const cases = await runRounds(options, places, shuffle)
    const disk = places.find(({ name }) => name === "disk")
    const guarantees = options.experiments && disk !== undefined ? await experiment(options, disk) : {}
    return {
      machine: readMachine(options.directory),
      profile: options.profile,
      seed: options.seed,
      rounds: options.rounds,
      sideRounds: options.sideRounds,
      minutes: Math.round((performance.now() - started) / 6000) / 10,
      places: Object.fromEntries(
        made.map((
          { name, place }
        ) => [name, "failure" in place ? `not available: ${place.failure}` : place.description])
      ),
      installation,
      cases,
      guarantees
    }
  } finally {
    remove()
    process.off("SIGINT", stop).off("SIGTERM", stop)
  }
}
