/** What becomes of acknowledged entries and listed folders when something else goes missing. */
import { assert, describe, it } from "@effect/vitest"
import { Session } from "@holdfast/core"
import { Effect, Option, Schema } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { append, commit, contentOf, entriesOf, faulty, list, open, put, quickFolder, visit } from "../kit.ts"

const key = { namespace: ["acct"], id: "s" }
const protocols = ["rename", "slots"] as const

const Doc = Session.define("note", { state: Schema.Struct({ n: Schema.Int }) })
const adopt = Session.adopter(Doc, (json) => Schema.decodeUnknownOption(Schema.Struct({ state: Doc.state }))(json))
const orphan = JSON.stringify({ state: { n: 7 } })

const keptIn = (folder: string): string => {
  const kept = path.join(folder, "lost-found")
  return fs.existsSync(kept)
    ? fs.readdirSync(kept).map((name) => fs.readFileSync(path.join(kept, name), "utf8")).join("")
    : ""
}

describe("entries whose head was lost", () => {
  it.live.each(protocols)(
    "are set aside before a new life's entries take their place, with %s",
    (protocol) =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const adapter = yield* open(folder, { commit: protocol })
        yield* commit(adapter, put(key, 1))
        yield* commit(adapter, append(key, ["acknowledged"]))
        for (const name of ["s.json", "s.alt.json"]) fs.rmSync(path.join(folder, "acct", name), { force: true })
        yield* commit(adapter, put(key, 2))
        yield* commit(adapter, append(key, ["new"]))
        assert.deepStrictEqual(yield* entriesOf(adapter, key), ["new"])
        assert.include(keptIn(folder), "acknowledged")
      })
  )

  it.live("keep another program's file in the head's place from being adopted", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visit(folder, (adapter) => commit(adapter, put(key, 1), append(key, ["acknowledged"])))
      fs.writeFileSync(path.join(folder, "acct", "s.json"), orphan)
      const adapter = yield* open(folder, { adopt })
      const error = yield* Effect.flip(adapter.load(key))
      assert.strictEqual(error.reason._tag, "Corrupt")
      assert.strictEqual(fs.readFileSync(path.join(folder, "acct", "s.json"), "utf8"), orphan)
    }))
})

describe("an orphan that nobody could list", () => {
  it.live("is adopted before it is written to", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      fs.mkdirSync(path.join(folder, "acct"))
      fs.writeFileSync(path.join(folder, "acct", "s.json.tmp"), orphan)
      const adapter = yield* open(folder, {
        adopt,
        fileSystem: faulty([{ operation: "readDirectory", code: "UNKNOWN" }])
      })
      const refused = yield* Effect.flip(commit(adapter, put(key, { n: 1 }, { expect: "absent" })))
      assert.strictEqual(refused.reason._tag, "Conflict")
      yield* commit(adapter, append(key, ["more"], { expect: "present" }))
      assert.deepStrictEqual(yield* contentOf(adapter, key), Option.some({ state: { n: 7 }, entries: ["more"] }))
    }))
})

describe("a folder that its parent names", () => {
  it.live("is a row when listing it says that it is not there", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visit(folder, (adapter) => commit(adapter, put(key, 1)))
      const rules = [{ operation: "readDirectory", path: /acct$/, code: "ENOENT" }] as const
      const adapter = yield* open(folder, { fileSystem: faulty(rules) })
      const rows = yield* list(adapter)
      assert.deepStrictEqual(rows.map((row) => row._tag), ["Unreadable"])
      const error = yield* Effect.flip(list(adapter, { namespace: ["acct"] }))
      assert.strictEqual(error.reason._tag, "DirectoryUnreadable")
    }))

  it.live("is a row when it is a link to what is gone", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      fs.symlinkSync(path.join(folder, "nowhere"), path.join(folder, "acct"))
      const rows = yield* list(yield* open(folder))
      assert.deepStrictEqual(rows.map((row) => row._tag), ["Unreadable"])
    }))
})
