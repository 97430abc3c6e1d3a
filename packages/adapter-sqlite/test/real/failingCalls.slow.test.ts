import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { program } from "./app.ts"
import { failAt, type Failing } from "./failingCalls.ts"

// Every call that reads, writes, flushes or locks, failing once and failing for ever.
const cases = [
  ["fdatasync,fsync", "EIO", 24],
  ["pwrite64", "ENOSPC", 40],
  ["pwrite64", "EIO", 40],
  ["pread64", "EIO", 40],
  ["ftruncate", "EIO", 8],
  ["unlink", "EIO", 6]
] as const

layer(program, { excludeTestServices: true })("a program of which a system call fails", (it) => {
  for (const [calls, error, countMax] of cases) {
    for (const suffix of ["", "+"]) {
      it.effect(`says what is true of every change: ${error} at ${calls}, ${suffix === "" ? "once" : "for ever"}`, () =>
        Effect.gen(function*() {
          const told = new Set<string>()
          for (let count = 1; count <= countMax; count++) {
            const when = `${count}${suffix}`
            const failing: Failing = { calls, error, when, ...(calls === "pread64" ? { of: "database" } : {}) }
            for (const reason of yield* failAt(failing)) told.add(reason)
          }
          assert.notInclude([...told].join(), "Unclassified")
        }))
    }
  }
})
