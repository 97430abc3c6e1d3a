/** The file adapter keeps the laws of the port with every commit protocol, and where renames are refused. */
import { conformance } from "@holdfast/core/testing/vitest"
import { publishingLaws, storeLaws } from "./conformance/families.ts"
import { inSlots, renamed, virtualized } from "./harness.ts"

conformance(renamed, { laws: storeLaws })

for (const harness of [inSlots, virtualized]) conformance(harness, { laws: publishingLaws })
