/** The file adapter keeps the laws about other processes, faults of the disk and crashes in slots, too. */
import { conformance } from "@holdfast/core/testing/vitest"
import { inSlots } from "../harness.ts"
import { worldLaws } from "./families.ts"

conformance(inSlots, { laws: worldLaws })
