/**
 * Type-checks the whole repository: sources, tests, examples and scripts, then Effect's own diagnostics.
 *
 * The diagnostics look at one project, the tests', whose program holds the sources of all packages: the packages'
 * own projects would have every source looked at again, core five times. Guarantees that they really saw every source,
 * test, example and script: the tool checks no file at all, and reports success, when a project does not name its
 * plugin, so a file that is not among those it says it checked is a failure here. A package that is missing from
 * the root tsconfig fails as well.
 */
import { execFile } from "node:child_process"
import { globSync, readFileSync } from "node:fs"
import { dirname, join, sep } from "node:path"
import { promisify } from "node:util"
import { listSourceFiles } from "./sourceFile.ts"
import { needsShell, repositoryRoot, runSteps, toolEnvironment } from "./steps.ts"

const wholeProject = "tsconfig.test.json"

const projectFile = (path: string): string => path.endsWith(".json") ? path : `${path}/tsconfig.json`

const assertReferenced = (): void => {
  const solution = JSON.parse(readFileSync(join(repositoryRoot, "tsconfig.json"), "utf8")) as {
    references: ReadonlyArray<{ path: string }>
  }
  const referenced = solution.references.map((reference) => projectFile(reference.path))
  const missing = globSync("packages/*/tsconfig.json", { cwd: repositoryRoot })
    .filter((path) => !referenced.includes(path))
  if (missing.length > 0) throw new Error(`tsconfig.json has no reference to ${missing.map(dirname).join(", ")}`)
}

/** Runs the diagnostics over the whole project; gives whether they passed, and what they printed. */
const diagnose = async (): Promise<{ readonly passed: boolean; readonly report: string }> => {
  const options = { cwd: repositoryRoot, env: toolEnvironment(), shell: needsShell, maxBuffer: 64 * 1024 * 1024 }
  const args = ["diagnostics", "--project", wholeProject, "--strict", "--format", "text", "--list-files"]
  return promisify(execFile)("effect-tsgo", args, options).then(
    ({ stdout, stderr }) => ({ passed: true, report: stdout + stderr }),
    (failure: { stdout?: string; stderr?: string; message: string }) => ({
      passed: false,
      report: `${failure.stdout ?? ""}${failure.stderr ?? ""}` || failure.message
    })
  )
}

// The consumer is compiled where it is installed, by `packedConsumer.ts`.
const isElsewhere = (path: string): boolean => path.startsWith("scripts/consumer/")

const checkedFiles = (report: string): ReadonlySet<string> => {
  const root = `${repositoryRoot.split(sep).join("/")}/`
  const listed = [...report.matchAll(/^ {2}(\S.*\.ts): detected=/gm)].map(([, path = ""]) => path.split(sep).join("/"))
  return new Set(listed.map((path) => path.startsWith(root) ? path.slice(root.length) : path))
}

const diagnoseAll = async (): Promise<void> => {
  assertReferenced()
  const expected = listSourceFiles(repositoryRoot)
  const { passed, report } = await diagnose()
  const checked = checkedFiles(report)
  const missed = expected.filter((path) => !checked.has(path) && !isElsewhere(path))
  const isSound = passed && missed.length === 0
  console.log(`${isSound ? "passed" : "FAILED"}: ${wholeProject}, ${checked.size} files`)
  if (isSound) return
  process.exitCode = 1
  if (!passed) console.error(report)
  if (missed.length > 0) console.error(`not looked at: ${missed.join(", ")}`)
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
