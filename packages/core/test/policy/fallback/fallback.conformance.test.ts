/** A chain keeps the laws of the port: while its primary works, while it refuses every write, and while it fails now and then. */
import { makeMemory, makeMemoryAdapter } from "@holdfast/core"
import type { Harness } from "@holdfast/core/testing"
import { conformance } from "@holdfast/core/testing/vitest"
import { Effect } from "effect"
import { chainOf } from "../../../../../testing/policies.ts"
import { openChain, testTier, type Trouble } from "./chains.ts"

const memory: Harness = {
  name: "memory",
  fresh: Effect.sync(() => {
    const content = makeMemory()
    return { open: makeMemoryAdapter(content) }
  })
}

const chainWith = (name: string, trouble: Partial<Trouble>): Harness => ({
  name,
  fresh: Effect.sync(() => {
    const [first, second, third] = [testTier("first"), testTier("second"), testTier("third")]
    Object.assign(first.trouble, trouble)
    return { open: Effect.map(openChain([first, second, third]), ({ adapter }) => adapter) }
  })
})

conformance(chainWith("a chain whose primary works", {}))
// Every write of this chain lands lower, and its health says so.
conformance(chainWith("a chain whose primary takes no writes", { writes: "fail" }), {
  knownGaps: ["health.ofGoodWrites", "health.ofRefusals"]
})

conformance(chainOf("a chain of memories whose first tier fails by seed", memory, [memory, memory]), {
  // A write that is sent again after a removal is told apart by the tier above alone, which does not answer here.
  knownGaps: ["repeat.afterRemoval"]
})
