/**
 * The program itself, as a process: on a pipe, on a pipe that is closed early, and under its user's interrupt.
 *
 * What it does in all other respects is tested in the process of the tests.
 */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Program, temporaryFolder } from "../../../../testing/real/app.ts"
import { startChild } from "../../../../testing/real/child.ts"
import { filesWith } from "../stores.ts"

interface Under {
  readonly under?: ReadonlyArray<string> | undefined
  readonly environment?: Readonly<Record<string, string>> | undefined
}

const start = Effect.fnUntraced(function*(args: ReadonlyArray<string>, { environment, under = [] }: Under = {}) {
  const { file } = yield* Program
  return yield* startChild([...under, process.execPath, file, ...args], { environment })
})

/** Runs the program as a person would, and gives what it printed. */
const holdfast = Effect.fnUntraced(function*(args: ReadonlyArray<string>, under?: Under) {
  const child = yield* start(args, under)
  const { code, errors } = yield* child.close
  return { code, stdout: child.lines.join("\n"), stderr: errors }
}, Effect.scoped)

const program = Program.layer(join(import.meta.dirname, "../../src/main.ts"))

layer(program, { excludeTestServices: true })("the program", (it) => {
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

  it.effect("prints JSON and nothing else on a pipe, and says on the other one what went wrong", () =>
    Effect.gen(function*() {
      const store = join(yield* temporaryFolder, "sessions")
      yield* filesWith(store, [{ key: "acct/a", state: { title: "One" } }])
      writeFileSync(join(store, "acct/torn.json"), "{")
      const listed = yield* holdfast(["ls", "--store", store, "--json", "--log-level", "debug"])
      assert.lengthOf(JSON.parse(listed.stdout).sessions, 1)
      assert.strictEqual(listed.code, 1)
      const missing = yield* holdfast(["show", "nobody", "--store", store], {
        environment: { FORCE_COLOR: "1", NO_COLOR: "1" }
      })
      assert.deepStrictEqual([missing.code, missing.stdout], [2, ""])
      assert.include(missing.stderr, "Failed: there is no session \"nobody\" in this store.\nChanged: nothing.")
    }))
})
