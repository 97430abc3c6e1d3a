/** Temp files that a writer of ours left behind: never acknowledged, and maybe all that there is. */
import { assert, describe, it } from "@effect/vitest"
import { randomId, Version } from "@holdfast/core"
import { Effect, Option } from "effect"
import * as path from "node:path"
import { encodeDocument } from "../../src/layout/envelope.ts"
import { tempFile } from "../../src/layout/files.ts"
import {
  commit,
  contentOf,
  faulty,
  findings,
  listed,
  load,
  lostFound,
  open,
  place,
  put,
  quickFolder,
  recorded,
  remove,
  sessionFiles,
  visit
} from "../kit.ts"
import { smallDocument } from "../layout/documents.ts"
import { keptCopies } from "./kept.ts"

const key = { namespace: ["acct"], id: "local_1" }
const unique = randomId()
const temp = `acct/${tempFile("local_1", unique)}`
const main = "acct/local_1.json"

/** A version of the session as its temp file holds it. */
const bytesOf = (version: number, state: unknown) =>
  encodeDocument({ ...smallDocument, key, kind: "note", version: Version(version), body: JSON.stringify(state) })

/** A store in which the session is saved, with the version that it got. */
const saved = Effect.gen(function*() {
  const folder = yield* quickFolder
  yield* visit(folder, (adapter) => commit(adapter, put(key, "saved")))
  const { head } = yield* visit(folder, (adapter) => load(adapter, key))
  return { folder, version: head.version }
})

const filesOf = (folder: string) =>
  Object.keys(sessionFiles(folder)).filter((name) => !name.endsWith("/") && !name.startsWith("lost-found"))

