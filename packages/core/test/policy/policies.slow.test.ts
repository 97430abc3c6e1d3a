/** Every policy round memory keeps the laws of the port, and so does what all of them make together. */
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { makeMemory } from "@holdfast/core"
import type { Harness } from "@holdfast/core/testing"
import { conformance } from "@holdfast/core/testing/vitest"
import { Effect } from "effect"
import { withEveryPolicy, wrappedChainOf } from "../../../../testing/policies.ts"

const memory: Harness = {
  name: "memory",
  fresh: Effect.sync(() => {
    const content = makeMemory()
    return { open: MemoryAdapter.make(content) }
  })
}

// Two thousand laws are run side by side.
const limit = "5 minutes"

for (const harness of withEveryPolicy(memory)) conformance(harness, { limit })

conformance(wrappedChainOf("a chain of memories with every policy", memory, [memory, memory]), { limit })
