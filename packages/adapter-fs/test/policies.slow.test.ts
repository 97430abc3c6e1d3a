/** Every policy round a store of files keeps the laws of the port, and so does a chain of three such stores. */
import { conformance } from "@holdfast/core/testing/vitest"
import { chainGaps, chainOf, withEveryPolicy } from "../../../testing/policies.ts"
import { chosen, inSlots, renamed } from "./harness.ts"

for (const harness of withEveryPolicy(chosen)) conformance(harness)

conformance(chainOf("a chain of files whose first tier fails", chosen, [inSlots, renamed]), { knownGaps: chainGaps })
