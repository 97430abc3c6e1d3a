/** Every target with what was measured, as cells for the report and as lines for the terminal. */
import type { Results } from "../results.ts"
import { judge, type Verdict } from "../targets.ts"
import { percent, short } from "./numbers.ts"

export interface TargetCells {
  readonly workload: string
  readonly subject: string
  readonly against: string
  readonly measured: string
  readonly target: string
  readonly outcome: string
}

const unitText = (verdict: Verdict): string => verdict.target.unit === "x" ? "" : ` ${verdict.target.unit}`

const measuredText = (verdict: Verdict): string => {
  const { spread } = verdict
  if (spread === undefined) return "not measured"
  return `${short(spread.median)}${unitText(verdict)} (${short(spread.low)} to ${short(spread.high)})`
}

const outcomeText = ({ margin, problem, reached }: Verdict): string => {
  if (reached === undefined || margin === undefined) return problem ?? "not measured"
  return reached ? `reached, ${percent(margin)} to spare` : `not reached, ${percent(margin)} short`
}

export const targetCells = (results: Results): ReadonlyArray<TargetCells> =>
  judge(results).map((verdict) => {
    const { against, place, target } = verdict
    return {
      workload: place === "disk" ? target.workload : `${target.workload}, ${place}`,
      subject: target.subject,
      against: [against, target.note].filter((text) => text !== undefined && text !== "").join("; "),
      measured: measuredText(verdict),
      target: `${target.bound} ${target.value}${unitText(verdict)}`,
      outcome: outcomeText(verdict)
    }
  })

/** The lines for the terminal, in columns. */
export const targetLines = (results: Results): ReadonlyArray<string> => {
  const rows = targetCells(results).map((cells) => Object.values(cells) as Array<string>)
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd())
}
