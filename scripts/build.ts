/**
 * Builds every published package into its `dist`: declarations by the compiler, JavaScript by the bundler.
 *
 * Guarantees that nothing of an earlier build survives, for a stale file would be published with the rest.
 */
import { rmSync } from "node:fs"
import { join } from "node:path"
import { publishedPackages } from "./packages.ts"
import { repositoryRoot, runSteps } from "./steps.ts"

const packages = publishedPackages(repositoryRoot)

// The compiler keeps its build information in `dist` as well, so this makes `tsc -b` emit everything again.
for (const { directory } of packages) rmSync(join(repositoryRoot, directory, "dist"), { recursive: true, force: true })

runSteps({ script: "build", onFailure: "stop" }, [
  { name: "declarations (tsc -b)", command: ["tsc", "-b", ...packages.map(({ directory }) => directory)] },
  ...packages.map(({ name, directory }) => ({
    name: `bundle ${name}`,
    command: ["tsup", "--silent"] as const,
    directory: join(repositoryRoot, directory)
  }))
])
