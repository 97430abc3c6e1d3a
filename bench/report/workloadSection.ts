/** The tables of the workloads: medians with their spread, the ratio to the limit, memory, bytes, and what went wrong. */
import type { CaseResult, Results } from "../results.ts"
import { partialOf, problemOf, ratioOf, spreadIn } from "../statistics.ts"
import { registry } from "../subjects/registry.ts"
import { type Figure, type WorkloadName, workloadTexts } from "../workloads/names.ts"
import { durabilityOf, limitOf } from "./durability.ts"
import { bytesText, percent, short, sizeText, withUnit } from "./numbers.ts"
import { table } from "./table.ts"

const measuredCell = (one: CaseResult, figure: Figure): string => {
  const spread = spreadIn(one, { figure: figure.name })
  if (spread === undefined) return problemOf(one) ?? "-"
  return `${withUnit(spread.median, figure)} ± ${percent(spread.deviation)}`
}

const limitCell = (results: Results, one: CaseResult, figure: Figure): string => {
  const limit = limitOf(results, one)
  // An amount of work that was not done in the time cannot be compared with all of it.
  const isPartial = figure.unit !== "per second" && partialOf(one) !== undefined
  const ratio = limit === undefined || isPartial ? undefined : ratioOf(one, limit, { figure: figure.name })
  return ratio === undefined ? "-" : short(ratio.median)
}

const peakCell = (one: CaseResult): string => bytesText(spreadIn(one, "peakBytes")?.median ?? Number.NaN)

/** A counter of the measured stretch, for one operation of it. */
const each = (one: CaseResult, aspect: "writtenBytes" | "cpuMillis"): number => {
  const counts = one.samples.flatMap((sample) => "failure" in sample ? [] : [sample.count])
  return (spreadIn(one, aspect)?.median ?? Number.NaN) / Math.max(1, ...counts)
}

const noteCell = (one: CaseResult): string => {
  const partial = partialOf(one)
  const notes = [problemOf(one), partial === undefined ? undefined : `${short(partial)} in the time`]
  return notes.filter((note) => note !== undefined).join("; ")
}

const byMedian = (figure: Figure) => (left: CaseResult, right: CaseResult): number => {
  const worst = figure.unit === "per second" ? 0 : Infinity
  const value = (one: CaseResult): number => spreadIn(one, { figure: figure.name })?.median ?? worst
  return figure.unit === "per second" ? value(right) - value(left) : value(left) - value(right)
}

const caseRow = (results: Results, one: CaseResult): ReadonlyArray<string> => {
  const { figures } = workloadTexts[one.workload]
  const [figure] = figures
  return [
    one.subject,
    registry.find(({ name }) => name === one.subject)?.group ?? "",
    durabilityOf(results, one.subject, one.workload) ?? "?",
    ...figures.map((each) => measuredCell(one, each)),
    limitCell(results, one, figure),
    peakCell(one),
    bytesText(each(one, "writtenBytes")),
    `${short(each(one, "cpuMillis") * 1000)} µs`,
    noteCell(one)
  ]
}

/** The table of a workload at one place and one size. */
export const workloadTable = (results: Results, cases: ReadonlyArray<CaseResult>): string => {
  const figures = workloadTexts[cases[0]!.workload].figures
  const header = ["store", "group", "flushes", ...figures.map(({ name }) => name)]
    .concat("of the limit", "peak memory", "written, each", "CPU, each", "notes")
  return table(header, cases.toSorted(byMedian(figures[0])).map((one) => caseRow(results, one)))
}

/** The tables of a workload that is measured over sizes: a row per store, a column per size. */
export const sizeTables = (results: Results, workload: WorkloadName): ReadonlyArray<string> => {
  const { figures, size } = workloadTexts[workload]
  if (size === undefined) return []
  const cases = results.cases.filter((one) => one.workload === workload)
  const sizes = [...new Set(cases.map((one) => one.sizes[size]))].toSorted((left, right) => left - right)
  const subjects = [...new Set(cases.map(({ subject }) => subject))]
    .toSorted((left, right) => left.localeCompare(right))
  const tableOf = (title: string, cell: (one: CaseResult) => string): string =>
    table(
      [title, ...sizes.map((number) => sizeText(number, size))],
      subjects.map((subject) => [
        subject,
        ...sizes.map((number) => {
          const one = cases.find((candidate) => candidate.subject === subject && candidate.sizes[size] === number)
          return one === undefined ? "-" : cell(one)
        })
      ])
    )
  const figureTables = figures.map((figure) =>
    tableOf(`${figure.name}, ${figure.unit}`, (one) => {
      const value = spreadIn(one, { figure: figure.name })?.median
      return value === undefined ? problemOf(one) ?? "-" : short(value)
    })
  )
  return [...figureTables, tableOf("peak memory", peakCell)]
}
