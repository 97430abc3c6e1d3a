/**
 * The ratios to reach, as data, and what a run says about each.
 *
 * Every ratio compares two cases of one run, round by round, with full durability unless its text says otherwise. A
 * target against several peers is judged by the worst of them.
 */
import type { PlaceName } from "./options.ts"
import type { CaseResult, Results } from "./results.ts"
import { type Aspect, problemOf, ratioOf, type Spread, spreadIn } from "./statistics.ts"
import { registry } from "./subjects/registry.ts"
import type { WorkloadName } from "./workloads/names.ts"

export interface Target {
  readonly workload: WorkloadName
  readonly subject: string
  /** What the subject is compared with; one of none compares its own value with the bound. */
  readonly against: ReadonlyArray<string>
  readonly aspect: Aspect
  /** `inverse` where the other's value is divided by the subject's: "so many times faster". */
  readonly direction: "ratio" | "inverse"
  readonly bound: "at least" | "at most"
  readonly value: number
  readonly unit: "x" | "MB"
  readonly note?: string
  /** Which size, where the workload has several. */
  readonly bytes?: number
}

const rename = "Holdfast fs, rename"
const slots = "Holdfast fs, slots"
const sqlite = "Holdfast SQLite"

const rate: Aspect = { figure: "rate" }
const total: Aspect = { figure: "total" }
const above: Aspect = { figure: "above" }

type Comparison = Pick<Target, "workload" | "subject" | "aspect" | "value"> & Partial<Target> & {
  readonly over: string | ReadonlyArray<string>
}

const target = (bound: Target["bound"], { over, ...comparison }: Comparison): Target => ({
  bound,
  direction: "ratio",
  unit: "x",
  against: typeof over === "string" ? [over] : over,
  ...comparison
})

const atLeast = (comparison: Comparison): Target => target("at least", comparison)
const atMost = (comparison: Comparison): Target => target("at most", comparison)

const replaced = "temp, fsync, rename, directory fsync, async"
const inPlace = "in place + fdatasync, async"
const log = "log, append + fdatasync, sync"
const indexStat = "one index file + stat of each"
const keyValueStore = "Effect KeyValueStore"
const filePeers = registry.flatMap(({ group, keeps, name, workloads }) =>
  group === "peer" && keeps === "files" && workloads.includes("list") ? [name] : []
)

const saves: ReadonlyArray<Target> = [
  atLeast({ workload: "save", subject: rename, aspect: rate, value: 0.9, over: replaced }),
  atLeast({
    workload: "save",
    subject: rename,
    aspect: rate,
    value: 1.3,
    over: "write-file-atomic",
    note: "which flushes less"
  }),
  atLeast({
    workload: "save",
    subject: rename,
    aspect: rate,
    value: 1,
    over: "atomically",
    note: "which flushes less"
  }),
  atLeast({ workload: "save", subject: slots, aspect: rate, value: 0.85, over: inPlace }),
  atLeast({ workload: "save", subject: sqlite, aspect: rate, value: 0.85, over: "node:sqlite" }),
  atLeast({ workload: "saveMany", subject: rename, aspect: rate, value: 1.2, over: replaced }),
  atLeast({ workload: "saveMany", subject: slots, aspect: rate, value: 1.2, over: replaced }),
  atLeast({ workload: "saveMany", subject: sqlite, aspect: rate, value: 3, over: "better-sqlite3" }),
  atLeast({ workload: "saveMany", subject: sqlite, aspect: rate, value: 1, over: "lmdb" }),
  ...[rename, slots].flatMap((subject) => [
    atLeast({ workload: "burst", subject, aspect: rate, value: 0.7, over: "coalesced file writes" }),
    atLeast({ workload: "burst", subject, aspect: rate, value: 4, over: "lmdb" })
  ]),
  atLeast({ workload: "burst", subject: sqlite, aspect: rate, value: 4, over: "lmdb" })
]

