/**
 * Makes the API documentation of every module that the packages publish, into `tools/docs/site`.
 *
 * TypeDoc needs a compiler that is written in JavaScript, which the repository's own is not, so both live in
 * `tools/docs` with a lock file of their own and are installed there when that changes. Guarantees that the entry points
 * are those of the packages' `exports`, and that a warning of TypeDoc is a failure: a type that is used and not
 * exported, a link that leads nowhere.
 */
import { existsSync, readFileSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { publishedPackages } from "./packages.ts"
import { repositoryRoot, runSteps, type Step, strangersEnvironment } from "./steps.ts"

type Exports = Readonly<Record<string, string | { readonly "@holdfast/source"?: string }>>

const tools = join(repositoryRoot, "tools", "docs")

/** The source files of all published modules below `root`, relative to it. */
export const entryPoints = (root: string): ReadonlyArray<string> =>
  publishedPackages(root).flatMap(({ directory }) => {
    const manifest = JSON.parse(readFileSync(join(root, directory, "package.json"), "utf8")) as { exports?: Exports }
    return Object.entries(manifest.exports ?? {}).flatMap(([subpath, target]) => {
      if (subpath === "./package.json") return []
      const source = typeof target === "string" ? undefined : target["@holdfast/source"]
      if (source === undefined) throw new Error(`${directory} exports ${subpath} without a source`)
      return [`${directory}/${source.replace(/^\.\//, "")}`]
    })
  })

/** Whether the tools are installed as the lock file says; npm notes below when it installed them. */
const isInstalled = (): boolean => {
  const note = join(tools, "node_modules", ".package-lock.json")
  return existsSync(note) && statSync(note).mtimeMs >= statSync(join(tools, "package-lock.json")).mtimeMs
}

const install: Step = {
  name: "install TypeDoc",
  command: ["npm", "ci", "--no-audit", "--no-fund"],
  directory: tools,
  environment: strangersEnvironment()
}

const document = (): Step => ({
  name: "typedoc",
  command: [
    "node",
    join("node_modules", "typedoc", "bin", "typedoc"),
    ...entryPoints(repositoryRoot).flatMap((path) => ["--entryPoints", `../../${path}`])
  ],
  directory: tools
})

if (import.meta.main) {
  // TypeDoc removes no page of an earlier run.
  rmSync(join(tools, "site"), { recursive: true, force: true })
  runSteps({ script: "docs", onFailure: "stop" }, [...(isInstalled() ? [] : [install]), document()])
}
