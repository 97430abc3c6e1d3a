/** Another program goes on writing the files that were adopted from it: nothing of either side is lost. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import {
  commit,
  failureOf,
  findings,
  list,
  open,
  place,
  put,
  quickFolder,
  remove,
  sessionFiles,
  visit
} from "../kit.ts"
import { adopt, key, main, sessionKeys, temp, textOf, title } from "../recovery/foreign.ts"

for (const protocol of ["rename", "slots"] as const) {
  const options = { commit: protocol, adopt }

  describe(`another program that is still running, with ${protocol}`, () => {
    it.live("finds its temp file in its place after the adoption, the same file with the same bytes", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const file = place(folder, temp, textOf("theirs"))
        const before = fs.statSync(file).ino
        yield* visit(
          folder,
          (adapter) => Effect.map(title(adapter), (own) => assert.strictEqual(own, "theirs")),
          options
        )
        assert.deepStrictEqual([fs.statSync(file).ino, fs.readFileSync(file, "utf8")], [before, textOf("theirs")])
      }))

    it.live("writes plain JSON over a session of an open store, which is kept, reported and not current", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const adapter = yield* open(folder, options)
        yield* commit(adapter, put(key, { title: "ours" }))
        const file = path.join(folder, main)
        fs.writeFileSync(path.join(folder, temp), textOf("theirs"))
        fs.renameSync(path.join(folder, temp), file)
        const before = sessionFiles(folder)
        for (
          const call of [adapter.load(key), commit(adapter, put(key, { title: "over" })), commit(adapter, remove(key))]
        ) {
          assert.deepStrictEqual(yield* failureOf(call), ["Corrupt", "notApplied"])
        }
        const rows = yield* list(adapter)
        assert.deepStrictEqual(rows.map((row) => [row._tag, row._tag === "Unreadable" && row.place]), [
          ["Unreadable", file]
        ])
        assert.deepStrictEqual(sessionFiles(folder), before)
        const found = yield* findings(adapter, "inspect")
        assert.isTrue(found.some((finding) => finding.place === file), JSON.stringify(found))
      }))

    it.live("does not bring a removed session back with the document that it was adopted from", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        place(folder, temp, textOf("theirs"))
        yield* visit(folder, (adapter) => commit(adapter, remove(key)), options)
        fs.rmSync(path.join(folder, temp))
        assert.deepStrictEqual(yield* visit(folder, sessionKeys, options), [])
        place(folder, temp, textOf("theirs"))
        assert.deepStrictEqual(yield* visit(folder, sessionKeys, options), [])
        assert.strictEqual(sessionFiles(folder)[temp], textOf("theirs"))
      }))
  })
}