const reads: ReadonlyArray<Target> = [
  atLeast({
    workload: "load",
    subject: rename,
    aspect: rate,
    value: 0.9,
    over: "writeFile",
    note: "readFile and parse"
  }),
  atLeast({
    workload: "load",
    subject: slots,
    aspect: rate,
    value: 0.7,
    over: "writeFile",
    note: "readFile and parse"
  }),
  atLeast({ workload: "load", subject: sqlite, aspect: rate, value: 0.8, over: "node:sqlite" }),
  ...[rename, slots].flatMap((subject) => [
    atMost({ workload: "list", subject, aspect: total, value: 1.5, over: indexStat }),
    atLeast({
      workload: "list",
      subject,
      aspect: total,
      value: 8,
      over: filePeers,
      direction: "inverse",
      note: "times faster than every file peer"
    }),
    atMost({ workload: "list", subject, aspect: "peakBytes", value: 90, over: [], unit: "MB", note: "peak memory" })
  ]),
  atMost({ workload: "list", subject: sqlite, aspect: total, value: 1.5, over: "node:sqlite" })
]

const others: ReadonlyArray<Target> = [
  ...[rename, slots].flatMap((subject) => [
    atMost({ workload: "append", subject, aspect: total, value: 1.2, over: log }),
    atMost({ workload: "append", subject, aspect: "writtenBytes", value: 1.3, over: log, note: "bytes written" })
  ]),
  atMost({ workload: "append", subject: sqlite, aspect: total, value: 1.3, over: "node:sqlite" }),
  ...[rename, slots, sqlite].map((subject) =>
    atMost({ workload: "open", subject, aspect: above, value: 0.6, over: keyValueStore })
  ),
  ...[1024, 10_240].map((bytes) =>
    atMost({
      workload: "memory",
      subject: "Holdfast memory",
      aspect: { figure: "pair" },
      value: 2.5,
      over: "Map and JSON by hand",
      bytes,
      note: `sessions of ${Math.round(bytes / 1024)} KB`
    })
  )
]

export const targets: ReadonlyArray<Target> = [...saves, ...reads, ...others]

export interface Verdict {
  readonly target: Target
  readonly place: PlaceName
  /** The peer that it was judged by. */
  readonly against: string
  /** None where a side was not measured, or was wrong. */
  readonly spread?: Spread
  readonly reached?: boolean
  /** How far beyond the target, as a share of it; below zero where it is not reached. */
  readonly margin?: number
  /** Why there is no figure, where a side failed or was wrong. */
  readonly problem?: string
}

const megabyte = 1e6

const scaled = (spread: Spread | undefined, by: number): Spread | undefined =>
  spread === undefined
    ? undefined
    : { ...spread, median: spread.median / by, low: spread.low / by, high: spread.high / by }

const measure = (target: Target, find: (subject: string) => CaseResult | undefined, against: string) => {
  const own = find(target.subject)
  if (own === undefined) return undefined
  if (target.against.length === 0) return scaled(spreadIn(own, target.aspect), megabyte)
  const other = find(against)
  if (other === undefined) return undefined
  return target.direction === "ratio"
    ? ratioOf(own, other, target.aspect)
    : ratioOf(other, own, target.aspect)
}

const judgeAgainst = (results: Results, { against, place, target }: Verdict): Verdict => {
  const find = (subject: string): CaseResult | undefined =>
    results.cases.find((one) =>
      one.workload === target.workload && one.place === place && one.subject === subject &&
      (target.bytes === undefined || one.sizes.bytes === target.bytes)
    )
  const spread = measure(target, find, against)
  if (spread === undefined) {
    const problem = [target.subject, against]
      .map((subject) => ({ subject, found: find(subject) }))
      .flatMap(({ found, subject }) => found === undefined ? [] : [`${subject} ${problemOf(found) ?? ""}`])
      .find((text) => /(failed|wrong):/.test(text))
    return { target, place, against, ...(problem === undefined ? {} : { problem }) }
  }
  const share = spread.median / target.value - 1
  const margin = target.bound === "at least" ? share : -share
  return { target, place, against, spread, reached: margin >= 0, margin }
}

const worst = (verdicts: ReadonlyArray<Verdict>): Verdict | undefined => {
  const measured = verdicts.filter(({ margin }) => margin !== undefined)
  return measured.toSorted((left, right) => left.margin! - right.margin!)[0] ?? verdicts[0]
}

/** What the run says about every target at every place where its workload ran. */
export const judge = (results: Results): ReadonlyArray<Verdict> =>
  targets.flatMap((target) =>
    (Object.keys(results.places) as ReadonlyArray<PlaceName>).flatMap((place) => {
      if (!results.cases.some((one) => one.workload === target.workload && one.place === place)) return []
      const against = target.against.length === 0 ? [""] : target.against
      return worst(against.map((other) => judgeAgainst(results, { target, place, against: other }))) ?? []
    })
  )
