/** The file adapter keeps the laws where it chooses by itself: rename, and slots where renames are refused or a virus scanner holds on. */
import { conformance } from "@holdfast/core/testing/vitest"
import { publishingLaws } from "./conformance/families.ts"
import { chosen, inSlots, scanned, virtualized } from "./harness.ts"

for (const harness of [inSlots, chosen, virtualized, scanned]) conformance(harness, { laws: publishingLaws })
