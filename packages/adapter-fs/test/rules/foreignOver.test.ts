/** Another program renamed its document over a session while no store was open. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { visitAged } from "../catalog/aged.ts"
import { commit, listed, place, put, quickFolder, remove, visit } from "../kit.ts"
import { adopt, key, main, temp, textOf } from "../recovery/foreign.ts"

for (const protocol of ["rename", "slots"] as const) {
  const options = { commit: protocol, adopt }

  describe(`a document that was renamed over a session of a closed store, with ${protocol}`, () => {
    it.live("is kept, reported and not current where the catalog knows the session", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        yield* visitAged(folder, (adapter) => commit(adapter, put(key, { title: "acknowledged" })), options)
        const file = path.join(folder, main)
        fs.writeFileSync(`${file}.new`, textOf("theirs"))
        fs.renameSync(`${file}.new`, file)
        assert.deepStrictEqual(yield* visit(folder, (adapter) => listed(adapter), options), ["Corrupt local_1.json"])
        assert.strictEqual(fs.readFileSync(file, "utf8"), textOf("theirs"))
      }))

    it.live("does not bring a removed session back with the document that it was adopted from", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        place(folder, temp, textOf("theirs"))
        yield* visitAged(folder, (adapter) => commit(adapter, remove(key)), options)
        // The other program finishes what it had begun: the very bytes that were adopted take the main name.
        fs.renameSync(path.join(folder, temp), path.join(folder, main))
        const rows = yield* visit(folder, (adapter) => listed(adapter), options)
        assert.notInclude(rows, "local_1")
      }))
  })
}
