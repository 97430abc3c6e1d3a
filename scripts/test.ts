/**
 * What `npm test` runs, in the order in which a failure is cheapest to understand: types, text, tests, examples,
 * and last the packages as a stranger installs them.
 */
import { runSteps } from "./steps.ts"

runSteps({ script: "test", onFailure: "stop" }, [
  { name: "check, lint", command: ["node", "scripts/together.ts", "check.ts", "lint.ts"] },
  { name: "vitest", command: ["vitest", "run", "--project", "unit"] },
  { name: "examples, packed consumer", command: ["node", "scripts/together.ts", "runExamples.ts", "packedConsumer.ts"] }
])
