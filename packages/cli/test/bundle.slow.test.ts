/** Bundles that were cut off, at every kind of place. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readFileSync, writeFileSync } from "node:fs"
import { withSource } from "./bundles.ts"
import { runCli } from "./cli.ts"
import { chats } from "./stores.ts"

describe("export and import", () => {
  it.live("a bundle that was cut off anywhere is continued by the same command", () =>
    withSource(chats, ({ bundle, source, target }) =>
      Effect.gen(function*() {
        yield* runCli(["export", "--store", source, "--out", bundle])
        const whole = readFileSync(bundle)
        for (const bytes of [0, 10, 400, 900, 1500, whole.length - 60, whole.length - 2]) {
          writeFileSync(bundle, whole.subarray(0, bytes))
          const ran = yield* runCli(["export", "--store", source, "--out", bundle])
          assert.strictEqual(ran.code, 0, ran.stderr)
          assert.deepStrictEqual(
            readFileSync(bundle, "utf8").split("\n").toSorted(),
            whole.toString().split("\n").toSorted()
          )
        }
        assert.strictEqual((yield* runCli(["import", bundle, "--store", target])).code, 0)
        const again = yield* runCli(["export", "--store", source, "--out", bundle])
        assert.include(again.stderr, "is a whole bundle already")
      })))
})
