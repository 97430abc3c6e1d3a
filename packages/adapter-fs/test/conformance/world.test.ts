/** The file adapter keeps the laws about faults of the disk; those about processes and crashes are in the slow tests. */
import { conformance } from "@holdfast/core/testing/vitest"
import { renamed } from "../harness.ts"
import { worldLaws } from "./families.ts"

conformance(renamed, { laws: worldLaws.filter(({ family }) => family === "faults") })
