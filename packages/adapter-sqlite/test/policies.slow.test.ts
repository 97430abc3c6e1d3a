/** Every policy round a SQLite store keeps the laws of the port. */
import { conformance } from "@holdfast/core/testing/vitest"
import { withEveryPolicy } from "../../../testing/policies.ts"
import { sqlite } from "./harness.ts"

for (const harness of withEveryPolicy(sqlite)) conformance(harness)