describe("a temp file of ours", () => {
  it.live("is loaded when it is all that there is", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      place(folder, temp, bytesOf(7, "temp"))
      yield* visit(folder, (adapter) =>
        Effect.gen(function*() {
          assert.deepStrictEqual(yield* contentOf(adapter, key), Option.some({ state: "temp", entries: [] }))
          assert.deepStrictEqual(yield* listed(adapter), ["local_1"])
        }))
      assert.deepStrictEqual(filesOf(folder), [main])
      assert.deepStrictEqual(lostFound(folder), [])
    }))

  it.live("is deleted when it is its session's version, or older", () =>
    Effect.gen(function*() {
      const { folder, version } = yield* saved
      for (const old of [version, version - 1]) {
        place(folder, temp, bytesOf(old, "temp"))
        const state = yield* visit(folder, (adapter) => contentOf(adapter, key))
        assert.deepStrictEqual(state, Option.some({ state: "saved", entries: [] }))
        assert.deepStrictEqual(filesOf(folder), [main])
      }
      assert.deepStrictEqual(lostFound(folder), [])
    }))

  it.live("is kept aside, and not shown, when it is newer than its session", () =>
    Effect.gen(function*() {
      const { folder, version } = yield* saved
      const bytes = bytesOf(version + 1, "temp")
      place(folder, temp, bytes)
      const state = yield* visit(folder, (adapter) => contentOf(adapter, key))
      assert.deepStrictEqual(state, Option.some({ state: "saved", entries: [] }))
      assert.deepStrictEqual(filesOf(folder), [main])
      const kept = keptCopies(folder)
      assert.strictEqual(kept.length, 1)
      assert.strictEqual(sessionFiles(folder)[kept[0]!], Buffer.from(bytes).toString("latin1"))
    }))

  it.live("is kept aside when it is torn, alone or beside its session", () =>
    Effect.gen(function*() {
      const { folder, version } = yield* saved
      place(folder, temp, bytesOf(version + 1, "temp").subarray(0, -5))
      place(folder, `acct/${tempFile("local_2", unique)}`, bytesOf(5, "temp").subarray(0, 100))
      assert.deepStrictEqual(yield* visit(folder, (adapter) => listed(adapter)), ["local_1"])
      assert.deepStrictEqual(filesOf(folder), [main])
      assert.strictEqual(keptCopies(folder).length, 2)
    }))

  it.live("is deleted when nothing was written to it", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      place(folder, temp, "")
      assert.deepStrictEqual(yield* visit(folder, (adapter) => listed(adapter)), [])
      assert.deepStrictEqual(Object.keys(sessionFiles(folder)), ["acct/"])
    }))

  it.live("does not bring back a removed session, however new it is", () =>
    Effect.gen(function*() {
      const { folder, version } = yield* saved
      yield* visit(folder, (adapter) => commit(adapter, remove(key)))
      for (const late of [version, version + 1, version + 1000]) {
        place(folder, temp, bytesOf(late, "temp"))
        assert.deepStrictEqual(yield* visit(folder, (adapter) => contentOf(adapter, key)), Option.none())
        assert.deepStrictEqual(filesOf(folder), [main])
      }
    }))

  it.live("is not taken for another session, whose name it was given", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const bytes = bytesOf(7, "of local_1")
      place(folder, `acct/${tempFile("local_2", unique)}`, bytes)
      place(folder, `other/${tempFile("local_1", unique)}`, bytes)
      assert.deepStrictEqual(yield* visit(folder, (adapter) => listed(adapter)), [])
      assert.strictEqual(keptCopies(folder).length, 2)
      yield* visit(folder, (adapter) => commit(adapter, put({ namespace: ["acct"], id: "local_2" }, 1)))
      assert.deepStrictEqual(yield* visit(folder, (adapter) => listed(adapter)), ["local_2"])
    }))

  it.live("is left alone while another adapter has the store open, and not loaded", () =>
    Effect.gen(function*() {
      const { folder, version } = yield* saved
      const other = yield* open(folder)
      const temps = [temp, `acct/${tempFile("alone", unique)}`, `acct/${tempFile("torn", unique)}`]
      place(folder, temps[0]!, bytesOf(version, "temp"))
      place(folder, temps[1]!, encodeDocument({ ...smallDocument, key: { namespace: ["acct"], id: "alone" } }))
      place(folder, temps[2]!, "torn")
      const before = sessionFiles(folder)
      assert.deepStrictEqual(yield* visit(folder, (adapter) => listed(adapter)), ["local_1"])
      assert.deepStrictEqual(sessionFiles(folder), before)
      assert.deepStrictEqual(yield* listed(other), ["local_1"])
    }))

  it.live("is brought in order by the adapter that is alone again", () =>
    Effect.gen(function*() {
      const { folder, version } = yield* saved
      const last = yield* open(folder)
      yield* visit(folder, () => Effect.void)
      place(folder, temp, bytesOf(version, "temp"))
      const done = yield* findings(last, "apply")
      assert.deepStrictEqual(
        done.map(({ action, applied, kind, place }) => [kind, action, applied, path.basename(place)]),
        [
          ["ownTemp.older", "delete", true, path.basename(temp)]
        ]
      )
      assert.deepStrictEqual(yield* findings(last, "apply"), [])
    }))

  it.live("is a finding when it cannot be read, and stays", () =>
    Effect.gen(function*() {
      const { folder, version } = yield* saved
      place(folder, temp, bytesOf(version, "temp"))
      const before = sessionFiles(folder)
      const unreadable = faulty([{ operation: "open", flags: ["r"], path: /\.tmp$/, code: "EIO" }])
      const found = yield* visit(folder, (adapter) => findings(adapter, "apply"), { fileSystem: unreadable })
      assert.deepStrictEqual(
        found.map(({ action, applied, kind, place }) => [kind, action, applied, path.basename(place)]),
        [
          ["ownTemp.unreadable", "none", false, path.basename(temp)]
        ]
      )
      assert.deepStrictEqual(sessionFiles(folder), before)
    }))

  it.live("is only spoken of by an inspection", () =>
    Effect.gen(function*() {
      const { folder, version } = yield* saved
      const adapter = yield* open(folder)
      place(folder, temp, bytesOf(version + 1, "temp"))
      const before = sessionFiles(folder)
      const found = yield* findings(adapter, "inspect")
      assert.deepStrictEqual(found.map(({ action, applied }) => [action, applied]), [["quarantine", false]])
      assert.deepStrictEqual(sessionFiles(folder), before)
    }))

  it.live("is not looked at by name when it is one that this process is writing", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const { calls, fileSystem } = recorded()
      const adapter = yield* open(folder, { fileSystem })
      const keys = Array.from({ length: 20 }, (_, index) => ({ namespace: ["acct"], id: `s${index}` }))
      const saving = Effect.forEach(keys, (each) => commit(adapter, put(each, each.id)), { concurrency: "unbounded" })
      const looking = Effect.replicateEffect(findings(adapter, "apply"), 10)
      yield* Effect.all([saving, looking], { concurrency: "unbounded" })
      assert.strictEqual((yield* listed(adapter)).length, 20)
      assert.deepStrictEqual(lostFound(folder), [])
      assert.isTrue(calls.some(({ operation }) => operation === "rename"))
    }))
})

describe("what a first write with slots left behind", () => {
  it.live("is kept aside when it is torn, and loaded when it is whole", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      place(folder, "acct/torn.alt.json", bytesOf(5, "torn").subarray(0, 50))
      place(folder, "acct/local_1.alt.json", bytesOf(6, "whole"))
      yield* visit(folder, (adapter) =>
        Effect.gen(function*() {
          assert.deepStrictEqual(yield* listed(adapter), ["local_1"])
          assert.deepStrictEqual(yield* contentOf(adapter, key), Option.some({ state: "whole", entries: [] }))
        }), { commit: "slots" })
      assert.strictEqual(keptCopies(folder).length, 1)
    }))
})

describe("a log without its session", () => {
  it.live("is kept aside", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      place(folder, "acct/local_1.entries.jsonl", "a line\n")
      place(folder, "acct/local_1.entries.3.jsonl", "a line\n")
      assert.deepStrictEqual(yield* visit(folder, (adapter) => listed(adapter)), [])
      assert.strictEqual(keptCopies(folder).length, 2)
      assert.deepStrictEqual(filesOf(folder), [])
    }))
})

describe("what a probe left behind", () => {
  it.live("is deleted", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      place(folder, ".holdfast-probe-0123.a", "probe\n")
      yield* visit(folder, () => Effect.void)
      assert.deepStrictEqual(Object.keys(sessionFiles(folder)), [])
    }))
})
