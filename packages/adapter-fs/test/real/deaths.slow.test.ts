import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { dieAt } from "../../../../testing/real/deaths.ts"
import { program } from "./app.ts"
import { mortalFolder } from "./mortals.ts"

// What changes the disk, and `write`, by which the thread pool announces each call that it has carried out.
const calls = ["pwrite64", "fdatasync", "fsync", "rename", "unlink", "ftruncate", "mkdir", "write"] as const

const cases = (["rename", "slots"] as const).flatMap((commit) => calls.map((call) => [commit, call] as const))

layer(program, { excludeTestServices: true })("a program that is killed on entering a system call", (it) => {
  it.effect.each(cases)(
    "keeps every acknowledged version, in %s at every %s",
    ([commit, call]) =>
      Effect.gen(function*() {
        // There are hundreds of announcements; every third lies between every two system calls that matter.
        const step = call === "write" ? 3 : 1
        let count = 1
        while (yield* dieAt(yield* mortalFolder(commit), call, count)) count += step
        const isMade = !(commit === "rename" && call === "ftruncate")
        assert.strictEqual(count > 1, isMade, `${call} was never made`)
      })
  )
})
