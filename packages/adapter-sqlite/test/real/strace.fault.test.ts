import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { dieAt } from "../../../../testing/real/deaths.ts"
import { program } from "./app.ts"
import { failAt } from "./failingCalls.ts"
import { mortalStore } from "./mortals.ts"

const syncs = "fdatasync,fsync"

layer(program, { excludeTestServices: true })("a program whose system calls fail", (it) => {
  it.effect("says that the outcome of a save whose flush failed is unknown, and the same write again is right", () =>
    Effect.gen(function*() {
      const told: Array<ReadonlyArray<string>> = []
      for (const when of ["1", "3", "5", "6", "8"]) told.push(yield* failAt({ calls: syncs, error: "EIO", when }))
      assert.includeMembers(told.flat(), ["OutcomeUnknown"])
      // One failure is told once: what came after it was saved.
      for (const reasons of told) assert.isAtMost(reasons.length, 1)
    }))

  it.effect("serves what was acknowledged while no flush succeeds any more", () =>
    Effect.gen(function*() {
      const reasons = yield* failAt({ calls: syncs, error: "EIO", when: "5+" })
      assert.isAbove(reasons.length, 3)
    }))

  it.effect("says that a save for which there was no room was not applied, and the next one is", () =>
    Effect.gen(function*() {
      const told: Array<ReadonlyArray<string>> = []
      for (const when of ["2", "8", "14", "20"]) told.push(yield* failAt({ calls: "pwrite64", error: "ENOSPC", when }))
      // Also an index of the log that cannot grow is a full disk.
      assert.deepStrictEqual(new Set(told.flat().map((reason) => reason.replace("open ", ""))), new Set(["NoSpace"]))
    }))

  it.effect("says what is true of a save whose write failed, and the next one is saved", () =>
    Effect.gen(function*() {
      for (const when of ["4", "10", "16"]) {
        assert.isAtMost((yield* failAt({ calls: "pwrite64", error: "EIO", when })).length, 2)
      }
    }))

  // All counts, and the other calls, are in deaths.slow.test.ts.
  it.effect("keeps every acknowledged version when it is killed on entering a write or a flush", () =>
    Effect.gen(function*() {
      for (const [call, count] of [["pwrite64", 5], ["pwrite64", 12], ["fsync", 3], ["fsync", 6]] as const) {
        assert.isTrue(yield* dieAt(yield* mortalStore, call, count), `${call} ${count}`)
      }
    }))
})
