/** The file adapter keeps the laws about other processes, faults of the disk and crashes, by renames and in slots. */
import { conformance } from "@holdfast/core/testing/vitest"
import { inSlots, renamed } from "../harness.ts"
import { worldLaws } from "./families.ts"

for (const harness of [renamed, inSlots]) conformance(harness, { laws: worldLaws })
