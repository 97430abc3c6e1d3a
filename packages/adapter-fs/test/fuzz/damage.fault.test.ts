/** A sample of the damage that the long test does, and what only many cases would meet by chance. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { stackless } from "../scenario/hurried.ts"
import { crowdedStore } from "./crowdedStore.ts"
import { damageEnd, filesIn } from "./damage.ts"
import { survivesDamage } from "./fuzz.ts"
import { tryDamage } from "./verdict.ts"

survivesDamage(12, "brief")

it.live(
  "whatever byte stands where the last line of a log ends, nothing of it is lost",
  () =>
    stackless(Effect.scoped(Effect.gen(function*() {
      const store = yield* crowdedStore
      const logs = filesIn(store.folder).filter((file) => /\.entries(\.\d+)?\.jsonl$/.test(file))
      assert.isAbove(logs.length, 8)
      const verdicts = yield* Effect.forEach(
        logs,
        (file, index) => tryDamage(store, "brief", (folder) => Effect.sync(() => damageEnd(folder, file, index % 8)))
      )
      assert.deepStrictEqual(verdicts.flatMap(({ broken }) => broken), [])
    }))),
  120_000
)
