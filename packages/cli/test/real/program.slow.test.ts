/**
 * The program itself, as a process: on a pipe that is closed early, under its user's interrupt, over modules of its
 * user's own, and on the disk as it is.
 */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { Program, temporaryFolder } from "../../../../testing/real/app.ts"
import { startChild } from "../../../../testing/real/child.ts"
import { filesWith } from "../stores.ts"
import { programLayer, start } from "./program.ts"

layer(programLayer, { excludeTestServices: true })("the program", (it) => {
  it.effect("ends without a word when nobody reads its output any more, and says so where it cannot be written", () =>
    Effect.gen(function*() {
      const store = join(yield* temporaryFolder, "sessions")
      yield* filesWith(store, [{ key: "acct/a", state: { title: "x".repeat(300_000) } }])
      const { file } = yield* Program
      const shell = (command: string) =>
        Effect.scoped(Effect.flatMap(
          startChild(["/bin/sh", "-c", command, process.execPath, file, store]),
          ({ close }) => close
        ))
      const cut = yield* shell(`{ "$0" "$1" export --store "$2"; echo "ended with $?" >&2; } | head -c 10 >/dev/null`)
      assert.match(cut.errors, /^(?:1 session exported\.\n)?ended with 141\n$/)
      const full = yield* shell(`"$0" "$1" ls --store "$2" >/dev/full`)
      assert.strictEqual(full.code, 3)
      assert.include(full.errors, "cannot be written: ENOSPC")
    }))

  it.effect("is interrupted by its user, and says how to go on", () =>
    Effect.gen(function*() {
      const store = join(yield* temporaryFolder, "sessions")
      const waiting = yield* start(["import", "-", "--store", store])
      yield* Effect.suspend(() => existsSync(store) ? Effect.void : Effect.fail("early")).pipe(
        Effect.retry({ schedule: Schedule.spaced("5 millis"), times: 2000 })
      )
      yield* Effect.sync(() => process.kill(waiting.pid, "SIGINT"))
      const { code, errors } = yield* waiting.ended
      assert.strictEqual(code, 130)
      assert.include(errors, "Interrupted. What was done is whole and stays")
    }))
})
