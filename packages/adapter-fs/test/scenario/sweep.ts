/**
 * The sweep: which calls of the scenario fail with what, so that every one of them does with every code.
 *
 * A clean performance counts the calls of each session. Each call with each fault is then a case, and each performance
 * carries one case of every session. Calls that several sessions make in the same state are dealt among them.
 */
import { Effect } from "effect"
import type { Fault } from "../commit/failingCalls.ts"
import { describeFault } from "../commit/failingCalls.ts"
import type { OpenOptions } from "../kit.ts"
import type { Counted, Failing, FaultPlan, MadeCall } from "./faultPlan.ts"
import { makeStage, playScenario, type Review, type Stage } from "./performance.ts"
import { type Actor, cast } from "./scripts.ts"

/** The codes that a call can fail with. The last one is how Node tells ESTALE on Linux. */
export const codes: ReadonlyArray<string> = [
  "EXDEV",
  "EIO",
  "ENOSPC",
  "EROFS",
  "EACCES",
  "EPERM",
  "EBUSY",
  "EMFILE",
  "ENAMETOOLONG",
  "UNKNOWN",
  "Unknown system error -116"
]

/** Every code once and for ever, and writes that are cut short. */
export const faultsOf = (some: ReadonlyArray<string>): ReadonlyArray<Fault> =>
  (["once", "forever"] as const).flatMap((span): ReadonlyArray<Fault> => [
    ...some.map((code) => ({ code, span, when: "before" } as const)),
    { code: "ENOSPC", span, when: "short" }
  ])

/** The cases of one call: every fault that it can meet. */
const casesOf = ({ operation }: MadeCall, nth: number, faults: ReadonlyArray<Fault>): ReadonlyArray<Failing> =>
  faults.filter(({ when }) => when !== "short" || operation === "write").map((fault) => ({ nth, fault }))

/** How many rounds have begun by a part of the scenario. */
const roundsBy: { readonly [part: string]: number } = {
  "open": 0,
  "round 0": 1,
  "round 1": 2,
  "list": 2,
  "reads": 2,
  "open again": 2,
  "round 2": 3
}

/**
 * The calls of all sessions by what is the same about them: the script so far, the part, the place in it. Sessions
 * whose scripts begin in the same way make the same calls in the same state, and share the cases.
 */
const groupCalls = (stage: Stage, counted: Counted) => {
  const groups = new Map<
    string,
    { readonly call: MadeCall; readonly members: Array<readonly [who: number, nth: number]> }
  >()
  for (const { isThere, number, script } of stage.actors) {
    const places = new Map<string, number>()
    for (const [index, call] of (counted.get(number) ?? []).entries()) {
      const place = places.get(call.part) ?? 0
      places.set(call.part, place + 1)
      const name = [isThere, ...script.slice(0, roundsBy[call.part]), call.part, place, call.operation].join(" ")
      const group = groups.get(name) ?? { call, members: [] }
      groups.set(name, group)
      group.members.push([number, index + 1])
    }
  }
  return [...groups.values()].toSorted((self, that) => self.members.length - that.members.length)
}

/** The cases of each session: each group's are dealt to the members that have the fewest. */
const dealCases = (stage: Stage, counted: Counted, faults: ReadonlyArray<Fault>) => {
  const dealt = new Map<number, Array<Failing>>(stage.actors.map(({ number }) => [number, []]))
  const groups = groupCalls(stage, counted)
  for (const { call, members } of groups) {
    for (const { fault } of casesOf(call, 0, faults)) {
      const [who, nth] = members.reduce((least, member) =>
        dealt.get(member[0])!.length < dealt.get(least[0])!.length ? member : least
      )
      dealt.get(who)!.push({ nth, fault })
    }
  }
  return { dealt, groupCount: groups.length }
}

/** What a sweep did and found. */
export interface Report {
  readonly performances: number
  readonly cases: ReadonlyMap<string, number>
  /** Cases whose call was not made, though every clean performance makes it. */
  readonly missed: number
  /** Cases whose call was not made, as in some clean performances. */
  readonly doubtful: number
  /** How many calls a performance makes, and how many of them are different by what was done before. */
  readonly callCount: number
  readonly groupCount: number
  readonly answers: ReadonlyMap<string, number>
  readonly broken: ReadonlyArray<string>
}

const add = (counts: Map<string, number>, name: string, count: number): void => {
  counts.set(name, (counts.get(name) ?? 0) + count)
}

const nameOf = (stage: Stage, who: number | "store"): string =>
  stage.actors.find(({ number }) => number === who)?.name ?? "the store"

/** What performances add up to. */
interface Tally {
  readonly cases: Map<string, number>
  readonly answers: Map<string, number>
  readonly broken: Array<string>
}

