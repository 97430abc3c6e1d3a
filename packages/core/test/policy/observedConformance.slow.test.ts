/** Observed memory keeps the laws of the port, also while its spans go to a tracer. */
import { makeMemory, makeMemoryAdapter } from "@holdfast/core"
import { conformance } from "@holdfast/core/testing/vitest"
import { Effect } from "effect"
import { observed } from "../../src/policy/observed.ts"

conformance({
  name: "observed memory",
  fresh: Effect.sync(() => {
    const content = makeMemory()
    return { open: Effect.map(makeMemoryAdapter(content), observed({ spans: "on", keys: "shown" })) }
  })
})
