/**
 * What `npm test` runs, in the order in which a failure is cheapest to understand: types, text, tests, examples,
 * and last the packages as a stranger installs them.
 */
import { runSteps } from "./steps.ts"

runSteps({ script: "test", onFailure: "stop" }, [
  { name: "check", command: ["node", "scripts/check.ts"] },
  { name: "lint", command: ["node", "scripts/lint.ts"] },
  { name: "vitest", command: ["vitest", "run", "--project", "unit"] },
  { name: "examples", command: ["node", "scripts/runExamples.ts"] },
  { name: "packed consumer", command: ["node", "scripts/packedConsumer.ts"] }
])
