/**
 * The program itself, as a process. What it does in all other respects is tested in the process of the tests.
 */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { temporaryFolder } from "../../../../testing/real/app.ts"
import { filesWith } from "../stores.ts"
import { holdfast, programLayer } from "./program.ts"

layer(programLayer, { excludeTestServices: true })("the program", (it) => {
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
