/** Schedules that a random search found, and that a chain survives since. */
import { describe, it } from "@effect/vitest"
import { withClock } from "../../../src/testing/clocks.ts"
import { play } from "./playing.ts"
import type { Step } from "./schedule.ts"

const found: { readonly [title: string]: ReadonlyArray<Step> } = {
  "a tier that may hold a copy under a raised version is not passed by one under a lower version": [
    { _tag: "Trouble", tier: 0, reads: "work", writes: "lost", builds: "work" },
    { _tag: "Crash", after: 7, key: 0 },
    { _tag: "Trouble", tier: 1, reads: "work", writes: "lost", builds: "work" },
    { _tag: "Put", key: 0, expect: "any" },
    { _tag: "Drain" },
    { _tag: "Drain" },
    { _tag: "Put", key: 0, expect: "current" }
  ]
}

describe("a chain that is put through a schedule", () => {
  for (const [title, steps] of Object.entries(found)) {
    it.live(title, () => withClock("advancing", play(steps)))
  }
})
