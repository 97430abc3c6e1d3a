/** Chains of memories as storage under test. */
import { makeMemory, makeMemoryAdapter } from "@holdfast/core"
import type { Harness } from "@holdfast/core/testing"
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

/** A chain of three whose first tier has this trouble. */
export const chainWith = (name: string, trouble: Partial<Trouble>): Harness => ({
  name,
  fresh: Effect.sync(() => {
    const [first, second, third] = [testTier("first"), testTier("second"), testTier("third")]
    Object.assign(first.trouble, trouble)
    return { open: Effect.map(openChain([first, second, third]), ({ adapter }) => adapter) }
  })
})

/** A chain whose first tier fails a third of its writes, drawn from a seed. */
export const failingChain: Harness = chainOf(
  "a chain of memories whose first tier fails by seed",
  memory,
  [memory, memory]
)
