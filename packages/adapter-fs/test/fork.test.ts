/** Forks of sessions in files: what lies on the disk, after a restart, and after faults. */
import { assert, describe, it } from "@effect/vitest"
import { makeKey, randomId, Session, SessionStore, StorageAdapter } from "@holdfast/core"
import { DateTime, Effect, Option, Schema, Stream } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { msix } from "../src/testing/FaultyFileSystem.ts"
import {
  type Adapter,
  append,
  commit,
  contentOf,
  faulty,
  load,
  type OpenOptions,
  put,
  quickFolder,
  remove,
  sessionFiles,
  visit
} from "./kit.ts"

/** A second version that takes the first one's states and entries as they are. */
const Note = Session.define("note", {
  version: 2,
  state: Schema.Json,
  entry: Schema.Json,
  migrations: { 1: (old) => old }
})

const notesOver = (adapter: Adapter) => Effect.provideService(SessionStore.make(Note), StorageAdapter, adapter)

const source = makeKey("source", ["acct", "org"])
const copy = makeKey("copy", ["acct", "org"])

/** A session of version 1 with entries of three times and two versions, and with one that was added later. */
const writeSource = (adapter: Adapter) =>
  Effect.andThen(
    commit(
      adapter,
      put(source, { n: 1, lone: "\uD83D" }, { summary: "{\"old\":true}" }),
      append(source, ["a", { b: 1 }], { at: 1_000 }),
      append(source, ["\uD83D"], { at: 2_000, schemaVersion: 2 })
    ),
    commit(adapter, append(source, ["late"]))
  )

/** Everything that the port tells of a session's content. */
const storedOf = Effect.fnUntraced(function*(adapter: Adapter, key: typeof source) {
  const { body, head: { entryCount, kind, schemaVersion, summary } } = yield* load(adapter, key)
  const rows = yield* Stream.runCollect(adapter.entries(key, {}))
  const entries = rows.map((row) =>
    row._tag === "StoredEntry" ? [row.index, row.at, row.schemaVersion, row.entry] : [row.index, row.error.message]
  )
  return { body, entryCount, kind, schemaVersion, summary, entries }
})

const filesOf = (folder: string, key: typeof source) =>
  Object.fromEntries(
    Object.entries(sessionFiles(folder)).filter(([name]) => name.startsWith(`${key.namespace.join("/")}/${key.id}.`))
  )

const ways: ReadonlyArray<readonly [name: string, options: OpenOptions]> = [
  ["rename", { commit: "rename" }],
  ["slots", { commit: "slots" }],
  ["auto where renames are refused", { fileSystem: faulty(msix) }]
]

