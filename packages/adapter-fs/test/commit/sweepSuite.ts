/** Declares a sweep of all calls for each of some faults, one after the other. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { OpenOptions } from "../kit.ts"
import { describeFault, type Fault } from "./failingCalls.ts"
import { sweep } from "./sweep.ts"

const spans = ["once", "forever"] as const

const codes = [
  "EXDEV",
  "EIO",
  "ENOSPC",
  "EROFS",
  "EACCES",
  "EPERM",
  "EBUSY",
  "EMFILE",
  "UNKNOWN",
  "Unknown system error -116"
]

/** Every code that has a meaning of its own to the adapter, once and for ever, and the ways in which a call can fail in part. */
export const allFaults: ReadonlyArray<Fault> = spans.flatMap((span): ReadonlyArray<Fault> => [
  ...codes.map((code) => ({ code, span, when: "before" } as const)),
  { code: "ENOSPC", span, when: "short" },
  { code: "EIO", span, when: "after" }
])

// One call in so many, another one for each fault: `scenario/` has every call fail with every code.
const stride = 4

/** Declares the sweeps of a store that is opened with these options. */
export const losesNothing = (options: OpenOptions, faults: ReadonlyArray<Fault>): void => {
  describe(`sessions kept by ${options.commit}`, { concurrent: false }, () => {
    for (const [offset, fault] of faults.entries()) {
      it.live(`lose nothing and invent nothing whichever call fails: ${describeFault(fault)}`, () =>
        Effect.gen(function*() {
          const { broken, runs } = yield* sweep({ options, fault, selects: (nth) => nth % stride === offset % stride })
          assert.deepStrictEqual(broken, [])
          assert.isAbove(runs, 60)
        }))
    }
  })
}
