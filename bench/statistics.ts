/**
 * What the samples of a case come to: medians and their spread, and ratios of two cases that ran side by side.
 *
 * A ratio is taken within each round and the median of those is reported: what slows the whole machine for a minute
 * slows both. Samples that are wrong give no figure.
 */
import { median, medianAbsoluteDeviation, quantile } from "simple-statistics"
import { type CaseResult, isAnswer } from "./results.ts"

export interface Spread {
  readonly median: number
  readonly low: number
  readonly high: number
  /** Median absolute deviation, as a share of the median. */
  readonly deviation: number
  readonly count: number
}

export const spreadOf = (values: ReadonlyArray<number>): Spread | undefined => {
  if (values.length === 0) return undefined
  const all = [...values]
  const middle = median(all)
  return {
    median: middle,
    low: quantile(all, 0.25),
    high: quantile(all, 0.75),
    deviation: middle === 0 ? 0 : medianAbsoluteDeviation(all) / Math.abs(middle),
    count: all.length
  }
}

/** What of a sample is looked at: one of its figures, or what the process cost. */
export type Aspect = { readonly figure: string } | "peakBytes" | "writtenBytes" | "wroteBytes" | "cpuMillis"

/** The values of an aspect by round; of right answers only. */
export const valuesOf = (result: CaseResult, aspect: Aspect): ReadonlyMap<number, number> =>
  new Map(result.samples.flatMap((sample): ReadonlyArray<readonly [number, number]> => {
    if (!isAnswer(sample) || sample.wrong !== undefined) return []
    const value = typeof aspect === "object"
      ? sample.figures[aspect.figure]
      : aspect === "peakBytes"
      ? sample.peakBytes
      : sample.counters[aspect]
    return value === undefined || !Number.isFinite(value) ? [] : [[sample.round, value]]
  }))

export const spreadIn = (result: CaseResult, aspect: Aspect): Spread | undefined =>
  spreadOf([...valuesOf(result, aspect).values()])

/** The first case's aspect over the second's, round by round. */
export const ratioOf = (over: CaseResult, under: CaseResult, aspect: Aspect): Spread | undefined => {
  const below = valuesOf(under, aspect)
  return spreadOf(
    [...valuesOf(over, aspect)].flatMap(([round, value]) => {
      const other = below.get(round)
      return other === undefined || other === 0 ? [] : [value / other]
    })
  )
}

/** What was wrong, or failed, in the first sample that was not right. */
export const problemOf = (result: CaseResult): string | undefined => {
  for (const sample of result.samples) {
    if (!isAnswer(sample)) return `failed: ${sample.failure}`
    if (sample.wrong !== undefined) return `wrong: ${sample.wrong}`
  }
  return undefined
}

/** The fewest that were done before the time was over, where some samples ended by it. */
export const partialOf = (result: CaseResult): number | undefined => {
  const partial = result.samples.filter((sample) => isAnswer(sample)).filter((sample) => sample.partial)
  return partial.length === 0 ? undefined : Math.min(...partial.map(({ count }) => count))
}
