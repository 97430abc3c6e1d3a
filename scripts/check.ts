/**
 * Type-checks the whole repository: sources, tests, examples and scripts, then Effect's own diagnostics.
 *
 * Guarantees that the diagnostics really saw every project: the tool checks no file at all, and reports success,
 * when a project does not name its plugin, so a project with no checked file is a failure here. The list of
 * projects is the root tsconfig's, and a package that is missing from it fails as well.
 */
import { execFile } from "node:child_process"
import { globSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { needsShell, repositoryRoot, runSteps, toolEnvironment } from "./steps.ts"

interface Diagnosis {
  readonly project: string
  readonly checkedCount: number
  readonly passed: boolean
  readonly report: string
}

const projectFile = (path: string): string => path.endsWith(".json") ? path : `${path}/tsconfig.json`

const referencedProjects = (): ReadonlyArray<string> => {
  const solution = JSON.parse(readFileSync(join(repositoryRoot, "tsconfig.json"), "utf8")) as {
    references: ReadonlyArray<{ path: string }>
  }
  const referenced = solution.references.map((reference) => projectFile(reference.path))
  const missing = globSync("packages/*/tsconfig.json", { cwd: repositoryRoot })
    .filter((path) => !referenced.includes(path))
  if (missing.length > 0) throw new Error(`tsconfig.json has no reference to ${missing.map(dirname).join(", ")}`)
  return referenced
}

const diagnose = async (project: string): Promise<Diagnosis> => {
  const options = { cwd: repositoryRoot, env: toolEnvironment(), shell: needsShell, maxBuffer: 64 * 1024 * 1024 }
  const args = ["diagnostics", "--project", project, "--strict", "--format", "text"]
  const outcome = await promisify(execFile)("effect-tsgo", args, options).then(
    ({ stdout, stderr }) => ({ passed: true, report: stdout + stderr }),
    (failure: { stdout?: string; stderr?: string; message: string }) => ({
      passed: false,
      report: `${failure.stdout ?? ""}${failure.stderr ?? ""}` || failure.message
    })
  )
  const checkedCount = Number(/Checked (\d+) files/.exec(outcome.report)?.[1] ?? 0)
  return { project, checkedCount, ...outcome }
}

const diagnoseAll = async (): Promise<void> => {
  const diagnoses = await Promise.all(referencedProjects().map(diagnose))
  for (const { project, checkedCount, passed, report } of diagnoses) {
    const isSound = passed && checkedCount > 0
    console.log(`${isSound ? "passed" : "FAILED"}: ${project}, ${checkedCount} files`)
    if (!isSound) process.exitCode = 1
    if (!isSound) console.error(report)
  }
}

// The diagnostics are a step of their own process, so that their time and outcome are reported like the compiler's.
if (process.argv.includes("--effect-only")) {
  await diagnoseAll()
} else {
  runSteps({ script: "check", onFailure: "continue" }, [
    { name: "types (tsc -b)", command: ["tsc", "-b"] },
    { name: "Effect diagnostics", command: ["node", "scripts/check.ts", "--effect-only"] }
  ])
}
