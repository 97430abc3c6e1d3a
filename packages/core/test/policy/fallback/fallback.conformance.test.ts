/** A chain keeps the laws of the port: while its primary works, while it refuses every write, and while it fails now and then. */
import type { Harness } from "@holdfast/core/testing"
import { conformance } from "@holdfast/core/testing/vitest"
import { Effect } from "effect"
import { openChain, testTier, type Trouble } from "./chains.ts"

const chainOf = (name: string, trouble: Partial<Trouble>): Harness => ({
  name,
  fresh: Effect.sync(() => {
    const [first, second, third] = [testTier("first"), testTier("second"), testTier("third")]
    Object.assign(first.trouble, trouble)
    return { open: Effect.map(openChain([first, second, third]), ({ adapter }) => adapter) }
  })
})

conformance(chainOf("a chain whose primary works", {}))
// Every write of this chain lands lower, and its health says so.
conformance(chainOf("a chain whose primary takes no writes", { writes: "fail" }), {
  knownGaps: ["health.ofGoodWrites", "health.ofRefusals"]
})
