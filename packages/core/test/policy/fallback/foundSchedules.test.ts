/** Schedules that a random search found, and that a chain survives since. */
import { describe, it } from "@effect/vitest"
import { withClock } from "../../../src/testing/clocks.ts"
import { play } from "./playing.ts"
import type { Step } from "./schedule.ts"

const found: { readonly [title: string]: ReadonlyArray<Step> } = {
  "a write of a former life that is sent again puts nothing lower under a version that falls again": [
    { _tag: "Trouble", tier: 1, reads: "work", writes: "fail", builds: "work" },
    { _tag: "Trouble", tier: 0, reads: "work", writes: "fail", builds: "work" },
    { _tag: "Put", key: 1, expect: "any" },
    { _tag: "Put", key: 0, expect: "any" },
    { _tag: "Heal" },
    { _tag: "Trouble", tier: 0, reads: "work", writes: "fail", builds: "work" },
    { _tag: "Remove", key: 1, expect: "any" },
    { _tag: "Put", key: 1, expect: "any" },
    { _tag: "Trouble", tier: 1, reads: "work", writes: "fail", builds: "work" },
    { _tag: "Repeat", back: 3 },
    { _tag: "Put", key: 1, expect: "current" }
  ],
  "a tier that may hold a copy under a raised version is not passed by one under a lower version": [
    { _tag: "Trouble", tier: 0, reads: "work", writes: "lost", builds: "work" },
    { _tag: "Crash", after: 7, key: 0 },
    { _tag: "Trouble", tier: 1, reads: "work", writes: "lost", builds: "work" },
    { _tag: "Put", key: 0, expect: "any" },
    { _tag: "Drain" },
    { _tag: "Drain" },
    { _tag: "Put", key: 0, expect: "current" }
  ],
  "a write that only a lower tier knew is remembered above with the removal that ended it": [
    { _tag: "Put", key: 1, expect: "any" },
    { _tag: "Trouble", tier: 0, reads: "work", writes: "fail", builds: "work" },
    { _tag: "Put", key: 1, expect: "any" },
    { _tag: "Put", key: 0, expect: "any" },
    { _tag: "Remove", key: 1, expect: "any" },
    { _tag: "Heal" },
    { _tag: "Repeat", back: 2 }
  ],
  "a write that only the primary knew is remembered there with a removal that only a lower tier took": [
    { _tag: "Both", key: 1, expect: "any" },
    { _tag: "Trouble", tier: 0, reads: "fail", writes: "fail", builds: "work" },
    { _tag: "Put", key: 1, expect: "any" },
    { _tag: "Remove", key: 1, expect: "any" },
    { _tag: "Put", key: 0, expect: "any" },
    { _tag: "Heal" },
    { _tag: "Repeat", back: 3 }
  ],
  "a removal that is sent again ends nothing of a life that was made below": [
    { _tag: "Put", key: 0, expect: "any" },
    { _tag: "Remove", key: 0, expect: "any" },
    { _tag: "Trouble", tier: 0, reads: "fail", writes: "fail", builds: "work" },
    { _tag: "Put", key: 0, expect: "any" },
    { _tag: "Heal" },
    { _tag: "Repeat", back: 1 },
    { _tag: "Drain" },
    { _tag: "Load", key: 0 }
  ],
  "an older copy that was left in between takes nothing over from the removal that followed it": [
    { _tag: "Trouble", tier: 1, reads: "work", writes: "fail", builds: "work" },
    { _tag: "Trouble", tier: 0, reads: "work", writes: "fail", builds: "work" },
    { _tag: "Put", key: 1, expect: "any" },
    { _tag: "Trouble", tier: 1, reads: "fail", writes: "work", builds: "work" },
    { _tag: "Remove", key: 1, expect: "any" },
    { _tag: "Drain" }
  ],
  "a write sent again after a removal that nobody could read before brings nothing back": [
    { _tag: "Trouble", tier: 0, reads: "fail", writes: "work", builds: "work" },
    { _tag: "Put", key: 0, expect: "any" },
    { _tag: "Remove", key: 0, expect: "any" },
    { _tag: "Trouble", tier: 0, reads: "work", writes: "fail", builds: "work" },
    { _tag: "Repeat", back: 1 }
  ],
  "a write of a former life that is sent again over a new one does not end it": [
    { _tag: "Put", key: 0, expect: "any" },
    { _tag: "Put", key: 0, expect: "any" },
    { _tag: "Trouble", tier: 0, reads: "work", writes: "fail", builds: "work" },
    { _tag: "Remove", key: 0, expect: "any" },
    { _tag: "Put", key: 0, expect: "any" },
    { _tag: "Repeat", back: 3 }
  ],
  "what is left above of a removal whose answer was lost gives way to the life that followed it": [
    { _tag: "Trouble", tier: 0, reads: "work", writes: "lost", builds: "work" },
    { _tag: "Put", key: 0, expect: "any" },
    { _tag: "Remove", key: 0, expect: "any" },
    { _tag: "Put", key: 0, expect: "any" },
    { _tag: "Put", key: 0, expect: "any" },
    { _tag: "Repeat", back: 3 }
  ]
}

describe("a chain that is put through a schedule", () => {
  for (const [title, steps] of Object.entries(found)) {
    it.live(title, () => withClock("advancing", play(steps)))
  }
})
