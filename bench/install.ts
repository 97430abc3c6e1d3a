/**
 * Installs the peers into `node_modules` of this folder, and says what could not be installed.
 *
 * The lock file is installed without install scripts, so that one peer that cannot be compiled does not cost all others;
 * the ones that need it are built one by one. What failed is kept beside the modules until the next installation.
 */
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { needsShell, strangersEnvironment } from "../scripts/steps.ts"

interface Installation {
  /** Of the lock file that was installed. */
  readonly lock: string
  readonly problems: ReadonlyArray<string>
}

const root = import.meta.dirname
const recordPath = join(root, "node_modules", ".installation.json")

// Packages whose install script compiles, or chooses, a native module.
const nativePackages = ["sqlite3", "classic-level", "lmdb"]

const lockHash = (): string => createHash("sha256").update(readFileSync(join(root, "package-lock.json"))).digest("hex")

const record = (): Installation | undefined =>
  existsSync(recordPath) ? JSON.parse(readFileSync(recordPath, "utf8")) as Installation : undefined

const npm = (...args: ReadonlyArray<string>) =>
  spawnSync("npm", args, {
    cwd: root,
    encoding: "utf8",
    // Without what npm told the script that runs this, which is about the repository and not about this folder.
    env: strangersEnvironment(),
    shell: needsShell,
    stdio: ["ignore", "pipe", "pipe"]
  })

const errorLine = (text: string): string =>
  text.split("\n").findLast((line) => /^npm error (?!A complete log)/.test(line))?.replace("npm error ", "") ?? ""

/** Installs when the lock file is another one than was installed last. */
export const install = (): void => {
  if (record()?.lock === lockHash()) return
  console.log("installing the peers, which takes a few minutes where one has to be compiled")
  const installed = npm("ci", "--ignore-scripts")
  if (installed.status !== 0) throw new Error(`npm ci failed: ${errorLine(installed.stderr)}`)
  const problems = nativePackages.flatMap((name) => {
    const built = npm("rebuild", name)
    return built.status === 0 ? [] : [`${name} could not be built: ${errorLine(built.stderr)}`]
  })
  for (const problem of problems) console.log(problem)
  writeFileSync(recordPath, JSON.stringify({ lock: lockHash(), problems } satisfies Installation))
}

/** What the last installation could not build. */
export const installationProblems = (): ReadonlyArray<string> => record()?.problems ?? []
