import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { dieAt } from "../../../../testing/real/deaths.ts"
import { program } from "./app.ts"
import { mortalStore } from "./mortals.ts"

// What changes the disk, locks it, or maps the index of the log.
const calls = ["pwrite64", "fsync", "unlink", "ftruncate", "fcntl", "mmap"] as const

layer(program, { excludeTestServices: true })("a program that is killed on entering a system call", (it) => {
  it.effect.each(calls)(
    "keeps every acknowledged version, at every %s",
    (call) =>
      Effect.gen(function*() {
        // Locks are taken and given back hundreds of times; Node maps its own memory before the store is opened.
        const step = call === "fcntl" ? 3 : call === "mmap" ? 5 : 1
        let count = 1
        while (yield* dieAt(yield* mortalStore, call, count)) count += step
        assert.isAbove(count, 1, `${call} was never made`)
      })
  )
})
