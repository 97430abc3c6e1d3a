/** The report as Markdown: what was measured, on what, how, and every table with its plot. */
import { machineLine } from "../machine.ts"
import type { CaseResult, Results } from "../results.ts"
import { type WorkloadName, workloadNames, workloadTexts } from "../workloads/names.ts"
import { guaranteeTable } from "./guaranteeSection.ts"
import { sizeText } from "./numbers.ts"
import { colourText, type Drawing } from "./plots.ts"
import { table } from "./table.ts"
import { targetCells } from "./targetLines.ts"
import { sizeTables, workloadTable } from "./workloadSection.ts"

const howMeasured =
  `Every case runs in a process of its own, in a random order that differs from round to round, and nothing else runs
meanwhile. Figures are medians over the rounds with the median absolute deviation; a ratio is the median of the ratios within the rounds,
with its quartiles. "Of the limit" compares with the limit of the same durability.

- Writes: every case gets an empty folder that nothing was in before, and \`sync\` runs before it starts, so that it does not pay for the one
  before. Nothing is deleted until the end: ext4 creates files more slowly where many were deleted. The measured stretch follows a warm-up in the same process.
- Reads: stores are filled once by another process and opened once more, then every file is read before each case: all reads come from a warm page
  cache, none from the disk. A list and a start are measured in a fresh process that has not opened the store.
- What was saved is read back and compared. A store that gives anything else is wrong and has no figure.
- Holdfast is measured as it is published: its packages bundled by their own configuration, imported from \`node_modules\`, each call an effect
  that is run on its own. The file adapter is the only writer (\`compareAndSet: "process"\`) unless its name says host-wide locks.
- Peak memory is the whole process's, Node's own 45 to 50 MB included. Bytes written are those that the process made the kernel write to storage
  (\`write_bytes\` of \`/proc/self/io\`), per operation. CPU is the time of all threads of the process in the measured stretch, per operation.`

const howGuarantees =
  `Flushes, folder flushes, renames and writes per save (f/d/r/w) are counted by strace over 5 saves. \`full\`: what an
acknowledged save wrote is flushed, and so is the folder where names changed; \`file\`: the file alone, so that a power cut can undo the save; \`none\`: nothing. The
killed store saves 1.4 MB at a time with every write, flush and rename slowed down; then another process reads what is there.`

const versions = (results: Results): string =>
  table(["package", "version"], Object.entries(results.machine.versions).map(([name, version]) => [name, version]))

const plotLines = (plots: ReadonlyArray<Drawing>): ReadonlyArray<string> =>
  plots.map(({ figure, name, workload }) => `![${workloadTexts[workload].title}: ${figure.name}](${name}.svg)`)

const sectionOf = (results: Results, plots: ReadonlyArray<Drawing>, workload: WorkloadName): ReadonlyArray<string> => {
  const { size, title } = workloadTexts[workload]
  const cases = results.cases.filter((one) => one.workload === workload)
  if (cases.length === 0) return []
  if (size !== undefined && workload !== "memory") {
    return [
      `## ${title}`,
      ...plotLines(plots.filter((plot) => plot.workload === workload)),
      ...sizeTables(results, workload)
    ]
  }
  const groups = Map.groupBy(cases, ({ place, sizes }) => `${place} ${sizes.bytes}`)
  const parts = [...groups.values()].flatMap((group: ReadonlyArray<CaseResult>) => {
    const { place, sizes } = group[0]!
    const label = [
      ...(place === "disk" ? [] : [place]),
      ...(workload === "memory" ? [sizeText(sizes.bytes, "bytes")] : [])
    ]
    const own = plots.filter((plot) => plot.workload === workload && plot.place === place)
    const isPlotted = workload !== "memory" || sizes.bytes === 10_240
    return [
      ...(label.length === 0 ? [] : [`### ${label.join(", ")}`]),
      ...(isPlotted ? plotLines(own) : []),
      workloadTable(results, group)
    ]
  })
  return [`## ${title}`, ...parts]
}

export const markdown = (results: Results, plots: ReadonlyArray<Drawing>): string => {
  const targets = targetCells(results).map((cells) => Object.values(cells) as Array<string>)
  const sizes = results.profile === "full"
    ? ""
    : " These are quick sizes: they show that everything runs and say nothing else."
  return [
    "# Benchmark report",
    machineLine(results.machine),
    `Seed ${results.seed}, ${results.rounds} rounds (${results.sideRounds} for what grows with size and the journaled place), ${results.minutes} minutes.${sizes}`,
    ...Object.entries(results.places).map(([name, description]) => `- ${name}: ${description}`),
    ...results.installation.map((problem) => `- ${problem}`),
    "## Targets",
    targets.length === 0
      ? "None was measured."
      : table(["workload", "store", "against", "measured", "target", "outcome"], targets),
    "## How it was measured",
    howMeasured,
    colourText,
    "## Guarantees",
    howGuarantees,
    Object.keys(results.guarantees).length === 0 ? "No experiment was made." : guaranteeTable(results),
    ...workloadNames.flatMap((workload) => sectionOf(results, plots, workload)),
    "## Versions",
    "Each is the newest release; keyv is the newest that the release of @keyv/sqlite accepts.",
    versions(results),
    ""
  ].join("\n\n")
}
