/**
 * Runs the unit tests under the newest Node of the oldest line that the packages promise to work with; where the system
 * is not Linux, the portable ones.
 *
 * Everything else runs under the Node of the root's devDependencies. Guarantees that every package states the oldest
 * version in `engines`, and that the tests really run under the version they are said to. It is installed once, into
 * `node_modules/.cache`, by the npm package `node`. The first versions of the line carry a SQLite with the WAL-reset bug:
 * the adapter keeps the database to one process there, which tests of its own play under every version.
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { delimiter, join } from "node:path"
import { publishedPackages } from "./packages.ts"
import { needsShell, repositoryRoot, runSteps, type Step, strangersEnvironment, toolEnvironment } from "./steps.ts"

const oldest = "22.19.0"
const newest = "22.23.3"

/** The packages below `root`, and the root itself, whose `engines` do not begin at `version`. */
export const otherEngines = (root: string, version: string): ReadonlyArray<string> =>
  [".", ...publishedPackages(root).map(({ directory }) => directory)].flatMap((directory) => {
    const manifest = JSON.parse(readFileSync(join(root, directory, "package.json"), "utf8")) as {
      engines?: { node?: string }
    }
    const range = manifest.engines?.node ?? "nothing"
    const isOldest = [`>=${version}`, `>=${version.replace(/\.0$/, "")}`].includes(range)
    return isOldest ? [] : [`${directory}/package.json promises ${range}, the tests run under ${version}`]
  })

const project = process.platform === "linux" ? "unit" : "portable"

const directoryOf = (version: string): string => join(repositoryRoot, "node_modules", ".cache", `node-${version}`)

const programsOf = (version: string): string => join(directoryOf(version), "node_modules", ".bin")

const versionIn = (directory: string): string => {
  const options = { env: { ...process.env, PATH: directory }, shell: needsShell, encoding: "utf8" } as const
  return existsSync(directory) ? spawnSync("node", ["--version"], options).stdout.trim() : ""
}

/** Installs a version of Node, unless it is there. */
const install = (version: string): void => {
  const directory = directoryOf(version)
  if (versionIn(programsOf(version)) === `v${version}`) return
  mkdirSync(directory, { recursive: true })
  // Its install script fetches the program for this platform; npm runs it for packages that are listed only.
  const manifest = { private: true, dependencies: { node: version }, allowScripts: { node: true } }
  writeFileSync(join(directory, "package.json"), JSON.stringify(manifest, null, 2))
  const options = { cwd: directory, env: strangersEnvironment(), shell: needsShell, stdio: "inherit" } as const
  const ended = spawnSync("npm", ["install", "--no-package-lock", "--no-audit", "--no-fund"], options)
  const found = versionIn(programsOf(version))
  if (ended.status !== 0 || found !== `v${version}`) throw new Error(`Node ${version} is not installed: ${found}`)
}

const unitTests = (version: string): Step => ({
  name: `vitest under Node ${version}`,
  command: ["node", join("node_modules", "vitest", "vitest.mjs"), "run", "--project", project],
  // First on the path, so that programs which the tests start by name are of this version as well.
  environment: { ...toolEnvironment(), PATH: [programsOf(version), toolEnvironment()["PATH"]].join(delimiter) }
})

if (import.meta.main) {
  const complaints = otherEngines(repositoryRoot, oldest)
  if (complaints.length > 0) throw new Error(complaints.join("\n"))
  install(newest)
  runSteps({ script: "engines", onFailure: "continue" }, [unitTests(newest)])
}
