/** The file adapter keeps the laws of the port with both commit protocols. */
import { conformance } from "@holdfast/core/testing/vitest"
import { publishingLaws, storeLaws } from "./conformance/families.ts"
import { inSlots, renamed } from "./harness.ts"

conformance(renamed, { laws: storeLaws })

conformance(inSlots, { laws: publishingLaws })
