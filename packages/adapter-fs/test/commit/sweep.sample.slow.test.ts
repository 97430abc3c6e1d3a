/** A small sample of the sweep of failing calls, and that the sweep flags an adapter that is broken. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type FileSystem } from "effect"
import { interceptFileSystem } from "../../src/testing/intercept.ts"
import { realFileSystem } from "../kit.ts"
import { describeFault, type Fault } from "./failingCalls.ts"
import { sweep } from "./sweep.ts"

const stride = 79

const faults: ReadonlyArray<Fault> = [
  { code: "EIO", span: "once", when: "before" },
  { code: "EIO", span: "forever", when: "before" },
  { code: "EIO", span: "once", when: "after" },
  { code: "ENOSPC", span: "forever", when: "short" }
]

for (const protocol of ["rename", "slots"] as const) {
  describe(`sessions kept by ${protocol}`, { concurrent: false }, () => {
    for (const [offset, fault] of faults.entries()) {
      it.live(`lose nothing and invent nothing when a call fails: ${describeFault(fault)}`, () =>
        Effect.gen(function*() {
          const { broken, runs } = yield* sweep({
            options: { commit: protocol },
            fault,
            selects: (nth) => nth % stride === offset
          })
          assert.deepStrictEqual(broken, [])
          assert.isAbove(runs, 3)
        }))
    }
  })
}

/** A file system on which some calls are answered and do nothing, as if the adapter did not make them. */
const without = (operation: "remove" | "rename" | "truncate"): FileSystem.FileSystem =>
  interceptFileSystem(
    realFileSystem,
    (call, effect) =>
      call.operation === operation && !call.path.includes("probe") ? Effect.void as unknown as typeof effect : effect
  )

describe("the sweep", { concurrent: false }, () => {
  const mutants: ReadonlyArray<readonly [what: string, protocol: "rename" | "slots", below: FileSystem.FileSystem]> = [
    ["does not take back what was not applied", "slots", without("remove")],
    ["does not cut off what was not applied", "slots", without("truncate")],
    ["does not rename", "rename", without("rename")]
  ]
  for (const [what, protocol, below] of mutants) {
    it.live(`flags an adapter that ${what}`, () =>
      Effect.gen(function*() {
        const fault: Fault = { code: "EIO", span: "once", when: "after" }
        const { broken } = yield* sweep({
          options: { commit: protocol },
          fault,
          below,
          selects: (nth) => nth > 34 && nth < 70
        })
        assert.isNotEmpty(broken)
      }))
  }
})
