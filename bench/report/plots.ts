/**
 * The plots of a report as SVG files: a row per store on a logarithmic axis with its median and quartiles, and lines for
 * what grows with size.
 */
import * as Plot from "@observablehq/plot"
import { parseHTML } from "linkedom"
import type { CaseResult, Results } from "../results.ts"
import { spreadIn } from "../statistics.ts"
import { registry } from "../subjects/registry.ts"
import { type Figure, type WorkloadName, workloadTexts } from "../workloads/names.ts"
import { sizeText } from "./numbers.ts"

const colours = { Holdfast: "#c2410c", limit: "#6b7280", peer: "#1d4ed8" } as const
type Group = keyof typeof colours

/** What the colours of all plots mean, for the text beside them. */
export const colourText = "Holdfast is orange, peers are blue, limits by hand are grey."

const groupOf = (subject: string): Group => registry.find(({ name }) => name === subject)?.group ?? "limit"

const width = 900
const rowHeight = 22
const background = "white"

/** An SVG file's text out of what the library drew into a document without a browser. */
const svgText = (options: Plot.PlotOptions): string => {
  const { document } = parseHTML("<!doctype html><html><body></body></html>")
  const drawn = Plot.plot({ ...options, document, width, style: { background } })
  const svg = (drawn as { readonly outerHTML: string }).outerHTML
  return svg.includes("xmlns=") ? `${svg}\n` : `${svg.replace("<svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"")}\n`
}

interface Row {
  readonly subject: string
  readonly group: Group
  readonly median: number
  readonly low: number
  readonly high: number
}

const rowsOf = (cases: ReadonlyArray<CaseResult>, figure: Figure): ReadonlyArray<Row> =>
  cases.flatMap((one) => {
    const spread = spreadIn(one, { figure: figure.name })
    // A start that is measured below the bare process has no place on a logarithmic axis.
    return spread === undefined || spread.low <= 0
      ? []
      : [{ subject: one.subject, group: groupOf(one.subject), ...spread }]
  })

const rowPlot = (rows: ReadonlyArray<Row>, figure: Figure): string => {
  const isBetterHigh = figure.unit === "per second"
  const sorted = rows.toSorted((left, right) => (left.median - right.median) * (isBetterHigh ? -1 : 1))
  const better = isBetterHigh ? "more is better" : "less is better"
  return svgText({
    height: sorted.length * rowHeight + 70,
    marginLeft: 270,
    marginRight: 60,
    x: { type: "log", grid: true, label: `${figure.unit} (${better})`, tickFormat: "~s" },
    y: { domain: sorted.map(({ subject }) => subject), label: null },
    marks: [
      Plot.ruleY(sorted, { y: "subject", x1: "low", x2: "high", stroke: ({ group }: Row) => colours[group] }),
      Plot.dot(sorted, { y: "subject", x: "median", r: 4, fill: ({ group }: Row) => colours[group] }),
      Plot.text(sorted, {
        y: "subject",
        x: "high",
        text: ({ median }: Row) => Number(median.toPrecision(3)).toLocaleString("en"),
        textAnchor: "start",
        dx: 8,
        fill: ({ group }: Row) => colours[group]
      })
    ]
  })
}

interface Point {
  readonly subject: string
  readonly size: number
  readonly value: number
}

const lineHeight = 520
const labelGap = 13

/** The last point of every line, with the value beside which its name stands so that no two names overlap. */
const labelsOf = (points: ReadonlyArray<Point>, low: number, high: number) => {
  const pixels = (value: number): number => Math.log(value / low) / Math.log(high / low) * (lineHeight - 70)
  const last = [...Map.groupBy(points, ({ subject }) => subject).values()]
    .map((line) => line.reduce((left, right) => left.size > right.size ? left : right))
    .toSorted((left, right) => left.value - right.value)
  let below = -Infinity
  return last.map((point) => {
    below = Math.max(pixels(point.value), below + labelGap)
    return { ...point, up: below - pixels(point.value) }
  })
}

const linePlot = (points: ReadonlyArray<Point>, figure: Figure, what: "sessions" | "bytes" | "entries"): string => {
  const sizes = [...new Set(points.map(({ size }) => size))].toSorted((left, right) => left - right)
  const values = points.map(({ value }) => value)
  const [low, high] = [Math.min(...values) / 1.3, Math.max(...values) * 1.3]
  return svgText({
    height: lineHeight,
    marginLeft: 60,
    marginRight: 250,
    x: { type: "log", grid: true, label: what, ticks: sizes, tickFormat: (size: number) => sizeText(size, what) },
    y: { type: "log", grid: true, domain: [low, high], label: `${figure.name}, ${figure.unit}`, tickFormat: ".3~r" },
    marks: [
      Plot.line(points, {
        x: "size",
        y: "value",
        z: "subject",
        stroke: ({ subject }: Point) => colours[groupOf(subject)],
        strokeWidth: 1.5,
        marker: "circle"
      }),
      ...labelsOf(points, low, high).map((point) =>
        Plot.text([point], {
          x: sizes.at(-1)!,
          y: "value",
          text: "subject",
          textAnchor: "start",
          dx: 12,
          dy: -point.up,
          fill: colours[groupOf(point.subject)]
        })
      )
    ]
  })
}

export interface Drawing {
  readonly name: string
  readonly workload: WorkloadName
  readonly place: string
  readonly figure: Figure
  readonly svg: string
}

const drawingsOf = (results: Results, workload: WorkloadName): ReadonlyArray<Drawing> => {
  const { figures, size } = workloadTexts[workload]
  const cases = results.cases.filter((one) => one.workload === workload)
  return [...new Set(cases.map(({ place }) => place))].toSorted().flatMap((place) => {
    const here = cases.filter((one) => one.place === place)
    if (size === undefined || workload === "memory") {
      const [figure] = figures
      const rows = rowsOf(here.filter(({ sizes }) => workload !== "memory" || sizes.bytes === 10_240), figure)
      const name = place === "disk" ? workload : `${workload}-${place}`
      return rows.length === 0 ? [] : [{ name, workload, place, figure, svg: rowPlot(rows, figure) }]
    }
    return figures.flatMap((figure) => {
      const points = here.flatMap((one): ReadonlyArray<Point> => {
        const value = spreadIn(one, { figure: figure.name })?.median
        return value === undefined ? [] : [{ subject: one.subject, size: one.sizes[size], value }]
      })
      if (points.length === 0) return []
      return [{ name: `${workload}-${figure.name}`, workload, place, figure, svg: linePlot(points, figure, size) }]
    })
  })
}

/** Every plot that a result has figures for. */
export const drawings = (results: Results): ReadonlyArray<Drawing> =>
  (Object.keys(workloadTexts) as ReadonlyArray<WorkloadName>).flatMap((workload) => drawingsOf(results, workload))
