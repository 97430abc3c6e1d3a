/** What `lost-found/` keeps is told about, and is there before its source is gone, wherever a recovery is cut short. */
import { assert, describe, it } from "@effect/vitest"
import { randomId } from "@holdfast/core"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { checksum } from "../../src/layout/checksum.ts"
import { encodeDocument } from "../../src/layout/envelope.ts"
import { tempFile } from "../../src/layout/files.ts"
import { type FaultRule } from "../../src/testing/FaultyFileSystem.ts"
import {
  append,
  commit,
  contentOf,
  faulty,
  findings,
  lostFound,
  place,
  put,
  quickFolder,
  sessionFiles,
  visit
} from "../kit.ts"
import { smallDocument } from "../layout/documents.ts"
import { keptAbout, keptBytes, keptCopies } from "./kept.ts"

const key = { namespace: ["acct"], id: "local_1" }
const secret = "the secret text"
const temp = `acct/${tempFile("local_1", randomId())}`
const wrong = encodeDocument({ ...smallDocument, body: JSON.stringify(secret) })
const torn = `{"holdfast":1,"${secret}`

const operations = ["write", "sync", "remove", "makeDirectory", "open"] as const

/** One call that fails before or after it did its work, with what to say of it. */
const interrupted = operations.flatMap((operation) =>
  [1, 2, 3, 4, 5, 6].flatMap((nth) =>
    [true, false].map((afterwards): readonly [law: string, rule: FaultRule] => [
      `${operation} ${nth}, ${afterwards ? "after" : "before"} its work`,
      { operation, code: "EIO", path: /lost-found|\.tmp$/, afterwards, calls: (call) => call === nth }
    ])
  )
)

describe("a copy in lost-found", { concurrent: false }, () => {
  it.live("is told about: where it comes from, why, and what is in it, but not its content", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      place(folder, temp, wrong)
      yield* visit(folder, () => Effect.void)
      const [about, ...others] = keptAbout(folder)
      assert.deepStrictEqual(others, [])
      const { at, ...rest } = about!
      assert.isAtMost(Math.abs(at - Date.now()), 60_000)
      assert.deepStrictEqual(rest, {
        from: temp,
        key,
        kind: "ownTemp.wrongId",
        bytes: wrong.length,
        checksum: checksum(wrong),
        version: smallDocument.version,
        holds: smallDocument.key
      })
      assert.notInclude(JSON.stringify(about), secret)
    }))

  it.live("is told about when it was cut off a log", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visit(folder, (adapter) => commit(adapter, put(key, 1), append(key, ["a"])))
      fs.rmSync(path.join(folder, "acct/local_1.json"))
      const entries = fs.readFileSync(path.join(folder, "acct/local_1.entries.jsonl"), "latin1")
      yield* visit(folder, () => Effect.void)
      assert.deepStrictEqual(keptBytes(folder), { "acct/local_1.entries.jsonl": entries })
      assert.deepStrictEqual(keptAbout(folder).map(({ key: of, kind }) => [of, kind]), [[key, "log.orphan"]])
    }))

  it.live("is one copy, with one account of it, however often putting it there was cut short", () =>
    Effect.gen(function*() {
      for (const [law, rule] of interrupted) {
        const folder = yield* quickFolder
        place(folder, temp, torn)
        yield* visit(folder, () => Effect.void, { fileSystem: faulty([rule]) })
        const isThere = fs.existsSync(path.join(folder, temp))
        assert.isTrue(isThere || Object.values(sessionFiles(folder)).includes(torn))
        yield* visit(folder, () => Effect.void)
        assert.deepStrictEqual(keptBytes(folder), { [temp]: torn }, law)
        assert.strictEqual(keptCopies(folder).length, 1, law)
        assert.strictEqual(lostFound(folder).length, 2, law)
        const before = sessionFiles(folder)
        yield* visit(folder, (adapter) =>
          Effect.gen(function*() {
            const found = yield* findings(adapter, "apply")
            assert.deepStrictEqual(found, [])
            assert.strictEqual((yield* contentOf(adapter, key))._tag, "None")
          }))
        assert.deepStrictEqual(sessionFiles(folder), before, law)
      }
    }))

  it.live("is completed when its account was cut off", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      place(folder, temp, torn)
      yield* visit(folder, () => Effect.void)
      const account = path.join(folder, lostFound(folder).find((name) => name.endsWith(".about.json"))!)
      for (const left of ["", "{\"at\":17"]) {
        fs.writeFileSync(account, left)
        place(folder, temp, torn)
        yield* visit(folder, () => Effect.void)
        assert.deepStrictEqual(keptBytes(folder), { [temp]: torn })
      }
    }))
})