/** Gives one performance; answers those of its cases whose call was not made. */
const give = Effect.fnUntraced(function*(stage: Stage, plan: FaultPlan, { answers, broken, cases }: Tally) {
  // A session that has no case left stays away: what happens to the others is not about it.
  const actors = stage.actors.filter(({ number }) => plan.has(number) || plan.has("store"))
  const review: Review = yield* Effect.orDie(playScenario({ ...stage, actors }, plan))
  const { failed } = review.calls
  for (const [who, { fault }] of plan) if (failed.has(who)) add(cases, describeFault(fault), 1)
  for (const [told, count] of review.answers) add(answers, told, count)
  for (const [who, what] of review.broken) {
    const failing = plan.get(who)
    const fault = failing === undefined ? "nothing failed" : `${describeFault(failing.fault)} at ${failed.get(who)}`
    broken.push(`${nameOf(stage, who)}, ${fault}: ${what}`)
  }
  const missed: FaultPlan = new Map([...plan].filter(([who]) => !failed.has(who)))
  return missed.size === 0 ? [] : [missed]
})

/** Counts the calls of a clean performance, in which nothing may be broken. */
const countCalls = Effect.fnUntraced(function*(stage: Stage): Effect.fn.Return<Counted> {
  const { broken, calls } = yield* Effect.orDie(playScenario(stage, new Map()))
  if (broken.size > 0) return yield* Effect.die(new Error(`without failures: ${JSON.stringify([...broken])}`))
  return calls.counted
})

// What the clock decides, such as whether a listing reads a file again, makes a call more or less at times.
const triesMax = 3
const countings = 4

/** Tells cases whose call every clean performance makes from those that the clock decides about. */
const countUnmet = Effect.fnUntraced(
  function*(stage: Stage, unmet: ReadonlyArray<readonly [number | "store", Failing]>) {
    if (unmet.length === 0) return { missed: 0, doubtful: 0 }
    const clean = yield* Effect.replicateEffect(countCalls(stage), countings)
    const missed = unmet.filter(([who, { nth }]) => clean.every((counted) => nth <= (counted.get(who)?.length ?? 0)))
    return { missed: missed.length, doubtful: unmet.length - missed.length }
  }
)

const collect = Effect.fnUntraced(function*(
  stage: Stage,
  plans: ReadonlyArray<FaultPlan>,
  counts: Pick<Report, "callCount" | "groupCount">
): Effect.fn.Return<Report> {
  const tally: Tally = { cases: new Map(), answers: new Map(), broken: [] }
  let performances = 0
  let waiting = plans
  for (let round = 0; round < triesMax; round++) {
    performances += waiting.length
    waiting = (yield* Effect.forEach(waiting, (plan) => give(stage, plan, tally))).flat()
  }
  const unmet = yield* countUnmet(stage, waiting.flatMap((plan) => [...plan]))
  return { performances, ...unmet, ...counts, ...tally }
})

export interface Sweep {
  readonly options: OpenOptions
  readonly faults: ReadonlyArray<Fault>
  /** Which of the performances are given; all by default. */
  readonly selects?: (index: number) => boolean
}

// Sessions next to each other fail in different ways at the same time.
const apart = 37

/** Every call of every session fails in every way, each session for itself. */
export const sweepSessions = Effect.fnUntraced(function*({ faults, options, selects = () => true }: Sweep) {
  const stage = yield* makeStage(options)
  const counted = yield* countCalls(stage)
  const { dealt, groupCount } = dealCases(stage, counted, faults)
  const lengthMax = Math.max(...[...dealt.values()].map((own) => own.length))
  const plans = Array.from({ length: lengthMax }, (_, index) => index).filter(selects).map((index): FaultPlan =>
    new Map(
      [...dealt].flatMap(([number, own]) =>
        index < own.length ? [[number, own[(index + number * apart) % own.length]!] as const] : []
      )
    )
  )
  const callCount = stage.actors.reduce((sum, { number }) => sum + (counted.get(number)?.length ?? 0), 0)
  return yield* collect(stage, plans, { callCount, groupCount })
}, Effect.scoped)

/** A few sessions for the sweeps in which one failure is everybody's: two that are made, two that are there. */
const few: ReadonlyArray<Actor> = cast.filter(({ number }) => [6, 23, 33, 49].includes(number))

/** Every call of the store itself fails in every way: its root, its marker, its probe, its listings. */
export const sweepStore = Effect.fnUntraced(function*({ faults, options, selects = () => true }: Sweep) {
  const stage = yield* makeStage(options, few)
  const counted = yield* countCalls(stage)
  const own = counted.get("store") ?? []
  const cases = own.flatMap((call, index) => casesOf(call, index + 1, faults))
  const plans = cases.filter((_, index) => selects(index)).map((failing): FaultPlan => new Map([["store", failing]]))
  return yield* collect(stage, plans, { callCount: own.length, groupCount: own.length })
}, Effect.scoped)

/** A report as lines of text. */
export const describeReport = (
  title: string,
  { answers, callCount, cases, doubtful, groupCount, missed, performances }: Report
): string => {
  const rows = [...cases].map(([fault, count]) => `  ${String(count).padStart(6)}  ${fault}`)
  const told = [...answers].toSorted(([self], [that]) => self < that ? -1 : 1).map(([answer, count]) =>
    `${answer} ${count}`
  )
  const total = [...cases.values()].reduce((sum, count) => sum + count, 0)
  return [
    `${title}: ${callCount} calls, ${groupCount} of them different, ${total} cases in ${performances} performances, ${missed} missed, ${doubtful} more by the clock`,
    ...rows,
    `  changes answered: ${told.join(", ")}`
  ].join("\n")
}
