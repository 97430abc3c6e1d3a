/** A purge leaves a tombstone and nothing of the content, wherever it lay. */
import * as NodePath from "@effect/platform-node/NodePath"
import { assert, describe, it } from "@effect/vitest"
import { randomId, Session, type SessionKey, Version } from "@holdfast/core"
import { Effect, FileSystem, Option, Schema } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { encodeDocument } from "../src/layout/envelope.ts"
import { tempFile } from "../src/layout/files.ts"
import { purge } from "../src/purge.ts"
import {
  append,
  commit,
  contentOf,
  faulty,
  listed,
  load,
  open,
  type OpenOptions,
  place,
  put,
  quickFolder,
  realFileSystem,
  remove,
  sessionFiles,
  versionOf,
  visit,
  wholeTreeOf
} from "./kit.ts"
import { smallDocument } from "./layout/documents.ts"

const key: SessionKey = { namespace: ["acct", "Org 7"], id: "local_1" }
const secret = "the secret text"

const purged = (directory: string, of = key, fileSystem = realFileSystem) =>
  purge({ directory }, of).pipe(
    Effect.provideService(FileSystem.FileSystem, fileSystem),
    Effect.provide(NodePath.layer)
  )

const filesWith = (folder: string, text = secret) =>
  Object.entries(wholeTreeOf(folder)).filter(([, content]) => content.includes(text)).map(([name]) => name)

const folderOf = (folder: string) =>
  path.join(folder, Object.keys(sessionFiles(folder)).find((name) => name.endsWith("local_1.json"))!, "..")

const Chat = Session.define("note", { state: Schema.Struct({ title: Schema.String }) })
const adopt = Session.adopter(
  Chat,
  (json) =>
    Option.map(Schema.decodeUnknownOption(Schema.Struct({ title: Schema.String }))(json), (state) => ({ state }))
)

/**
 * A session that was removed, with its content in every place that it may lie in: the slot that the tombstone
 * did not take, two log segments, temp files and lost-found.
 */
const removedEverywhere = Effect.fnUntraced(function*(options: OpenOptions) {
  const folder = yield* quickFolder
  // A store that was closed has written down its heads: their summaries are content, too.
  const summary = JSON.stringify({ title: secret })
  yield* visit(folder, (adapter) => commit(adapter, put(key, secret, { summary })), options)
  const { removal, slots } = yield* visit(folder, (adapter) =>
    Effect.gen(function*() {
      yield* commit(adapter, put(key, `${secret} 2`), append(key, [secret]))
      const slots = Object.entries(sessionFiles(folder)).filter(([name]) => name.endsWith("local_1.alt.json"))
      return { removal: yield* commit(adapter, remove(key)), slots }
    }), options)
  const own = folderOf(folder)
  const at = (name: string) => path.relative(folder, path.join(own, name))
  // Left by recoveries: a temp file that was cut off and one of another life, then entries that were cut off.
  const whole = encodeDocument({
    ...smallDocument,
    key,
    version: Version(Number.MAX_SAFE_INTEGER),
    body: JSON.stringify(secret)
  })
  place(folder, at(tempFile("local_1", randomId())), whole)
  place(folder, at(tempFile("local_1", randomId())), whole.subarray(0, whole.length - 20))
  place(folder, at(tempFile("other", randomId())), whole)
  yield* visit(folder, () => Effect.void, options)
  // Left since: what clearing up could not erase, and temp files of processes that died.
  for (const [name, bytes] of slots) {
    if (!fs.readFileSync(path.join(folder, name), "latin1").includes(secret)) {
      place(folder, name, Buffer.from(bytes, "latin1"))
    }
  }
  for (const name of ["local_1.entries.jsonl", "local_1.entries.3.jsonl"]) place(folder, at(name), `${secret}\n`)
  place(folder, at(tempFile("local_1", randomId())), whole)
  place(folder, at(tempFile("local_1", randomId())), whole.subarray(0, whole.length - 20))
  return { folder, own, version: versionOf(removal) }
})

