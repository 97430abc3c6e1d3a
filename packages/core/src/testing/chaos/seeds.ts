/**
 * Seeds: chaos by chance, the same for the same seed.
 *
 * What befalls the n-th call of an operation is drawn from the seed, the operation and n alone. So it depends neither
 * on what runs beside it nor on what the call is about, and a run whose calls of each operation come in the same
 * order meets with the same mishaps.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { Busy, DirectoryUnreadable, Io, NoSpace, PermissionDenied, type Reason } from "../../errors/reasons.ts"
import {
  applyLate,
  type Call,
  canBefall,
  delay,
  fail,
  hang,
  hide,
  type LateApplication,
  loseAnswer,
  type Mishap,
  tear,
  type Why
} from "./mishaps.ts"

/** How probable each kind of mishap is for a call that it can befall, from 0 to 1; 0 when absent. */
export interface Chances {
  /** That the layer does not build. */
  readonly openFailure?: number | undefined
  readonly latency?: number | undefined
  readonly failure?: number | undefined
  readonly lostAnswer?: number | undefined
  readonly lateApplication?: number | undefined
  readonly hang?: number | undefined
  readonly partialListing?: number | undefined
  readonly torn?: number | undefined
}

export interface Seed {
  /** Printed by whoever draws it: with it the run can be repeated. */
  readonly seed: string | number
  readonly chances: Chances
  /** The longest latency; 100 ms by default. */
  readonly latencyMax?: Duration.Input | undefined
  /** What calls fail with, as far as it is true of them. Full, refused, failing and busy devices by default. */
  readonly whys?: ReadonlyArray<Why> | undefined
  /** How late changes are applied; `after` is the longest time that it takes. */
  readonly late?: Partial<Omit<LateApplication, "_tag">> | undefined
}

const at = { outcome: "notApplied", path: "chaos" } as const

const notWritten = (reason: Reason): Why => (call) => call.access === "writes" ? reason : new Io({ ...at, code: "EIO" })

const whysDefault: ReadonlyArray<Why> = [
  notWritten(new NoSpace({ ...at, code: "ENOSPC" })),
  new PermissionDenied({ ...at, code: "EACCES" }),
  new Busy({ ...at, code: "EBUSY" }),
  (call) =>
    call.operation === "list"
      ? new DirectoryUnreadable({ ...at, code: "EIO" })
      : new Io({ ...at, code: "EIO" })
]

// A torn stream gives a few rows before it fails, and a partial listing hides one row of a few.
const rowsMax = 4

const latencyMaxDefault: Duration.Input = "100 millis"

const scaled = (duration: Duration.Input, factor: number): Duration.Duration =>
  Duration.millis(Math.round(Duration.toMillis(duration) * factor))

type Draw = () => number

const below = (count: number, draw: Draw): number => Math.floor(draw() * count)

const lateOf = ({ after, ...late }: NonNullable<Seed["late"]>, draw: Draw): Mishap =>
  applyLate(after === undefined ? late : { ...late, after: scaled(after, draw()) })

/** The kinds in the order in which they are drawn, which is part of what a seed means. */
const kinds: ReadonlyArray<readonly [keyof Chances, (seed: Seed, call: Call, draw: Draw) => Mishap | undefined]> = [
  ["latency", (seed, _, draw) => delay(scaled(seed.latencyMax ?? latencyMaxDefault, draw()))],
  ["failure", ({ whys = whysDefault }, call, draw) => {
    const possible = whys.filter((why) => canBefall(fail(why), call))
    const why = possible[below(possible.length, draw)]
    return why === undefined ? undefined : fail(why)
  }],
  ["lostAnswer", () => loseAnswer],
  ["lateApplication", ({ late = {} }, _, draw) => lateOf(late, draw)],
  ["hang", () => hang],
  ["partialListing", (_seed, _call, draw) => {
    const [one, of] = [draw(), 1 + below(rowsMax, draw)]
    return hide((_, index) => index % of === Math.floor(one * of))
  }],
  ["torn", (_seed, _call, draw) => tear(below(rowsMax, draw))]
]

const drawn = (seed: Seed, call: Call, draw: Draw): ReadonlyArray<Mishap> => {
  const { chances } = seed
  if (call.operation === "open") {
    return draw() < (chances.openFailure ?? 0) ? [fail(new Io({ ...at, code: "EIO" }))] : []
  }
  const mishaps: Array<Mishap> = []
  for (const [kind, make] of kinds) {
    // Every kind takes its number, whatever came before it: raising one chance leaves the draws of the others alone.
    const isHit = draw() < (chances[kind] ?? 0)
    const mishap = make(seed, call, draw)
    const isTaken = mishaps.some(({ _tag }) => _tag !== "Latency")
    if (isHit && !isTaken && mishap !== undefined && canBefall(mishap, call)) mishaps.push(mishap)
  }
  return mishaps
}

/** What befalls the n-th call of an operation: perhaps a delay, and at most one other mishap. */
export const drawMishaps = (seed: Seed, call: Call, nth: number): Effect.Effect<ReadonlyArray<Mishap>> =>
  Random.withSeed(
    Effect.map(Random.Random, (random) => drawn(seed, call, () => random.nextDoubleUnsafe())),
    `${seed.seed} ${call.operation} ${nth}`
  )
