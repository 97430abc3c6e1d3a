/** Every policy round a store of files keeps the laws of the port. */
import { conformance } from "@holdfast/core/testing/vitest"
import { withEveryPolicy } from "../../../testing/policies.ts"
import { chosen } from "./harness.ts"

for (const harness of withEveryPolicy(chosen)) conformance(harness)
