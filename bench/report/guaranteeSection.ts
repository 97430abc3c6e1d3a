/** The table of guarantees: what the experiments found for every store that writes. */
import type { Guarantees } from "../guarantees/experiments.ts"
import type { SaveCounts } from "../guarantees/traceCounts.ts"
import type { CaseResult, Results } from "../results.ts"
import { problemOf } from "../statistics.ts"
import { registry } from "../subjects/registry.ts"
import { short } from "./numbers.ts"
import { table } from "./table.ts"

const countsCell = (counts: SaveCounts | undefined): string =>
  counts === undefined
    ? "-"
    : `${short(counts.fileFlushes)} / ${short(counts.folderFlushes)} / ${short(counts.renames)} / ${
      short(counts.writes)
    }`

const killsCell = ({ kills }: Guarantees): string => {
  if (kills === undefined) return "-"
  if (kills.count === 0) return kills.instead ?? "not tried"
  return kills.instead === undefined
    ? `whole ${kills.whole} of ${kills.count} times`
    : `whole ${kills.whole} of ${kills.count} times; else ${kills.instead}`
}

const burstCell = (burst: CaseResult | undefined): string =>
  burst === undefined ? "-" : problemOf(burst) ?? "the last one"

export const guaranteeTable = (results: Results): string =>
  table(
    ["store", "group", "a save that creates", "a save that replaces", "creates: f/d/r/w", "replaces: f/d/r/w"]
      .concat("killed while it saves", "concurrent saves of one session end as"),
    Object.entries(results.guarantees).map(([name, found]) => [
      name,
      registry.find((entry) => entry.name === name)?.group ?? "",
      found.counts?.create.durability ?? found.failure ?? "-",
      found.counts?.replace.durability ?? "-",
      countsCell(found.counts?.create),
      countsCell(found.counts?.replace),
      killsCell(found),
      burstCell(results.cases.find((one) => one.workload === "burst" && one.subject === name && one.place === "disk"))
    ])
  )
