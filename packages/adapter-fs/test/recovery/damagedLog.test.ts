/** A damaged log, as a recovery that somebody asks for finds and repairs it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { append, commit, entriesOf, put, quickFolder, sessionFiles, visit } from "../kit.ts"
import { acts, asked } from "./asked.ts"
import { keptBytes } from "./kept.ts"

const key = { namespace: ["acct"], id: "local_1" }
const log = "acct/local_1.entries.jsonl"

describe("a damaged log", () => {
  it.live("is left by an open, and repaired once by a recovery, which keeps what it cuts out", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visit(folder, (adapter) =>
        Effect.andThen(
          commit(adapter, put(key, 1), append(key, ["a", "b"])),
          commit(adapter, append(key, ["c"]))
        ))
      const file = path.join(folder, log)
      const damaged = fs.readFileSync(file, "latin1").replace("\"b\"", "\"x\"")
      fs.writeFileSync(file, damaged, "latin1")
      assert.deepStrictEqual(yield* visit(folder, (adapter) => entriesOf(adapter, key)), ["a", "Corrupt", "c"])
      const kind = ["log.damaged", "repair"] as const
      assert.deepStrictEqual(acts(yield* asked(folder, "inspect")), [[...kind, false, path.basename(log)]])
      assert.strictEqual(fs.readFileSync(file, "latin1"), damaged)
      assert.deepStrictEqual(acts(yield* asked(folder, "apply")), [[...kind, true, path.basename(log)]])
      assert.include(Object.values(keptBytes(folder)).join(""), "\"x\"")
      const before = sessionFiles(folder)
      assert.deepStrictEqual(acts(yield* asked(folder, "apply")), [])
      assert.deepStrictEqual(sessionFiles(folder), before)
      const entries = yield* visit(folder, (adapter) => entriesOf(adapter, key))
      assert.include(entries, "a")
      assert.include(entries, "c")
    }))
})
