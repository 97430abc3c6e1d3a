/** A record that was held elsewhere is a session like any other: in its files, in its log, and after a reopening. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Stream } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import {
  append,
  change,
  commit,
  entriesOf,
  failureOf,
  findings,
  listed,
  load,
  lostFound,
  open,
  put,
  quickFolder,
  recorded,
  remove,
  sessionFiles,
  stateOf,
  versionOf,
  visit
} from "../kit.ts"
import { heldAt, heldOf, restore } from "./records.ts"

const key = { namespace: ["acct"], id: "local_1" }

const segmentsIn = (folder: string) => Object.keys(sessionFiles(folder)).filter((name) => /^acct.*jsonl$/.test(name))

for (const protocol of ["rename", "slots"] as const) {
  const options = { commit: protocol }
  describe(`a restored record, with ${protocol}`, () => {
    it.live("is read as it was held, also when its entries name no write", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const records = [
          heldOf(key, { version: 100, batches: [0, 3, 1, 0] }),
          heldOf(key, { version: 200, batches: [2, 1, 5], names: "unnamed" }),
          heldOf(key, { version: 300, batches: [0] }),
          heldOf(key, { version: 400, batches: Array.from({ length: 40 }, (_, nth) => nth % 3) })
        ]
        for (const held of records) {
          yield* visit(folder, (adapter) => commit(adapter, restore(key, held)), options)
          assert.deepStrictEqual(yield* visit(folder, (adapter) => heldAt(adapter, key), options), held)
        }
      }))

    it.live("takes the place of an older log, of which nothing is left", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const adapter = yield* open(folder, options)
        yield* commit(adapter, put(key, 1), append(key, ["old"]))
        const { incarnation, version } = (yield* commit(adapter, append(key, ["older"])).pipe(
          Effect.andThen(load(adapter, key))
        )).head
        // The same life of the key, and no entries: the lines of the older log belong to it, too.
        for (const [above, batches] of [[1, [0]], [2, [3]], [3, [0]]] as const) {
          yield* commit(adapter, restore(key, heldOf(key, { version: version + above, incarnation, batches })))
          assert.strictEqual((yield* entriesOf(adapter, key)).length, batches[0])
          assert.isAtMost(segmentsIn(folder).length, 1)
        }
        yield* commit(adapter, append(key, ["new"]))
        yield* commit(adapter, put(key, 2), append(key, ["newer"]))
        assert.deepStrictEqual(yield* entriesOf(adapter, key), ["new", "newer"])
        assert.deepStrictEqual(yield* visit(folder, (later) => entriesOf(later, key), options), ["new", "newer"])
        assert.deepStrictEqual(lostFound(folder), [])
      }))

    it.live("keeps aside what an older log holds of another life", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        yield* visit(folder, (adapter) => commit(adapter, put(key, 1), append(key, ["of a lost head"])), options)
        for (const name of ["local_1.json", "local_1.alt.json"]) {
          fs.rmSync(path.join(folder, "acct", name), { force: true })
        }
        const adapter = yield* open(folder, options)
        // Opening has kept a log without its head; this is another one.
        fs.writeFileSync(path.join(folder, "acct", "local_1.entries.7.jsonl"), fs.readFileSync(lostFile(folder)))
        yield* commit(adapter, restore(key, heldOf(key, { version: 9e14 * 9, batches: [1] })))
        assert.deepStrictEqual(segmentsIn(folder), ["acct/local_1.entries.8.jsonl"])
        assert.isTrue(lostFound(folder).some((name) => name.includes("entries.7")))
      }))

    it.live("goes on with appends beyond what is read at once, and remembers the last writes of all", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const held = heldOf(key, { version: 7, batches: [30, 40], padding: "x".repeat(5_000) })
        yield* visit(folder, (adapter) => commit(adapter, restore(key, held)), options)
        const adapter = yield* open(folder, options)
        const added = Array.from({ length: 3 }, () => change(append(key, ["y".repeat(90_000)])))
        for (const each of added) yield* adapter.commit(each)
        const { head, writes } = yield* load(adapter, key)
        assert.deepStrictEqual(writes.map(({ id }) => id), ["7-0", "7-1", ...added.map(({ writeId }) => writeId)])
        assert.strictEqual(head.entryCount, 73)
        const last = yield* Stream.runCollect(adapter.entries(key, { last: 4 }))
        assert.deepStrictEqual(last.map((row) => row.index), [69, 70, 71, 72])
        assert.deepStrictEqual(last.map((row) => row._tag === "StoredEntry" ? row.writeId : ""), [
          "7-1",
          ...added.map(({ writeId }) => writeId)
        ])
        assert.deepStrictEqual(yield* listed(adapter), ["local_1"])
        assert.deepStrictEqual(yield* findings(adapter, "inspect"), [])
      }))

    it.live("recognises the writes that its entries name, in this opening and in the next", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const held = heldOf(key, { version: 500, batches: Array.from({ length: 30 }, () => 2) })
        const again = { writeId: "500-3", attempt: 2, operations: [append(key, ["again", "again"])] }
        const answers = [
          yield* visit(
            folder,
            (adapter) => Effect.andThen(commit(adapter, restore(key, held)), adapter.commit(again)),
            options
          ),
          yield* visit(folder, (adapter) => adapter.commit(again), options)
        ]
        for (const answer of answers) {
          const { entryCount, updatedAt, version } = answer.keys[0]!
          assert.deepStrictEqual([version as number, entryCount, updatedAt], [474, 8, 3_990])
        }
        assert.deepStrictEqual(yield* visit(folder, (adapter) => heldAt(adapter, key), options), held)
      }))

    it.live("is refused unless it is above what the key has, or had", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const adapter = yield* open(folder, options)
        yield* commit(adapter, put(key, 1))
        const removed = versionOf(yield* commit(adapter, remove(key)))
        for (const version of [removed - 1, removed]) {
          const refused = yield* failureOf(commit(adapter, restore(key, heldOf(key, { version, batches: [1] }))))
          assert.deepStrictEqual(refused, ["Conflict", "notApplied"])
        }
        assert.deepStrictEqual(yield* listed(adapter), [])
        yield* commit(adapter, restore(key, heldOf(key, { version: removed + 1, batches: [1] })))
        const refused = yield* failureOf(
          commit(adapter, restore(key, heldOf(key, { version: removed + 1, batches: [2] })))
        )
        assert.deepStrictEqual(refused, ["Conflict", "notApplied"])
        assert.strictEqual((yield* entriesOf(adapter, key)).length, 1)
      }))

    it.live("is never written as one with the saves beside it", () =>
      Effect.gen(function*() {
        const { calls, fileSystem } = recorded()
        const adapter = yield* open(yield* quickFolder, { ...options, fileSystem })
        yield* commit(adapter, put(key, 0))
        const { head: { version } } = yield* load(adapter, key)
        const held = heldOf(key, { version: version + 1_000, batches: [2] })
        const sent = [put(key, 1), put(key, 2), restore(key, held), put(key, 3), put(key, 4)]
        calls.length = 0
        const fibers = yield* Effect.forEach(sent, (operation) =>
          Effect.forkChild(commit(adapter, operation), { startImmediately: true }))
        const versions = (yield* Effect.forEach(fibers, (fiber) =>
          Fiber.join(fiber))).map(versionOf)
        assert.deepStrictEqual(versions, versions.toSorted((self, that) => self - that))
        assert.strictEqual(new Set(versions).size, sent.length)
        assert.include(versions, version + 1_000)
        const heads = calls.filter(({ operation, path }) => operation === "sync" && /local_1(\.alt)?\.json/.test(path))
        assert.isAtLeast(heads.length, 3)
        assert.strictEqual((yield* entriesOf(adapter, key)).length, 2)
        assert.strictEqual(yield* stateOf(adapter, key), 4)
      }))

    it.live("can be removed, and its key begins a new life above it", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const adapter = yield* open(folder, options)
        const version = 8e15
        yield* commit(adapter, restore(key, heldOf(key, { version, batches: [2] })))
        const removed = versionOf(yield* commit(adapter, remove(key)))
        assert.deepStrictEqual([removed, segmentsIn(folder)], [version + 1, []])
        assert.isTrue(Option.isNone(yield* adapter.load(key)))
        const created = versionOf(yield* commit(adapter, put(key, "new"), append(key, ["a"])))
        assert.isAbove(created, removed)
        assert.deepStrictEqual(yield* visit(folder, (later) => entriesOf(later, key), options), ["a"])
      }))
  })
}

/** The file that a recovery has kept of a log without its head. */
const lostFile = (folder: string): string =>
  path.join(folder, lostFound(folder).find((name) => name.endsWith("entries.jsonl"))!)
