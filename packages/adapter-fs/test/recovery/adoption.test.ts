/** What another program left behind becomes sessions, once, and stays where it is. */
import { assert, describe, it } from "@effect/vitest"
import { type Adopter, Session, type SessionKey } from "@holdfast/core"
import { Effect, Option, Schema } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { unreadableDirectories } from "../../src/testing/FaultyFileSystem.ts"
import {
  commit,
  contentOf,
  faulty,
  findings,
  keysListed,
  list,
  listed,
  load,
  lostFound,
  type OpenOptions,
  place,
  put,
  quickFolder,
  remove,
  sessionFiles,
  stateOf,
  visit
} from "../kit.ts"
import { keptCopies } from "./kept.ts"

const Chat = Session.define("Chat", {
  state: Schema.Struct({ title: Schema.String }),
  summary: ["title"]
})

/** Takes documents with a title; their times where they have them. */
const adopt: Adopter = Session.adopter(Chat, (json) => {
  const document = Schema.decodeUnknownOption(Schema.Struct({
    title: Schema.String,
    createdAt: Schema.optionalKey(Schema.Finite),
    updatedAt: Schema.optionalKey(Schema.Finite)
  }))(json)
  return Option.map(document, ({ title, ...times }) => ({ state: { title }, ...times }))
})

const account = "8c2e1f0a-aaaa-4bbb-8ccc-000000000001"
const org = "Org 7"
const idOf = (index: number) => `local_${String(index).padStart(4, "0")}-9f3e`
const keyOf = (index: number): SessionKey => ({ namespace: [account, org], id: idOf(index) })
const fileOf = (index: number) => `${account}/${org}/${idOf(index)}.json.tmp`
const textOf = (index: number) =>
  JSON.stringify({ title: `Chat ${index}`, createdAt: 1700000000000 + index, other: [1, 2] }, null, 2)

const count = 25

/** What the broken app leaves: every session a temp file, two folders deep. */
const leftBehind = Effect.gen(function*() {
  const folder = yield* quickFolder
  for (let index = 0; index < count; index++) place(folder, fileOf(index), textOf(index))
  return folder
})

const foreignFiles = (folder: string) =>
  Object.fromEntries(Object.entries(sessionFiles(folder)).filter(([name]) => name.endsWith(".json.tmp")))

const protocols: ReadonlyArray<OpenOptions> = [
  { commit: "rename", adopt },
  { commit: "slots", adopt },
  { adopt, fileSystem: faulty([{ operation: ["rename", "link"], code: "EXDEV" }]) }
]

