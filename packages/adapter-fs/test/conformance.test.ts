/** The file adapter keeps the laws of the port with every commit protocol, and where renames are refused. */
import { conformance } from "@holdfast/core/testing/vitest"
import { chosen, inSlots, renamed, scanned, virtualized } from "./harness.ts"

for (const harness of [renamed, inSlots, chosen, virtualized, scanned]) conformance(harness)
