/** A store with one leftover of every sort in it, and what must be true of it after a recovery. */
import { assert } from "@effect/vitest"
import { type Adopter, randomId, Session, type SessionKey, Version } from "@holdfast/core"
import { Effect, Option, Schema } from "effect"
import * as fs from "node:fs"
import { encodeDocument } from "../../src/layout/envelope.ts"
import { tempFile } from "../../src/layout/files.ts"
import {
  type Adapter,
  append,
  commit,
  contentOf,
  findings,
  isLockDatabase,
  list,
  type OpenOptions,
  place,
  put,
  quickFolder,
  sessionFiles,
  visit
} from "../kit.ts"
import { smallDocument } from "../layout/documents.ts"

const Chat = Session.define("note", { state: Schema.Struct({ title: Schema.String }) })

const Document = Schema.Struct({ title: Schema.String, updatedAt: Schema.optionalKey(Schema.Finite) })

/** Takes documents with a title; their times where they have them. */
export const adopt: Adopter = Session.adopter(
  Chat,
  (json) =>
    Option.map(Schema.decodeUnknownOption(Document)(json), ({ title, ...times }) => ({ state: { title }, ...times }))
)

const keyOf = (id: string): SessionKey => ({ namespace: ["acct"], id })
const saved = keyOf("saved")

const versionBytes = (key: SessionKey, version: number) =>
  encodeDocument({ ...smallDocument, key, kind: "note", version: Version(version), body: "{\"title\":\"temp\"}" })

/** Files of other programs, which stay as they are. */
const foreign = {
  "acct/orphan.json.tmp": "{\"title\":\"orphan\"}",
  "acct/torn.json.tmp": "{\"title\":\"tor",
  "acct/refused.json.tmp": "{\"name\":1}",
  "acct/pair.json.tmp": "{\"title\":\"newer\",\"updatedAt\":2}",
  "Raw Folder/Raw Name.json": "{\"title\":\"raw\"}"
}

const older = "{\"title\":\"older\",\"updatedAt\":1}"
const inPlace = "{\"title\":\"in place\"}"
const aside = ["a torn temp file", "entries of nobody\n"]

/** A session's file that is damaged in its checksum; a temp file of the next version lies beside it. */
const spoilt = Buffer.from(
  Buffer.from(versionBytes(keyOf("spoilt"), 7)).toString("latin1").replace(/.{4}"}\n$/, "xxxx\"}\n"),
  "latin1"
)

/** The sessions that are there after a recovery. */
const sessions: ReadonlyArray<readonly [key: SessionKey, title: string, entries: ReadonlyArray<unknown>]> = [
  [saved, "saved", ["a"]],
  [keyOf("alone"), "temp", []],
  [keyOf("orphan"), "orphan", []],
  [keyOf("in_place"), "in place", []],
  [keyOf("pair"), "newer", []],
  [keyOf("spoilt"), "temp", []],
  [{ namespace: ["Raw Folder"], id: "Raw Name" }, "raw", []]
]

/** Makes the store. Its own version of `saved` is newer than any temp file of it but one. */
export const leftoverStore = Effect.gen(function*() {
  const folder = yield* quickFolder
  yield* visit(folder, (adapter) => commit(adapter, put(saved, { title: "saved" }), append(saved, ["a"])))
  place(folder, `acct/${tempFile("alone", randomId())}`, versionBytes(keyOf("alone"), 7))
  place(folder, `acct/${tempFile("saved", randomId())}`, versionBytes(saved, 1))
  place(folder, `acct/${tempFile("saved", randomId())}`, versionBytes(saved, Number.MAX_SAFE_INTEGER))
  place(folder, `acct/${tempFile("torn", randomId())}`, aside[0]!)
  place(folder, `acct/${tempFile("empty", randomId())}`, "")
  place(folder, "acct/lone.alt.json", versionBytes(keyOf("lone"), 7).subarray(0, 90))
  place(folder, "acct/nobody.entries.jsonl", aside[1]!)
  place(folder, "acct/in_place.json", inPlace)
  place(folder, "acct/pair.json", older)
  place(folder, "acct/spoilt.json", spoilt)
  place(folder, `acct/${tempFile("spoilt", randomId())}`, versionBytes(keyOf("spoilt"), 8))
  place(folder, ".holdfast-probe-0123.a", "probe\n")
  for (const [name, content] of Object.entries(foreign)) place(folder, name, content)
  return folder
})

/** Copies the store into a folder of its own. */
export const copyOf = Effect.fnUntraced(function*(store: string) {
  const folder = yield* quickFolder
  fs.cpSync(store, folder, { recursive: true, filter: (file) => !isLockDatabase(file) })
  return folder
})

const checkSessions = Effect.fnUntraced(function*(adapter: Adapter) {
  for (const [key, title, entries] of sessions) {
    assert.deepStrictEqual(yield* contentOf(adapter, key), Option.some({ state: { title }, entries }), key.id)
  }
  const rows = yield* list(adapter)
  assert.sameMembers(
    rows.flatMap((row) => row._tag === "StoredHead" ? [row.key.id] : []),
    sessions.map(([key]) => key.id)
  )
  // What no adopter takes is a row each.
  assert.strictEqual(rows.filter((row) => row._tag === "Unreadable").length, 2)
})

/** Claims that all sessions are there, that nothing is lost, and that nothing is left to do. */
export const checkRecovered = (folder: string, options: OpenOptions) =>
  visit(folder, (adapter) =>
    Effect.gen(function*() {
      yield* checkSessions(adapter)
      const todo = (yield* findings(adapter, "apply")).filter(({ action }) => action !== "none")
      assert.deepStrictEqual(todo, [])
      const files = sessionFiles(folder)
      assert.deepInclude(files, foreign)
      const kept = Object.entries(files).filter(([name]) => name.startsWith("lost-found/")).map(([, content]) =>
        content
      )
      for (const content of [...aside, inPlace, older, spoilt.toString("latin1")]) assert.include(kept, content)
      assert.isTrue(kept.some((content) => content.includes(String(Number.MAX_SAFE_INTEGER))))
      const left = Object.keys(files).filter((name) =>
        /^acct\/(.*\w{20}\.tmp|lone\.alt\.json|nobody.*)$|probe/.test(name)
      )
      assert.deepStrictEqual(left, [])
    }), options)
