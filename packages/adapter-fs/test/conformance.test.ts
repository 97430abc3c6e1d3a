/** The file adapter keeps the laws of the port with every commit protocol, and where renames are refused. */
import { conformance } from "@holdfast/core/testing/vitest"
import { publishingLaws, storeLaws } from "./conformance/families.ts"
import { chosen, inSlots, renamed, scanned, virtualized } from "./harness.ts"

conformance(renamed, { laws: storeLaws })

for (const harness of [inSlots, chosen, virtualized, scanned]) conformance(harness, { laws: publishingLaws })
