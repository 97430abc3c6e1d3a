/** What a watcher of a store in files sees: writes of this process, and that something turned up otherwise. */
import { assert, describe, it } from "@effect/vitest"
import { type Change, makeKey, Session, SessionStore, StorageAdapter } from "@holdfast/core"
import { Effect, Fiber, Option, Schema, Stream } from "effect"
import * as fs from "node:fs"
import { msix } from "../src/testing/FaultyFileSystem.ts"
import {
  type Adapter,
  append,
  change,
  commit,
  faulty,
  findings,
  load,
  open,
  openClosable,
  type OpenOptions,
  place,
  put,
  quickFolder,
  remove,
  visit
} from "./kit.ts"

const key = makeKey("a", ["acct"])
const mark = makeKey("mark")
const missed: Change = { _tag: "Missed" }

const isMark = (each: Change) => each._tag !== "Missed" && each.key.id === mark.id

/** A watch of an adapter: `seen` is what it saw up to a mark that is set then, or to what was missed. */
const watch = Effect.fnUntraced(function*(adapter: Adapter) {
  const stream = yield* adapter.changes
  const seen = Effect.gen(function*() {
    yield* commit(adapter, put(mark, 0))
    // What follows on `Missed` before that is taken may be left out, the mark too.
    const all = yield* Stream.runCollect(Stream.takeUntil(stream, (each) => each._tag === "Missed" || isMark(each)))
    return all.filter((each) => !isMark(each))
  })
  return { seen }
})

const ways: ReadonlyArray<readonly [name: string, options: OpenOptions]> = [
  ["rename", { commit: "rename" }],
  ["slots", { commit: "slots" }],
  ["auto where renames are refused", { fileSystem: faulty(msix) }]
]

describe.each(ways)("a watch of files, with %s", (_, options) => {
  it.live("sees each write with the version that its receipt has, in order", () =>
    Effect.gen(function*() {
      const adapter = yield* open(yield* quickFolder, options)
      const { seen } = yield* watch(adapter)
      const writes = [
        [put(key, 1, { expect: "absent" })],
        [append(key, ["a", "b"])],
        [put(key, 2), append(key, ["c"])],
        [append(key, ["d"])],
        [remove(key)],
        [put(key, 3)]
      ] as const
      const versions = yield* Effect.forEach(writes, (operations) =>
        Effect.map(commit(adapter, ...operations), ({ keys }) => keys[0]!.version))
      assert.deepStrictEqual(
        yield* seen,
        versions.map((version, index) => ({
          _tag: index === 4 ? "Removed" as const : "Changed" as const,
          key,
          kind: "note",
          version
        }))
      )
      assert.strictEqual((yield* load(adapter, key)).head.version, versions[5])
    }))

  it.live("sees nothing of what changes nothing", () =>
    Effect.gen(function*() {
      const adapter = yield* open(yield* quickFolder, options)
      const sent = change(put(key, 1), append(key, ["a"]))
      yield* adapter.commit(sent)
      const { seen } = yield* watch(adapter)
      yield* adapter.commit({ ...sent, attempt: 2 })
      yield* Effect.flip(commit(adapter, put(key, 2, { expect: "absent" })))
      yield* Effect.flip(commit(adapter, remove(makeKey("missing"), { expect: "present" })))
      yield* commit(adapter, append(key, []))
      yield* load(adapter, key)
      yield* Stream.runDrain(adapter.list({ namespace: [], order: "id" }))
      yield* findings(adapter, "inspect")
      yield* findings(adapter, "apply")
      assert.deepStrictEqual(yield* seen, [])
    }))
})