for (const options of protocols) {
  const name = options.commit ?? "auto where renames are refused"

  describe(`temp files of another program, with ${name}`, () => {
    it.live("are sessions under their folders' and their own raw names", () =>
      Effect.gen(function*() {
        const folder = yield* leftBehind
        const originals = foreignFiles(folder)
        yield* visit(folder, (adapter) =>
          Effect.gen(function*() {
            const keys = yield* keysListed(adapter)
            assert.deepStrictEqual(
              keys.toSorted((self, that) => self.id < that.id ? -1 : 1),
              Array.from({ length: count }, (_, index) => keyOf(index))
            )
            assert.deepStrictEqual(yield* stateOf(adapter, keyOf(7)), { title: "Chat 7" })
            const { head } = yield* load(adapter, keyOf(7))
            assert.deepStrictEqual([head.kind, head.createdAt, head.updatedAt, head.summary], [
              "Chat",
              1700000000007,
              1700000000007,
              "{\"title\":\"Chat 7\"}"
            ])
          }), options)
        assert.deepStrictEqual(foreignFiles(folder), originals)
        assert.deepStrictEqual(lostFound(folder), [])
      }))

    it.live("are adopted once: a second open finds nothing to do and changes nothing", () =>
      Effect.gen(function*() {
        const folder = yield* leftBehind
        yield* visit(folder, () => Effect.void, options)
        const before = sessionFiles(folder)
        yield* visit(folder, (adapter) =>
          Effect.gen(function*() {
            const done = yield* findings(adapter, "apply")
            assert.deepStrictEqual(done.filter(({ action }) => action !== "none"), [])
            assert.strictEqual((yield* list(adapter)).length, count)
          }), options)
        assert.deepStrictEqual(sessionFiles(folder), before)
      }))

    it.live("do not come back when their sessions were removed", () =>
      Effect.gen(function*() {
        const folder = yield* leftBehind
        yield* visit(folder, (adapter) => commit(adapter, remove(keyOf(3))), options)
        yield* visit(folder, (adapter) =>
          Effect.gen(function*() {
            assert.deepStrictEqual(yield* adapter.load(keyOf(3)), Option.none())
            const rows = yield* list(adapter)
            assert.strictEqual(rows.length, count - 1)
            assert.isTrue(rows.every((row) => row._tag === "StoredHead"))
          }), options)
        assert.strictEqual(foreignFiles(folder)[fileOf(3)], textOf(3))
      }))

    it.live("are not current beside a session that was saved since", () =>
      Effect.gen(function*() {
        const folder = yield* leftBehind
        yield* visit(folder, (adapter) => commit(adapter, put(keyOf(3), { title: "saved" }, { kind: "Chat" })), options)
        assert.deepStrictEqual(yield* visit(folder, (adapter) => stateOf(adapter, keyOf(3)), options), {
          title: "saved"
        })
      }))

    it.live("are kept, and forked once, when they change after their adoption", () =>
      Effect.gen(function*() {
        const folder = yield* leftBehind
        yield* visit(folder, () => Effect.void, options)
        place(folder, fileOf(3), "{\"title\":\"written by the app, which still runs\"}")
        yield* visit(folder, (adapter) =>
          Effect.gen(function*() {
            assert.deepStrictEqual(yield* stateOf(adapter, keyOf(3)), { title: "Chat 3" })
            const rows = yield* list(adapter)
            assert.isTrue(rows.every((row) => row._tag === "StoredHead"))
            assert.isTrue(rows.some((row) => row._tag === "StoredHead" && row.key.id.startsWith(`${idOf(3)}-`)))
          }), options)
        assert.include(foreignFiles(folder)[fileOf(3)], "still runs")
      }))

    it.live("are loaded by id while no folder can be listed", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const orphan = { namespace: ["acct"], id: "local_1" }
        place(folder, "acct/local_1.json.tmp", textOf(1))
        const msix = options.commit === undefined ? [{ operation: "rename", code: "EXDEV" } as const] : []
        const fileSystem = faulty([...unreadableDirectories, ...msix])
        yield* visit(folder, (adapter) =>
          Effect.gen(function*() {
            assert.deepStrictEqual(yield* stateOf(adapter, orphan), { title: "Chat 1" })
            assert.deepStrictEqual(yield* stateOf(adapter, orphan), { title: "Chat 1" })
          }), { ...options, fileSystem })
        assert.deepStrictEqual(yield* visit(folder, (adapter) => listed(adapter), options), ["local_1"])
      }))
  })

  describe(`files that no adopter takes, with ${name}`, () => {
    const refused: Record<string, string> = {
      "acct/other.json.tmp": "{\"name\":\"no title\"}",
      "acct/torn.json.tmp": "{\"title\":\"tor",
      "acct/empty.json.tmp": "",
      "acct/plain.json": "{\"name\":\"no title\"}",
      "acct/Upper.json": "[1,2]"
    }

    it.live("are listed as unreadable and kept, byte for byte", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        for (const [file, content] of Object.entries(refused)) place(folder, file, content)
        for (const some of [options, { ...options, adopt: undefined }, options]) {
          const rows = yield* visit(folder, (adapter) => listed(adapter), some)
          assert.deepStrictEqual(
            rows.toSorted(),
            Object.keys(refused).map((file) => `Corrupt ${path.basename(file)}`).toSorted()
          )
        }
        assert.deepStrictEqual(sessionFiles(folder), {
          "acct/": "",
          ...Object.fromEntries(Object.entries(refused).toSorted(([self], [that]) => self < that ? -1 : 1))
        })
      }))

    it.live("are not hidden by a session with their key", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        place(folder, "acct/other.json.tmp", refused["acct/other.json.tmp"]!)
        yield* visit(folder, (adapter) => commit(adapter, put({ namespace: ["acct"], id: "other" }, 1)), options)
        assert.deepStrictEqual(yield* visit(folder, (adapter) => listed(adapter), options), [
          "Corrupt other.json.tmp",
          "other"
        ])
      }))
  })

  describe(`a file of another program at the very name of a session, with ${name}`, () => {
    const key = { namespace: ["acct"], id: "local_1" }
    const file = "acct/local_1.json"

    it.live("is copied to lost-found before its session takes the name", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        place(folder, file, textOf(1))
        yield* visit(folder, (adapter) =>
          Effect.gen(function*() {
            assert.deepStrictEqual(
              yield* contentOf(adapter, key),
              Option.some({ state: { title: "Chat 1" }, entries: [] })
            )
            assert.deepStrictEqual(yield* listed(adapter), ["local_1"])
          }), options)
        const [copy, ...others] = keptCopies(folder)
        assert.deepStrictEqual(others, [])
        assert.strictEqual(sessionFiles(folder)[copy!], textOf(1))
        const before = sessionFiles(folder)
        yield* visit(folder, () => Effect.void, options)
        assert.deepStrictEqual(sessionFiles(folder), before)
      }))

    it.live("is preferred to a temp file beside it, which is kept", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        place(folder, file, textOf(1))
        place(folder, "acct/local_1.json.tmp", textOf(2))
        assert.deepStrictEqual(yield* visit(folder, (adapter) => stateOf(adapter, key), options), { title: "Chat 1" })
        assert.strictEqual(sessionFiles(folder)["acct/local_1.json.tmp"], textOf(2))
      }))

    for (const written of [/lost-found/, /acct.local_1/, /acct.local_1\.alt/, /acct.local_1\.json$/]) {
      it.live(`is a session, or becomes one later, when the disk is full at ${written.source}`, () =>
        Effect.gen(function*() {
          const folder = yield* quickFolder
          place(folder, file, textOf(1))
          const full = faulty([{ operation: "write", path: written, code: "ENOSPC", bytesBefore: 100 }])
          yield* visit(folder, () => Effect.void, { ...options, fileSystem: full })
          assert.deepStrictEqual(yield* visit(folder, (adapter) => stateOf(adapter, key), options), { title: "Chat 1" })
          assert.isTrue(Object.values(sessionFiles(folder)).includes(textOf(1)))
        }))
    }
  })

  describe(`a file of another program that was renamed over a session, with ${name}`, () => {
    it.live("is kept and reported, and is not taken for the session", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const key = { namespace: ["acct"], id: "local_1" }
        yield* visit(folder, (adapter) => commit(adapter, put(key, { title: "ours" })), { ...options, commit: "slots" })
        const file = path.join(folder, "acct/local_1.json")
        fs.writeFileSync(file, textOf(1))
        assert.deepStrictEqual(yield* visit(folder, (adapter) => listed(adapter), options), ["Corrupt local_1.json"])
        assert.strictEqual(fs.readFileSync(file, "utf8"), textOf(1))
      }))
  })
}
