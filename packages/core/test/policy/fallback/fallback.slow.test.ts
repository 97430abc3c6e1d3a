/** A chain keeps the laws of the port while its primary works, and while it refuses every write. */
import { conformance } from "@holdfast/core/testing/vitest"
import { chainWith } from "./harnesses.ts"

conformance(chainWith("a chain whose primary works", {}))

// Every write of this chain lands lower, and its health says so.
conformance(chainWith("a chain whose primary takes no writes", { writes: "fail" }), {
  knownGaps: ["health.ofGoodWrites", "health.ofRefusals"]
})
