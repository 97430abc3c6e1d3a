/** Two processes that publish the heads of one session in different ways: each reads and continues what the other wrote. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { openElsewhere } from "../conformance/elsewhere.ts"
import { append, change, commit, contentOf, list, open, put, quickFolder, versionOf, visit } from "../kit.ts"

const key = { namespace: ["acct"], id: "local_1" }

describe("a process that knows a session by one name", () => {
  it.live("reads and continues the newest version of one that keeps it in slots", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const mine = yield* open(folder, { commit: "rename" })
      const { adapter: theirs } = yield* openElsewhere({ directory: folder, commit: "slots" })
      const entries: Array<number> = []
      let version = versionOf(yield* commit(mine, put(key, 0)))
      for (let round = 1; round <= 2; round++) {
        // Three saves of the other one leave both of its names newer than the one that is known here.
        for (const state of [`${round}a`, `${round}b`, `${round}c`]) {
          const receipt = yield* theirs.commit(change(put(key, state)))
          assert.strictEqual(versionOf(receipt), version += 1)
          assert.deepStrictEqual(yield* contentOf(mine, key), Option.some({ state, entries }))
        }
        const heads = yield* list(mine)
        assert.deepStrictEqual(heads.map((row) => row._tag === "StoredHead" ? Number(row.version) : 0), [version])
        entries.push(round)
        const receipt = yield* commit(mine, put(key, round), append(key, [round]))
        assert.strictEqual(versionOf(receipt), version += 1)
        assert.deepStrictEqual(yield* contentOf(theirs, key), Option.some({ state: round, entries }))
      }
      for (const commit of ["rename", "slots"] as const) {
        const content = yield* visit(folder, (adapter) => contentOf(adapter, key), { commit })
        assert.deepStrictEqual(content, Option.some({ state: 2, entries }))
      }
    }))
})
