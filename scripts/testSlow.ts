/**
 * What `npm run test:slow` runs: the long searches over processes and kernel file systems, the unit tests under the
 * Nodes that the packages promise to work with, the packages as registries and type-checkers see them, and their
 * documentation.
 */
import { runSteps } from "./steps.ts"

runSteps({ script: "slow", onFailure: "continue" }, [
  { name: "vitest (slow)", command: ["vitest", "run", "--project", "slow"] },
  { name: "engines", command: ["node", "scripts/engines.ts"] },
  { name: "packages", command: ["node", "scripts/verifyPackage.ts"] },
  { name: "docs", command: ["node", "scripts/docs.ts"] }
])
