/** Every class of what our own writers may leave, as whoever opens the store, lists and loads meets it. */
import { assert, describe, it } from "@effect/vitest"
import { randomId } from "@holdfast/core"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { encodeDocument } from "../../src/layout/envelope.ts"
import { tempFile } from "../../src/layout/files.ts"
import { faulty, listed, place, realFileSystem, sessionFiles, visit } from "../kit.ts"
import { smallDocument } from "../layout/documents.ts"
import { asked, inShort } from "./asked.ts"
import { keptAbout, keptCopies } from "./kept.ts"
import { content, main, saved, some, spoilt, temp } from "./own.ts"

describe("a temp file of ours", () => {
  it.live("is left to a newer version of the adapter, and hides nothing", () =>
    Effect.gen(function*() {
      const { folder } = yield* saved()
      place(folder, temp, "{\"holdfast\":99,\"later\":true}\n")
      const before = sessionFiles(folder)
      assert.deepStrictEqual(yield* content(folder), some("saved"))
      assert.deepStrictEqual(inShort(yield* asked(folder, "apply")), [
        ["ownTemp.newerFormat", "none", false, path.basename(temp)]
      ])
      assert.deepStrictEqual(sessionFiles(folder), before)
    }))

  it.live("is told by its class, beside its session", () =>
    Effect.gen(function*() {
      const { bytes, folder, tempOf } = yield* saved()
      const other = encodeDocument({ ...smallDocument, key: { namespace: ["acct"], id: "other" } })
      const rows: ReadonlyArray<readonly [content: Uint8Array, kind: string, action: "delete" | "quarantine"]> = [
        [bytes, "ownTemp.identical", "delete"],
        [tempOf(-1, "old"), "ownTemp.older", "delete"],
        [tempOf(1, "new"), "ownTemp.newer", "quarantine"],
        [spoilt(bytes).torn, "ownTemp.torn", "quarantine"],
        [spoilt(bytes).nul, "ownTemp.nul", "quarantine"],
        [spoilt(bytes).damaged, "ownTemp.damaged", "quarantine"],
        [spoilt(bytes).empty, "ownTemp.empty", "delete"],
        [Buffer.from("{\"other\":1}"), "ownTemp.json", "quarantine"],
        [other, "ownTemp.wrongId", "quarantine"]
      ]
      for (const [content, kind, action] of rows) {
        const copies = keptCopies(folder).length
        const file = place(folder, `acct/${tempFile("local_1", randomId())}`, content)
        assert.deepStrictEqual(inShort(yield* asked(folder, "apply")), [[kind, action, true, path.basename(file)]])
        assert.isFalse(fs.existsSync(file))
        assert.strictEqual(keptCopies(folder).length - copies, action === "quarantine" ? 1 : 0, kind)
      }
      assert.deepStrictEqual(keptAbout(folder).map(({ kind }) => kind).toSorted(), [
        "ownTemp.damaged",
        "ownTemp.json",
        "ownTemp.newer",
        "ownTemp.nul",
        "ownTemp.torn",
        "ownTemp.wrongId"
      ])
      assert.deepStrictEqual(yield* content(folder), some("saved"))
    }))
})

describe("a session's file", () => {
  it.live("is a finding in the place of another session's, and is not taken for it", () =>
    Effect.gen(function*() {
      const { folder } = yield* saved()
      fs.renameSync(path.join(folder, main), path.join(folder, "acct/local_2.json"))
      const before = sessionFiles(folder)
      assert.deepStrictEqual(yield* visit(folder, (adapter) => listed(adapter)), ["Corrupt local_2.json"])
      assert.deepStrictEqual(inShort(yield* asked(folder, "apply")), [
        ["sessionFile.wrongId", "none", false, "local_2.json"]
      ])
      assert.deepStrictEqual(sessionFiles(folder), before)
    }))

  it.live("is told to be a copy where somebody copied its folder", () =>
    Effect.gen(function*() {
      const { folder } = yield* saved()
      for (const copy of ["acct2", "acct - Copy"]) {
        fs.cpSync(path.join(folder, "acct"), path.join(folder, copy), { recursive: true })
      }
      const before = sessionFiles(folder)
      const rows = yield* visit(folder, (adapter) => listed(adapter))
      assert.deepStrictEqual(rows.toSorted(), ["Corrupt local_1.json", "Corrupt local_1.json", "local_1"])
      assert.deepStrictEqual(inShort(yield* asked(folder, "apply")), [
        ["sessionFile.duplicate", "none", false, "local_1.json"],
        ["sessionFile.duplicate", "none", false, "local_1.json"]
      ])
      assert.deepStrictEqual(sessionFiles(folder), before)
      assert.deepStrictEqual(yield* content(folder), some("saved"))
    }))

  it.live("is told by its class when it cannot be read", () =>
    Effect.gen(function*() {
      const { bytes, folder } = yield* saved()
      const { allNul, damaged, nul, torn } = spoilt(bytes)
      const newer = Buffer.from("{\"holdfast\":99,\"later\":true}\n")
      for (
        const [spoil, kind] of [[allNul, "nul"], [nul, "nul"], [damaged, "damaged"], [torn, "torn"], [
          newer,
          "newerFormat"
        ]] as const
      ) {
        const file = place(folder, main, spoil)
        // A file that was written a moment ago may have a writer.
        fs.utimesSync(file, 1_700_000_000, 1_700_000_000)
        const before = sessionFiles(folder)
        assert.match((yield* visit(folder, (adapter) => listed(adapter)))[0]!, /^(Corrupt|NewerFormat) local_1\.json$/)
        assert.deepStrictEqual(inShort(yield* asked(folder, "apply")), [
          [`sessionFile.${kind}`, "none", false, "local_1.json"]
        ])
        assert.deepStrictEqual(sessionFiles(folder), before)
      }
    }))

  it.live("is left, and reported, when the system refuses to read it", () =>
    Effect.gen(function*() {
      const { folder } = yield* saved()
      const fileSystem = faulty([{ operation: ["open", "readFile"], path: /local_1\.json$/, code: "EACCES" }])
      assert.deepStrictEqual(inShort(yield* asked(folder, "apply", { fileSystem })), [
        ["sessionFile.unreadable", "none", false, "local_1.json"]
      ])
      assert.deepStrictEqual(yield* content(folder), some("saved"))
    }))

  it.live("is not read on an open that adopts nothing, and is when somebody asks", () =>
    Effect.gen(function*() {
      const { folder } = yield* saved()
      let count = 0
      const fileSystem: typeof realFileSystem = {
        ...realFileSystem,
        open: (file, openOptions) => {
          if (file.endsWith("local_1.json")) count += 1
          return realFileSystem.open(file, openOptions)
        },
        readFile: (file) => {
          if (file.endsWith("local_1.json")) count += 1
          return realFileSystem.readFile(file)
        }
      }
      yield* visit(folder, () => Effect.void, { fileSystem })
      assert.strictEqual(count, 0)
      yield* asked(folder, "inspect", { fileSystem })
      assert.isAbove(count, 0)
    }))
})
