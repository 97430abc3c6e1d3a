/** A thin sample of the sweeps of the scenario: a few performances of each. The slow ones are the whole. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type FileSystem } from "effect"
import { interceptFileSystem } from "../../src/testing/intercept.ts"
import type { FaultPlan } from "./faultPlan.ts"
import { makeStage, playScenario } from "./performance.ts"
import { promptFileSystem } from "./promptFileSystem.ts"
import { codes, faultsOf, sweepSessions, sweepStore } from "./sweep.ts"
import { holds } from "./sweepSuite.ts"

const faults = faultsOf(codes)

/** A file system on which an operation is answered and does nothing. */
const without = (operation: "remove" | "rename" | "write"): FileSystem.FileSystem =>
  interceptFileSystem(
    promptFileSystem,
    (call, effect) =>
      call.operation === operation && call.path.includes("/s2") ? Effect.void as unknown as typeof effect : effect
  )

const everyNth = (stride: number, offset: number) => (index: number) => index % stride === offset

describe("fifty sessions", { concurrent: false, timeout: 120_000 }, () => {
  for (const commit of ["rename", "slots"] as const) {
    it.live(`lose nothing when calls fail, each in its own way, kept by ${commit}`, () =>
      Effect.gen(function*() {
        const { cases } = yield* holds(
          `sample of sessions, ${commit}`,
          sweepSessions({ options: { commit }, faults, selects: everyNth(907, 7) })
        )
        assert.isAbove([...cases.values()].reduce((sum, count) => sum + count, 0), 40)
      }))

    it.live(`lose nothing when a call of their store fails, kept by ${commit}`, () =>
      Effect.gen(function*() {
        const { performances } = yield* holds(
          `sample of the store, ${commit}`,
          sweepStore({ options: { commit }, faults, selects: everyNth(401, 5) })
        )
        assert.isAbove(performances, 1)
      }))
  }

  it.live("leave nothing to do once they go on, whichever write of a change of both a full disk cuts short for good", () =>
    Effect.gen(function*() {
      const { actors: all, ...stage } = yield* makeStage({ commit: "rename" })
      const actors = all.filter(({ isThere, script }) => isThere && script[0] === "both")
      const { calls: { counted } } = yield* playScenario({ ...stage, actors }, new Map())
      // The last batch once more, the entries, the head.
      for (const [write, file] of [".entries.jsonl", ".entries.jsonl", ".tmp"].entries()) {
        const plan: FaultPlan = new Map(actors.map(({ number }) => {
          const writes = (counted.get(number) ?? []).flatMap(({ operation }, index) =>
            operation === "write" ? index + 1 : []
          )
          return [number, { nth: writes[write]!, fault: { code: "ENOSPC", span: "forever", when: "short" } }]
        }))
        const { broken, calls } = yield* playScenario({ ...stage, actors }, plan)
        for (const { number } of actors) assert.include(calls.failed.get(number), file)
        assert.deepStrictEqual([...broken], [])
      }
    }))

  it.live("are told apart: what is broken is broken for the sessions that it is broken for", () =>
    Effect.gen(function*() {
      const stage = yield* makeStage({ commit: "rename" })
      for (const operation of ["rename", "write"] as const) {
        const { broken } = yield* playScenario(stage, new Map(), without(operation))
        const numbers = [...broken.keys()]
        assert.isNotEmpty(numbers)
        assert.isTrue(numbers.every((number) => number !== "store" && number >= 20 && number < 30), numbers.join(" "))
      }
    }))
})