describe("a watch of files", () => {
  it.live("sees what another adapter of this process writes into the same folder, by whatever name it was opened", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const link = `${folder}-link`
      yield* Effect.acquireRelease(
        Effect.sync(() => fs.symlinkSync(folder, link)),
        () => Effect.sync(() => fs.rmSync(link))
      )
      const watching = yield* open(folder)
      const writing = yield* open(link)
      const [here, there] = [yield* watch(watching), yield* watch(writing)]
      const { keys } = yield* commit(writing, put(key, 1))
      const expected = [{ _tag: "Changed" as const, key, kind: "note", version: keys[0]!.version }]
      assert.deepStrictEqual(yield* here.seen, expected)
      assert.deepStrictEqual((yield* there.seen).slice(0, 1), expected)
    }))

  it.live("sees nothing of another folder", () =>
    Effect.gen(function*() {
      const [watching, writing] = [yield* open(yield* quickFolder), yield* open(yield* quickFolder)]
      const { seen } = yield* watch(watching)
      yield* commit(writing, put(key, 1))
      assert.deepStrictEqual(yield* seen, [])
    }))

  it.live("fails when its adapter is closed, and that of another adapter goes on", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const other = yield* open(folder)
      const { adapter, close } = yield* openClosable(folder)
      const stream = yield* adapter.changes
      const { seen } = yield* watch(other)
      const reading = yield* Effect.forkChild(Effect.flip(Stream.runDrain(stream)), { startImmediately: true })
      yield* close
      const error = yield* Fiber.join(reading)
      assert.deepStrictEqual([error.reason._tag, error.operation], ["Closed", "changes"])
      assert.strictEqual((yield* Effect.flip(Effect.scoped(adapter.changes))).reason._tag, "Closed")
      yield* commit(other, put(key, 1))
      assert.strictEqual((yield* seen).length, 1)
    }))

  it.live("is told that it missed something when nobody knows whether a write is there", () =>
    Effect.gen(function*() {
      const rules: Array<Parameters<typeof faulty>[0][number]> = []
      const adapter = yield* open(yield* quickFolder, { fileSystem: faulty(rules) })
      yield* commit(adapter, put(key, 1))
      const { seen } = yield* watch(adapter)
      rules.push({ operation: "sync", path: /acct$/, code: "EIO" })
      const unknown = yield* Effect.flip(commit(adapter, put(key, 2)))
      rules.length = 0
      assert.strictEqual(unknown.outcome, "unknown")
      assert.deepStrictEqual(yield* seen, [missed])
    }))

  it.live("sees a write whose caller was interrupted when it is there", () =>
    Effect.gen(function*() {
      const adapter = yield* open(yield* quickFolder)
      const { seen } = yield* watch(adapter)
      const writing = yield* Effect.forkChild(commit(adapter, put(key, 1)), { startImmediately: true })
      yield* Fiber.interrupt(writing)
      // Whatever takes its turn under the same key comes after the write.
      yield* commit(adapter, append(key, [], { expect: "any" })).pipe(Effect.ignore)
      const found = yield* adapter.load(key)
      const versions = (yield* seen).flatMap((each) => each._tag === "Changed" ? [each.version] : [])
      assert.deepStrictEqual(versions, Option.toArray(found).map(({ head }) => head.version))
    }))
})

const Note = Session.define("note", { state: Schema.Struct({ n: Schema.Int }) })
const adopt = Session.adopter(Note, (json) =>
  Schema.decodeUnknownOption(Note.state)(json).pipe(
    Option.map((state) => ({ state }))
  ))

/** What makes another program's document a session of the store while somebody watches. */
const adoptions: ReadonlyArray<
  readonly [how: string, run: (adapter: Adapter, folder: string) => Effect.Effect<unknown, unknown>]
> = [
  ["it is loaded", (adapter) => load(adapter, key)],
  ["its head is read", (adapter) => adapter.head(key)],
  ["its entries are read", (adapter) => Stream.runDrain(adapter.entries(key, {}))],
  [
    "it is in the way of one that is created",
    (adapter) => Effect.flip(commit(adapter, put(key, { n: 2 }, { expect: "absent" })))
  ],
  ["it is written to", (adapter) => commit(adapter, append(key, ["more"], { expect: "present" }))],
  ["the store is recovered", (adapter) => findings(adapter, "apply")],
  ["the store is opened once more", (_, folder) => visit(folder, () => Effect.void, { adopt })]
]

describe("a session that was another program's document", () => {
  it.live.each(adoptions)("is told to whoever watches when %s", ([, run]) =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const adapter = yield* open(folder, { adopt })
      const { seen } = yield* watch(adapter)
      place(folder, "acct/a.json.tmp", JSON.stringify({ n: 7 }))
      yield* run(adapter, folder)
      const { head } = yield* load(adapter, key)
      const told = yield* seen
      const isTold = told.some((each) =>
        each._tag === "Missed" || each.key.id === key.id && each.version === head.version
      )
      assert.isTrue(isTold, JSON.stringify(told))
    }))

  it.live("is told to whoever watches through a store", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const adapter = yield* open(folder, { adopt })
      const notes = yield* Effect.provideService(SessionStore.make(Note), StorageAdapter, adapter)
      const stream = yield* notes.changes({ namespace: ["acct"] })
      place(folder, "acct/a.json.tmp", JSON.stringify({ n: 7 }))
      assert.deepStrictEqual((yield* notes.load(key)).state, { n: 7 })
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(stream, 1)), [missed])
    }))
})
