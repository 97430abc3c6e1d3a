/** The binding to vitest runs a law that is known not to hold as an expected failure. */
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { laws } from "@holdfast/core/testing"
import { conformance } from "@holdfast/core/testing/vitest"
import { Effect } from "effect"

const chosen = laws.filter(({ id }) => ["put.isRead", "probe.leavesNothing", "commit.manyKeysRefused"].includes(id))

conformance({
  name: "memory without a probe",
  fresh: Effect.sync(() => {
    const content = MemoryAdapter.makeMemory()
    const broken = Effect.die(new Error("the probe failed"))
    return { open: Effect.map(MemoryAdapter.make(content), (adapter) => ({ ...adapter, probe: broken })) }
  })
}, { laws: chosen, knownGaps: ["probe.leavesNothing"] })
