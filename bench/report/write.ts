/** Writes the files of a report. */
import { globSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Results } from "../results.ts"
import { markdown } from "./markdown.ts"
import { drawings } from "./plots.ts"

/** Replaces the report in a folder; its name for the results is `results.json`. */
export const writeReport = (results: Results, out: string): void => {
  mkdirSync(out, { recursive: true })
  for (const name of globSync("*.svg", { cwd: out })) rmSync(join(out, name))
  const plots = drawings(results)
  for (const { name, svg } of plots) writeFileSync(join(out, `${name}.svg`), svg)
  writeFileSync(join(out, "results.json"), `${JSON.stringify(results)}\n`)
  writeFileSync(join(out, "REPORT.md"), markdown(results, plots))
}
