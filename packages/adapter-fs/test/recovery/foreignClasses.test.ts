/** Every class of what another program may leave, as whoever opens the store, lists and loads meets it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { encodeDocument } from "../../src/layout/envelope.ts"
import {
  commit,
  contentOf,
  faulty,
  findings,
  listed,
  load,
  place,
  put,
  quickFolder,
  realFileSystem,
  sessionFiles,
  visit
} from "../kit.ts"
import { smallDocument } from "../layout/documents.ts"
import { acts, asked, inShort } from "./asked.ts"
import { adopt, aged, key, main, protocols, temp, textOf, title } from "./foreign.ts"
import { keptAbout, keptBytes } from "./kept.ts"

for (const options of protocols) {
  const name = options.commit ?? "auto where renames are refused"
  const opened = (folder: string) => visit(folder, (adapter) => Effect.all([title(adapter), listed(adapter)]), options)

  describe(`a finished file and its temp file, with ${name}`, () => {
    it.live("are told apart by the time that they say inside, whatever their files' times say", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        place(folder, main, textOf("old", 1000))
        aged(place(folder, temp, textOf("new", 2000)))
        assert.deepStrictEqual(yield* opened(folder), ["new", ["local_1"]])
        assert.strictEqual(keptBytes(folder)[main], textOf("old", 1000))
        assert.strictEqual(sessionFiles(folder)[temp], textOf("new", 2000))
        const before = sessionFiles(folder)
        assert.deepStrictEqual(yield* opened(folder), ["new", ["local_1"]])
        assert.deepStrictEqual(acts(yield* asked(folder, "apply", options)), [])
        assert.deepStrictEqual(sessionFiles(folder), before)
      }))

    for (
      const [law, own, finished, kind] of [
        ["older", textOf("temp", 1000), textOf("finished", 2000), "foreignTemp.older"],
        ["of the same time", textOf("temp", 1000), textOf("finished", 1000), "foreignTemp.undecided"],
        ["silent about its time", textOf("temp"), textOf("finished", 1000), "foreignTemp.undecided"],
        ["beside one that is silent", textOf("temp", 1000), textOf("finished"), "foreignTemp.undecided"]
      ] as const
    ) {
      it.live(`are both kept, and the finished one is the session, when the temp file is ${law}`, () =>
        Effect.gen(function*() {
          const folder = yield* quickFolder
          place(folder, main, finished)
          place(folder, temp, own)
          assert.include(inShort(yield* asked(folder, "inspect", options)).map(([found]) => found), kind)
          for (let life = 0; life < 2; life++) {
            assert.deepStrictEqual(yield* opened(folder), ["finished", ["Corrupt local_1.json.tmp", "local_1"]])
          }
          assert.strictEqual(sessionFiles(folder)[temp], own)
          assert.strictEqual(keptBytes(folder)[main], finished)
        }))
    }

    it.live("are one session when they are the same", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        place(folder, main, textOf("same"))
        place(folder, temp, textOf("same"))
        assert.deepStrictEqual(yield* opened(folder), ["same", ["local_1"]])
      }))

    for (const [law, finished] of [["torn", "{\"title\":\"to"], ["half unwritten", "{\"title\":\"\0\0\0\0"]] as const) {
      it.live(`are the temp file's session when the finished one is ${law}`, () =>
        Effect.gen(function*() {
          const folder = yield* quickFolder
          aged(place(folder, main, finished))
          place(folder, temp, textOf("rescued"))
          assert.deepStrictEqual(yield* opened(folder), ["rescued", ["local_1"]])
          assert.strictEqual(keptBytes(folder)[main], finished)
          const before = sessionFiles(folder)
          assert.deepStrictEqual(yield* opened(folder), ["rescued", ["local_1"]])
          assert.deepStrictEqual(sessionFiles(folder), before)
        }))
    }

    for (const [law, finished] of [["empty", ""], ["never written", "\0".repeat(64)]] as const) {
      it.live(`are the temp file's session when somebody asks and the finished one is ${law}`, () =>
        Effect.gen(function*() {
          const folder = yield* quickFolder
          aged(place(folder, main, finished))
          place(folder, temp, textOf("rescued"))
          yield* asked(folder, "apply", options)
          assert.deepStrictEqual(yield* opened(folder), ["rescued", ["local_1"]])
        }))
    }

    it.live("become the newer one's session also when the disk fails in the midst", () =>
      Effect.gen(function*() {
        for (let nth = 1; nth <= 8; nth++) {
          const folder = yield* quickFolder
          place(folder, main, textOf("old", 1000))
          place(folder, temp, textOf("new", 2000))
          const rule = { operation: ["write", "sync"], path: /local_1|lost-found/, code: "EIO" } as const
          const failing = faulty([{ ...rule, calls: (call) => call >= nth }], options.fileSystem ?? realFileSystem)
          yield* visit(folder, () => Effect.void, { ...options, fileSystem: failing })
          assert.deepStrictEqual(yield* opened(folder), ["new", ["local_1"]], String(nth))
          assert.include(Object.values(sessionFiles(folder)), textOf("old", 1000))
        }
      }))
  })
}

const tempOf = (content: string | Uint8Array) =>
  Effect.map(quickFolder, (folder) => [folder, place(folder, temp, content)] as const)
const openedWith = (folder: string) => visit(folder, (adapter) => listed(adapter), { adopt })
const kinds = (folder: string) =>
  Effect.map(asked(folder, "apply", { adopt }), (found) => found.map(({ action, kind }) => `${kind} ${action}`))

describe("a file of another program", () => {
  for (
    const [kind, content] of [
      ["torn", "{\"title\":\"to"],
      ["empty", ""],
      ["nul", "\0".repeat(100)],
      ["nul", "{\"title\":\"x\"}\0\0\0\0"],
      ["damaged", "no json at all\n"],
      ["refused", "{\"name\":1}"],
      ["newerFormat", "{\"holdfast\":99,\"later\":true}\n"],
      ["whole", encodeDocument({ ...smallDocument, key })],
      ["wrongId", encodeDocument(smallDocument)]
    ] as const
  ) {
    it.live(`stays where it is, byte for byte, and is reported: ${kind}, ${content.length} bytes`, () =>
      Effect.gen(function*() {
        const [folder, file] = yield* tempOf(content)
        aged(file)
        assert.deepStrictEqual(yield* openedWith(folder), ["Corrupt local_1.json.tmp"])
        const before = sessionFiles(folder)
        assert.deepStrictEqual(yield* kinds(folder), [`foreignTemp.${kind} none`])
        assert.deepStrictEqual(sessionFiles(folder), before)
      }))
  }

  it.live("is left to its writer when it is not whole and was written a moment ago, and adopted when it is", () =>
    Effect.gen(function*() {
      const [folder, file] = yield* tempOf("{\"title\":\"gr")
      assert.deepStrictEqual(yield* kinds(folder), ["foreignTemp.growing none"])
      fs.appendFileSync(file, "own\"}")
      assert.deepStrictEqual(yield* openedWith(folder), ["local_1"])
    }))

  it.live("is left when it grows between two looks at it", () =>
    Effect.gen(function*() {
      const [folder, file] = yield* tempOf(textOf("one"))
      let isGrowing = true
      const fileSystem = {
        ...realFileSystem,
        stat: (name: string) =>
          Effect.tap(realFileSystem.stat(name), () =>
            Effect.sync(() => {
              if (isGrowing && name === file) fs.appendFileSync(file, " ")
            }))
      }
      const found = yield* visit(folder, (adapter) => findings(adapter, "apply"), { adopt, fileSystem })
      assert.deepStrictEqual(inShort(found), [["foreignTemp.growing", "none", false, "local_1.json.tmp"]])
      assert.isFalse(fs.existsSync(path.join(folder, main)))
      isGrowing = false
      assert.deepStrictEqual(yield* openedWith(folder), ["local_1"])
    }))

  it.live("is left, and reported, when the system refuses to read it", () =>
    Effect.gen(function*() {
      const [folder] = yield* tempOf(textOf("one"))
      const fileSystem = faulty([{ operation: ["open", "readFile"], path: /\.tmp$/, code: "EACCES" }])
      const found = yield* visit(folder, (adapter) => findings(adapter, "apply"), { adopt, fileSystem })
      assert.deepStrictEqual(inShort(found), [["foreignTemp.unreadable", "none", false, "local_1.json.tmp"]])
      assert.deepStrictEqual(yield* openedWith(folder), ["local_1"])
    }))

  it.live("is not current beside a session that was never adopted from it", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visit(folder, (adapter) => commit(adapter, put(key, { title: "ours" })))
      const { head } = yield* visit(folder, (adapter) => load(adapter, key))
      for (
        const [updatedAt, kind] of [[head.updatedAt + 1, "newer"], [head.updatedAt - 1, "older"], [
          undefined,
          "undecided"
        ]] as const
      ) {
        place(folder, temp, textOf("theirs", updatedAt))
        assert.include(yield* kinds(folder), `foreignTemp.${kind} none`)
        assert.deepStrictEqual(
          yield* visit(folder, (adapter) => contentOf(adapter, key), { adopt }),
          Option.some({
            state: { title: "ours" },
            entries: []
          })
        )
      }
    }))

  it.live("is told about in lost-found, under a name of plain characters, without its content", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const id = "세션".repeat(20)
      place(folder, `acct/${id}.json`, textOf("secret"))
      place(folder, "acct/local_1.json", textOf("secret"))
      yield* visit(folder, () => Effect.void, { adopt })
      const about = keptAbout(folder)
      assert.deepStrictEqual(about.map(({ at: _, checksum: __, ...rest }) => rest), [{
        from: main,
        key,
        kind: "foreignFile.replaced",
        bytes: textOf("secret").length,
        version: null,
        holds: null
      }])
      assert.notInclude(JSON.stringify(about), "secret")
    }))
})
