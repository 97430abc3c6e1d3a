/** The file adapter keeps the laws of the port by renames, and what has to do with publishing in slots. */
import { conformance } from "@holdfast/core/testing/vitest"
import { slotLaws, storeLaws } from "./conformance/families.ts"
import { inSlots, renamed } from "./harness.ts"

conformance(renamed, { laws: storeLaws })

conformance(inSlots, { laws: slotLaws })
