/** The file adapter keeps the laws about other processes, faults of the disk and crashes. */
import { conformance } from "@holdfast/core/testing/vitest"
import { renamed } from "../harness.ts"
import { worldLaws } from "./families.ts"

conformance(renamed, { laws: worldLaws })