for (const protocol of ["rename", "slots"] as const) {
  const options: OpenOptions = { commit: protocol }

  describe(`a purge of a session that was removed with ${protocol}`, { concurrent: false }, () => {
    it.live("leaves none of its content in any file of the store", () =>
      Effect.gen(function*() {
        const { folder, own } = yield* removedEverywhere(options)
        assert.isAbove(filesWith(folder).length, 6)
        const { erased, remains } = yield* purged(folder)
        assert.deepStrictEqual(filesWith(folder), [])
        assert.deepStrictEqual(remains, [])
        assert.isAbove(erased.length, 6)
        const left = fs.readdirSync(own)
        assert.deepStrictEqual(left, left.filter((name) => /^local_1\.(alt\.)?json$/.test(name)))
        assert.deepStrictEqual(fs.readdirSync(path.join(folder, "lost-found")), [])
      }))

    it.live("keeps the former life away, and versions rising", () =>
      Effect.gen(function*() {
        const { folder, version } = yield* removedEverywhere(options)
        yield* purged(folder)
        yield* visit(folder, (adapter) =>
          Effect.gen(function*() {
            assert.deepStrictEqual(yield* contentOf(adapter, key), Option.none())
            assert.deepStrictEqual(yield* listed(adapter), [])
            assert.isAbove(versionOf(yield* commit(adapter, put(key, "again"), append(key, ["x"]))), version)
            assert.deepStrictEqual(yield* contentOf(adapter, key), Option.some({ state: "again", entries: ["x"] }))
          }), options)
      }))

    it.live("erases nothing a second time", () =>
      Effect.gen(function*() {
        const { folder } = yield* removedEverywhere(options)
        yield* purged(folder)
        const before = sessionFiles(folder)
        assert.deepStrictEqual(yield* purged(folder), { key, erased: [], remains: [] })
        assert.deepStrictEqual(sessionFiles(folder), before)
      }))

    it.live("says what failed, and is completed by the next one, whichever call fails", () =>
      Effect.gen(function*() {
        let failures = 0
        for (const operation of ["remove", "sync", "truncate", "write", "readDirectory"] as const) {
          for (let nth = 1; nth <= 9; nth += 2) {
            const { folder, version } = yield* removedEverywhere(options)
            const rule = { operation, path: /Org|=|lost-found/, code: "EIO", calls: (call: number) => call >= nth }
            const exit = yield* Effect.result(purged(folder, key, faulty([rule])))
            if (exit._tag === "Failure") {
              failures += 1
              assert.include(["Io", "DirectoryUnreadable"], exit.failure.reason._tag)
              assert.notInclude(exit.failure.message, secret)
            }
            yield* purged(folder)
            assert.deepStrictEqual(filesWith(folder), [], `${operation} ${nth}`)
            const again = yield* visit(folder, (adapter) => commit(adapter, put(key, "again")), options)
            assert.isAbove(versionOf(again), version)
          }
        }
        assert.isAbove(failures, 5)
      }))

    it.live("is refused for a session that is there, and changes nothing", () =>
      Effect.gen(function*() {
        const { folder } = yield* removedEverywhere(options)
        yield* visit(folder, (adapter) => commit(adapter, put(key, secret), append(key, [secret])), options)
        const before = sessionFiles(folder)
        const error = yield* Effect.flip(purged(folder))
        assert.deepStrictEqual([error.reason._tag, error.outcome], ["Conflict", "notApplied"])
        assert.deepStrictEqual(sessionFiles(folder), before)
      }))
  })
}

