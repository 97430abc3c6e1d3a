/** The conformance kit from the command line: adapters that keep the laws, one that breaks some, and modules that are none. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { golden, goldenRuns, inFolder, runCli, shownOf } from "./cli.ts"

const memory = join(import.meta.dirname, "../../adapter-memory/test/harness.ts")

// It says that a session was written, and writes nothing.
const forgetful = `
import { memory } from ${JSON.stringify(memory)}
import { Effect } from "effect"
const forget = (adapter) => ({ ...adapter, load: (key) => adapter.load({ ...key, id: key.id + "-nowhere" }) })
export default {
  name: "forgetful",
  fresh: Effect.map(memory.fresh, (storage) => ({ ...storage, open: Effect.map(storage.open, forget) }))
}
`

const withModule = <A, E, R>(code: string, test: (module: string, directory: string) => Effect.Effect<A, E, R>) =>
  inFolder((directory) => {
    const module = join(directory, "harness.ts")
    writeFileSync(module, code)
    return test(module, directory)
  })

const keeping = `export { memory as harness } from ${JSON.stringify(memory)}`

describe("validate-adapter", () => {
  it.live("an adapter that keeps its laws is told so, with how many do not apply", () =>
    withModule(keeping, (module, directory) =>
      Effect.gen(function*() {
        const args = ["validate-adapter", module, "--only", "versions", "--only", "kills"]
        yield* goldenRuns("validate-adapter", args, { directory })
      })))

  it.live("a law that is broken is named with what was found, and a script fails", () =>
    withModule(forgetful, (module, directory) =>
      Effect.gen(function*() {
        const { json, text } = yield* goldenRuns(
          "validate-adapter.broken",
          ["validate-adapter", module, "--only", "put.isRead", "--only", "round trip"],
          { directory }
        )
        assert.deepStrictEqual([text.code, json.code], [1, 1])
        const { broken } = JSON.parse(json.stdout) as { broken: ReadonlyArray<{ law: string }> }
        const gaps = broken.flatMap(({ law }) => ["--gap", law])
        const known = yield* runCli(["validate-adapter", module, "--only", "round trip", ...gaps])
        assert.strictEqual(known.code, 0, known.stdout)
      })))

  it.live("a gap that is none any more fails, until it is left out", () =>
    withModule(keeping, (module, directory) =>
      Effect.gen(function*() {
        const ran = yield* runCli(["validate-adapter", module, "--only", "put.isRead", "--gap", "put.isRead"])
        golden("validate-adapter.closed.text", shownOf(directory, ran))
      })))

  it.live("a module that is no harness is refused, and so is a law that is none", () =>
    withModule(
      "export const harness = { name: \"no Effect\", fresh: () => ({}) }",
      (module, directory) =>
        Effect.gen(function*() {
          yield* goldenRuns("validate-adapter.noHarness", ["validate-adapter", module], { directory })
          const missing = yield* runCli(["validate-adapter", join(directory, "nowhere.ts")])
          assert.strictEqual(missing.code, 2)
          assert.include(missing.stderr, "there is no module")
          writeFileSync(join(directory, "keeping.ts"), keeping)
          const unknown = yield* runCli(["validate-adapter", join(directory, "keeping.ts"), "--only", "put.sings"])
          assert.strictEqual(unknown.code, 64)
          assert.include(unknown.stderr, "no law is named \"put.sings\"")
        })
    ))
})
