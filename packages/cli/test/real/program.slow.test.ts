/**
 * The program itself, as a process: on a pipe that is closed early, under its user's interrupt, over modules of its
 * user's own, and on the disk as it is.
 */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { existsSync, readdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Program, temporaryFolder } from "../../../../testing/real/app.ts"
import { startChild } from "../../../../testing/real/child.ts"
import { filesWith } from "../stores.ts"
import { holdfast, programLayer, start } from "./program.ts"

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

  it.effect("checks an adapter by the laws and the Effect that lie beside its module", () =>
    Effect.gen(function*() {
      const module = join(import.meta.dirname, "../../../adapter-memory/test/harness.ts")
      const folder = yield* temporaryFolder
      // What is installed beside it is found there, and not beside the program.
      symlinkSync(join(import.meta.dirname, "../../../../node_modules"), join(folder, "node_modules"))
      const own = join(folder, "harness.ts")
      writeFileSync(own, `export { memory as harness } from ${JSON.stringify(module)}\n`)
      const environment = { NODE_OPTIONS: "--conditions=@holdfast/source" }
      const checked = yield* holdfast(["validate-adapter", own, "--json"], { environment })
      const { adapter, broken, kept } = JSON.parse(checked.stdout) as Record<string, unknown>
      assert.deepStrictEqual([checked.code, adapter, broken], [0, "memory", []], checked.stderr)
      assert.isAbove(Number(kept), 100)
      const nowhere = join(folder, "nowhere.js")
      writeFileSync(nowhere, "export { harness } from \"./missing.js\"\n")
      const failed = yield* holdfast(["validate-adapter", nowhere])
      assert.deepStrictEqual([failed.code, failed.stdout], [2, ""])
      assert.include(failed.stderr, "cannot be loaded: Cannot find module")
    }))

  it.effect("measures the disk as long as it is told to, and leaves nothing behind", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const ran = yield* holdfast(["bench", "--store", join(folder, "sessions"), "--seconds", "5"])
      assert.include([0, 1], ran.code, ran.stderr)
      for (const what of ["the disk alone", "a durable save", "a durable append", "a session read", "a listing"]) {
        assert.match(ran.stdout, new RegExp(`^${what}.* +\\d+(?: +[\\d.e+-]+ ms){3}$`, "m"))
      }
      assert.deepStrictEqual(readdirSync(folder), [])
    }))
})
