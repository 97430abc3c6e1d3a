/**
 * Runs every check of the text of the repository. All of them run even after a failure, so that one run shows
 * everything there is to mend.
 */
import { runSteps } from "./steps.ts"

runSteps({ script: "lint", onFailure: "continue" }, [
  { name: "oxlint", command: ["oxlint", "--deny-warnings"] },
  { name: "format (dprint)", command: ["dprint", "check"] },
  { name: "layers", command: ["node", "scripts/layers.ts"] },
  { name: "tidy", command: ["node", "scripts/tidy.ts"] },
  { name: "readme", command: ["node", "scripts/checkReadme.ts"] },
  { name: "durability", command: ["node", "scripts/checkDurability.ts"] },
  { name: "contract", command: ["node", "--conditions=@holdfast/source", "scripts/contractTable.ts", "--check"] },
  { name: "errors", command: ["node", "--conditions=@holdfast/source", "scripts/errorsTable.ts", "--check"] },
  { name: "workflows", command: ["node", "scripts/workflows.ts"] },
  { name: "lock file", command: ["node", "scripts/completeLock.ts", "--check"] },
  { name: "dead code (knip)", command: ["knip", "--no-config-hints"] }
])
