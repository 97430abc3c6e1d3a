/**
 * Measures what the command line asks for, writes the report and prints every target beside what was measured.
 *
 * A target that is not reached is no failure of the benchmark: it says so, and the exit code is 0.
 */
import { mkdirSync, readFileSync, rmSync } from "node:fs"
import { build } from "./build.ts"
import { installationProblems } from "./install.ts"
import { fileSystemOf, machineLine } from "./machine.ts"
import { parseOptions, usage } from "./options.ts"
import { targetLines } from "./report/targetLines.ts"
import { writeReport } from "./report/write.ts"
import type { Results } from "./results.ts"
import { run } from "./run.ts"

const args = process.argv.slice(2)

const measure = async (): Promise<Results> => {
  const options = parseOptions(args)
  if (options.from !== undefined) return JSON.parse(readFileSync(options.from, "utf8")) as Results
  console.log(`seed ${options.seed}; the stores lie in ${options.directory}`)
  mkdirSync(options.directory, { recursive: true })
  if (/^(tmpfs|ramfs)$/.test(fileSystemOf(options.directory).type)) {
    throw new Error(`${options.directory} is in memory, where a flush costs nothing: name a disk with --dir`)
  }
  await build()
  try {
    return await run(options, installationProblems())
  } finally {
    rmSync(options.directory, { recursive: true, force: true })
  }
}

if (args.includes("--help")) {
  console.log(usage)
} else {
  const results = await measure()
  const { out } = parseOptions(args)
  writeReport(results, out)
  console.log(`\n${machineLine(results.machine)}\n\n${targetLines(results).join("\n")}\n\nreport: ${out}/REPORT.md`)
}