describe.each(ways)("a fork in files, with %s", (_, options) => {
  it.live("is stored as its source is, to the last byte, here and after a restart", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const forked = yield* visit(folder, (adapter) =>
        Effect.gen(function*() {
          yield* writeSource(adapter)
          const before = filesOf(folder, source)
          const forked = yield* (yield* notesOver(adapter)).fork(source, { id: copy.id })
          assert.deepStrictEqual(yield* storedOf(adapter, copy), yield* storedOf(adapter, source))
          assert.deepStrictEqual(filesOf(folder, source), before)
          return forked
        }), options)
      yield* visit(folder, (adapter) =>
        Effect.gen(function*() {
          const stored = yield* storedOf(adapter, copy)
          assert.deepStrictEqual(stored, yield* storedOf(adapter, source))
          assert.deepStrictEqual([stored.schemaVersion, stored.entryCount], [1, 4])
          const { receipt: __, ...session } = forked
          assert.deepStrictEqual(yield* (yield* notesOver(adapter)).load(copy), session)
          const heads = yield* Effect.forEach([source, copy], adapter.head)
          const incarnations = heads.map((head) => Option.getOrThrow(head).incarnation)
          assert.notStrictEqual(incarnations[0], incarnations[1])
        }), options)
    }))

  it.live("has the time of the fork, whatever the times of its entries are", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const began = Date.now()
      const forked = yield* visit(folder, (adapter) =>
        Effect.gen(function*() {
          yield* commit(adapter, put(source, 1), append(source, ["old"], { at: 1_000 }))
          return yield* (yield* notesOver(adapter)).fork(source, { id: copy.id })
        }), options)
      assert.isAtLeast(DateTime.toEpochMillis(forked.updatedAt), began)
      yield* visit(folder, (adapter) =>
        Effect.gen(function*() {
          const { createdAt, updatedAt } = yield* (yield* notesOver(adapter)).load(copy)
          assert.deepStrictEqual([createdAt, updatedAt], [forked.createdAt, forked.updatedAt])
        }), options)
    }))

  it.live("goes on without its source, also after restarts", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visit(folder, (adapter) =>
        Effect.gen(function*() {
          yield* writeSource(adapter)
          yield* (yield* notesOver(adapter)).fork(source, { id: copy.id })
        }), options)
      for (const changed of [copy, source]) {
        const other = changed === copy ? source : copy
        yield* visit(folder, (adapter) =>
          Effect.gen(function*() {
            const before = yield* storedOf(adapter, other)
            yield* commit(adapter, append(changed, [changed.id]))
            yield* commit(adapter, put(changed, changed.id), append(changed, ["both"]))
            assert.deepStrictEqual(yield* storedOf(adapter, other), before)
          }), options)
      }
      yield* visit(folder, (adapter) => commit(adapter, remove(source)), options)
      const kept = yield* visit(folder, (adapter) => contentOf(adapter, copy), options)
      assert.deepStrictEqual(
        kept,
        Option.some({ state: "copy", entries: ["a", { b: 1 }, "\uD83D", "late", "copy", "both"] })
      )
    }))

  it.live("takes the writes of its source for those of another session", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visit(folder, (adapter) =>
        Effect.gen(function*() {
          const notes = yield* notesOver(adapter)
          yield* notes.create(1, { ...source })
          yield* notes.append(source, ["a"], { operationId: "op" })
          yield* notes.fork(source, { id: copy.id })
        }), options)
      yield* visit(folder, (adapter) =>
        Effect.gen(function*() {
          const notes = yield* notesOver(adapter)
          assert.strictEqual((yield* notes.append(copy, ["b"], { operationId: "op" })).entryCount, 2)
          assert.strictEqual((yield* notes.append(source, ["b"], { operationId: "op" })).entryCount, 1)
          assert.deepStrictEqual((yield* storedOf(adapter, source)).entryCount, 1)
        }), options)
    }))

  it.live("in the place of a removed session has nothing of it", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const removed = yield* visit(folder, (adapter) =>
        Effect.gen(function*() {
          yield* writeSource(adapter)
          yield* commit(adapter, put(copy, "former"), append(copy, ["former", "former", "former", "former", "former"]))
          return (yield* commit(adapter, remove(copy))).keys[0]!.version
        }), options)
      const forked = yield* visit(folder, (adapter) =>
        Effect.flatMap(notesOver(adapter), (notes) => notes.fork(source, { id: copy.id })), options)
      assert.isAbove(forked.version, removed)
      yield* visit(folder, (adapter) =>
        Effect.gen(function*() {
          assert.deepStrictEqual(yield* storedOf(adapter, copy), yield* storedOf(adapter, source))
        }), options)
    }))

  it.live("that is sent again is answered as it was, by whomever it is answered", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const sent = {
        writeId: randomId(),
        operations: [put(copy, 1, { expect: "absent" }), append(copy, ["a", "b"], { at: 1_000, expect: "absent" })]
      }
      yield* visit(folder, (adapter) =>
        Effect.gen(function*() {
          const first = yield* adapter.commit(sent)
          assert.deepStrictEqual((yield* adapter.commit({ ...sent, attempt: 2 })).keys, first.keys, "here")
          const again = yield* visit(folder, (later) => later.commit({ ...sent, attempt: 2 }), options)
          assert.deepStrictEqual(again.keys, first.keys, "by another adapter")
          assert.deepStrictEqual((yield* storedOf(adapter, copy)).entryCount, 2)
        }), options)
    }))

  it.live("of a session with a damaged entry fails with that, and makes nothing", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visit(folder, writeSource, options)
      const log = path.join(folder, ...source.namespace, `${source.id}.entries.jsonl`)
      const text = fs.readFileSync(log, "latin1")
      fs.writeFileSync(log, text.replace("\"entry\":\"a\"", "\"entry\":\"X\""), "latin1")
      const before = sessionFiles(folder)
      yield* visit(folder, (adapter) =>
        Effect.gen(function*() {
          const error = yield* Effect.flip((yield* notesOver(adapter)).fork(source, { id: copy.id }))
          assert.isTrue(error._tag === "StorageError" && error.reason._tag === "Corrupt")
          assert.deepStrictEqual(yield* adapter.load(copy), Option.none())
        }), options)
      assert.deepStrictEqual(sessionFiles(folder), before)
    }))
})