describe("a purge", () => {
  it.live("is refused for what a recovery would bring back, and for what cannot be read", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visit(folder, () => Effect.void)
      const one = { namespace: [], id: "one" }
      const temp = place(folder, tempFile("one", randomId()), encodeDocument({ ...smallDocument, key: one }))
      assert.strictEqual((yield* Effect.flip(purged(folder, one))).reason._tag, "Conflict")
      fs.rmSync(temp)
      const log = place(folder, "one.entries.jsonl", "entries of a lost head\n")
      assert.strictEqual((yield* Effect.flip(purged(folder, one))).reason._tag, "Conflict")
      fs.rmSync(log)
      place(folder, "one.json", "{\"holdfast\":1,\"id\":\"one\"")
      assert.strictEqual((yield* Effect.flip(purged(folder, one))).reason._tag, "Corrupt")
      assert.strictEqual((yield* Effect.flip(purged(path.join(folder, "no store")))).reason._tag, "DirectoryUnreadable")
    }))

  it.live("leaves other sessions, and what lost-found keeps of them", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const other = { namespace: ["acct"], id: "local_10" }
      const own = { namespace: ["acct"], id: "local_1" }
      yield* visit(folder, (adapter) =>
        Effect.gen(function*() {
          yield* commit(adapter, put(other, "kept"), append(other, ["kept"]))
          yield* commit(adapter, put(own, secret))
          yield* commit(adapter, remove(own))
        }))
      place(folder, `acct/${tempFile("local_10", randomId())}`, "torn and kept")
      yield* visit(folder, () => Effect.void)
      const before = sessionFiles(folder)
      yield* purged(folder, own)
      assert.deepStrictEqual(sessionFiles(folder), before)
    }))

  it.live("erases the summary that the catalog has of it, and leaves those of others", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const [one, two] = [{ namespace: ["acct"], id: "one" }, { namespace: ["acct"], id: "two" }]
      const summary = JSON.stringify({ title: secret })
      yield* visit(folder, (adapter) =>
        Effect.gen(function*() {
          yield* commit(adapter, put(one, 1, { summary }))
          yield* commit(adapter, put(two, 2, { summary: "{\"title\":\"another one\"}" }))
        }))
      yield* visit(folder, (adapter) => listed(adapter))
      assert.include(filesWith(folder), ".holdfast/catalog/acct/heads.jsonl")
      yield* visit(folder, (adapter) => commit(adapter, remove(one)))
      yield* purged(folder, one)
      assert.deepStrictEqual(filesWith(folder), [])
      assert.include(filesWith(folder, "another one"), ".holdfast/catalog/acct/heads.jsonl")
      assert.deepStrictEqual(yield* visit(folder, (adapter) => listed(adapter)), ["two"])
    }))

  it.live("names another program's files, leaves them, and they do not come back", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const text = JSON.stringify({ title: secret })
      const own = { namespace: ["acct"], id: "local_1" }
      const source = place(folder, "acct/local_1.json.tmp", text)
      place(folder, "acct/local_2.json", text)
      yield* visit(folder, (adapter) => commit(adapter, remove(own)), { adopt })
      const { remains } = yield* purged(folder, own)
      assert.deepStrictEqual(remains, [{ place: source, why: "source" }])
      assert.strictEqual(fs.readFileSync(source, "utf8"), text)
      yield* visit(folder, (adapter) =>
        Effect.gen(function*() {
          assert.deepStrictEqual(yield* listed(adapter), ["local_2"])
          assert.deepStrictEqual(yield* adapter.load(own), Option.none())
        }), { adopt })
    }))

  it.live("erases the copy of a source whose name its session had taken", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const own = { namespace: ["acct"], id: "local_1" }
      place(folder, "acct/local_1.json", JSON.stringify({ title: secret }))
      yield* visit(folder, (adapter) => commit(adapter, remove(own)), { adopt })
      assert.lengthOf(filesWith(folder), 1)
      yield* purged(folder, own)
      assert.deepStrictEqual(filesWith(folder), [])
    }))

  it.live("names a copy of the session in another folder", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const own = { namespace: ["acct"], id: "local_1" }
      yield* visit(folder, (adapter) => commit(adapter, put(own, secret)))
      fs.cpSync(path.join(folder, "acct"), path.join(folder, "copy"), { recursive: true })
      yield* visit(folder, (adapter) => commit(adapter, remove(own)))
      const { remains } = yield* purged(folder, own)
      assert.deepStrictEqual(remains, [{ place: path.join(folder, "copy/local_1.json"), why: "copy" }])
    }))

  it.live("leaves a temp file that another process may be writing, and says so", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const own = { namespace: [], id: "one" }
      const other = yield* open(folder)
      yield* commit(other, put(own, secret))
      const { head } = yield* load(other, own)
      yield* commit(other, remove(own))
      const temp = (version: number) =>
        encodeDocument({ ...smallDocument, key: own, version: Version(version), body: JSON.stringify(secret) })
      place(folder, tempFile("one", "0".repeat(20)), temp(head.version))
      const later = place(folder, tempFile("one", "1".repeat(20)), temp(head.version + 1000))
      assert.deepStrictEqual((yield* purged(folder, own)).remains, [{ place: later, why: "inUse" }])
      assert.deepStrictEqual(filesWith(folder), [path.basename(later)])
    }))
})
