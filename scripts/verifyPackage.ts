/**
 * Builds the published packages and checks each as a registry and a type-checker would see it: its exports, the
 * files that they name, and how the types resolve for ECMAScript modules, the only kind that is published.
 */
import { join } from "node:path"
import { publishedPackages } from "./packages.ts"
import { repositoryRoot, runSteps } from "./steps.ts"

runSteps({ script: "verify", onFailure: "stop" }, [
  { name: "build", command: ["node", "scripts/build.ts"] },
  ...publishedPackages(repositoryRoot).flatMap(({ name, directory }) => [
    { name: `publint ${name}`, command: ["publint", "--strict"] as const, directory: join(repositoryRoot, directory) },
    {
      name: `attw ${name}`,
      command: ["attw", "--profile", "esm-only", "--pack", "."] as const,
      directory: join(repositoryRoot, directory)
    }
  ])
])
