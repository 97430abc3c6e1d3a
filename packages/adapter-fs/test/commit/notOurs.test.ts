/** What this version cannot read, or did not write, is refused by every call and stays as it is. */
import { assert, describe, it } from "@effect/vitest"
import { NewerFormat } from "@holdfast/core"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { failureOf, listed, load, place, quickFolder, visit } from "../kit.ts"
import { names, protocols, reasonIn, refusesAll, twoSlots } from "./unreadableHead.ts"

describe("a record of a newer format", () => {
  const newer = "{\"holdfast\":2,\"anything\":[1,2],\n\"state\":{}}\n"

  for (const name of [names.main, names.alt]) {
    it.live(`is refused by every call and stays as it is: ${name}`, () =>
      Effect.gen(function*() {
        for (const options of protocols) {
          const folder = yield* quickFolder
          place(folder, name, newer)
          yield* refusesAll(folder, "NewerFormat", options)
          const reason = yield* reasonIn(folder, options)
          assert.deepStrictEqual(
            reason,
            new NewerFormat({ at: path.join(folder, name), format: 2, known: 1, outcome: "notApplied" })
          )
          assert.deepStrictEqual(yield* visit(folder, (adapter) => listed(adapter), options), [
            `NewerFormat ${path.basename(name)}`
          ])
        }
      }))
  }

  it.live("is not hidden by an older version beside it", () =>
    Effect.gen(function*() {
      const { folder, paths } = yield* twoSlots
      fs.writeFileSync(paths.main, newer)
      yield* refusesAll(folder, "NewerFormat", { commit: "slots" })
    }))
})

describe("what is not ours at a session's name", () => {
  const contents: Record<string, string> = {
    "another program's JSON": "{\"title\":\"foreign\"}",
    "text": "hello\n",
    "bytes": "\u0000\u0001\u00ff",
    "nothing": ""
  }
  for (const [what, content] of Object.entries(contents)) {
    it.live(`is refused by every call and stays as it is: ${what}`, () =>
      Effect.gen(function*() {
        for (const options of protocols) {
          const folder = yield* quickFolder
          place(folder, names.main, Buffer.from(content, "latin1"))
          yield* refusesAll(folder, "Corrupt", options)
        }
      }))
  }

  it.live("is refused when it is a folder", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      place(folder, `${names.main}/file`, "in it")
      yield* refusesAll(folder, "Corrupt")
    }))

  it.live("is refused when it is another session's file", () =>
    Effect.gen(function*() {
      const { folder, paths } = yield* twoSlots
      fs.copyFileSync(paths.alt, path.join(folder, "acct/local_2.json"))
      const failure = yield* visit(
        folder,
        (adapter) => failureOf(load(adapter, { namespace: ["acct"], id: "local_2" }))
      )
      assert.deepStrictEqual(failure, ["Corrupt", "notApplied"])
      fs.mkdirSync(path.join(folder, "other"))
      fs.copyFileSync(paths.alt, path.join(folder, "other/local_1.json"))
      const elsewhere = yield* visit(
        folder,
        (adapter) => failureOf(load(adapter, { namespace: ["other"], id: "local_1" }))
      )
      assert.deepStrictEqual(elsewhere, ["Corrupt", "notApplied"])
    }))
})
