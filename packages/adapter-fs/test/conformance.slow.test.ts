/** The file adapter keeps the laws where it chooses rename by itself, and where a virus scanner drives it to slots. */
import { conformance } from "@holdfast/core/testing/vitest"
import { publishingLaws } from "./conformance/families.ts"
import { chosen, scanned } from "./harness.ts"

for (const harness of [chosen, scanned]) conformance(harness, { laws: publishingLaws })
