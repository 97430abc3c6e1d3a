/** After a failed sync of the log the system takes its bytes for written: nobody relies on them any more. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import type { FaultRule } from "../../src/testing/FaultyFileSystem.ts"
import {
  type Adapter,
  append,
  change,
  commit,
  contentOf,
  entriesOf,
  failureOf,
  faulty,
  load,
  open,
  openClosable,
  type OpenOptions,
  put,
  quickFolder,
  recorded,
  sessionFiles,
  versionOf,
  visit
} from "../kit.ts"

const key = { namespace: ["acct"], id: "local_1" }
const first = "acct/local_1.entries.jsonl"
const second = "acct/local_1.entries.1.jsonl"

/** The log's next sync fails. */
const failingSync = (calls: (call: number) => boolean = (call) => call === 1): FaultRule => ({
  operation: "sync",
  path: /entries/,
  code: "EIO",
  calls
})

/** A session with two entries, open in a process whose calls fail by rules that can be added. */
const opened = Effect.fnUntraced(function*(options: OpenOptions) {
  const folder = yield* quickFolder
  const rules: Array<FaultRule> = []
  const { adapter, close } = yield* openClosable(folder, { ...options, fileSystem: faulty(rules) })
  yield* commit(adapter, put(key, 0), append(key, ["a"]))
  yield* commit(adapter, append(key, ["b"]))
  return { folder, rules, adapter, close, options }
})

/** The entries as this process reads them, and as one reads them that opens the store later. */
const entriesTwice = Effect.fnUntraced(function*(store: Effect.Success<ReturnType<typeof opened>>) {
  const now = yield* entriesOf(store.adapter, key)
  yield* store.close
  const later = yield* visit(store.folder, (adapter) => entriesOf(adapter, key), store.options)
  return [now, later]
})

const twice = (entries: ReadonlyArray<unknown>): Array<ReadonlyArray<unknown>> => [entries, entries]

for (const protocol of ["rename", "slots"] as const) {
  const options: OpenOptions = { commit: protocol }

  describe(`an append whose sync fails, with ${protocol}`, () => {
    it.live("has an unknown outcome, and what is there is the old or the new", () =>
      Effect.gen(function*() {
        const store = yield* opened(options)
        store.rules.push(failingSync())
        assert.deepStrictEqual(yield* failureOf(commit(store.adapter, append(key, ["c"]))), ["Io", "unknown"])
        for (const entries of yield* entriesTwice(store)) assert.oneOf(entries.length, [2, 3])
      }))

    it.live("is followed by one that goes to a new segment", () =>
      Effect.gen(function*() {
        const store = yield* opened(options)
        store.rules.push(failingSync())
        const before = sessionFiles(store.folder)[first]!
        yield* Effect.flip(commit(store.adapter, append(key, ["c"])))
        yield* commit(store.adapter, append(key, ["d"]))
        const files = sessionFiles(store.folder)
        assert.isTrue(files[first]!.startsWith(before))
        assert.include(files[second], "\"d\"")
        assert.deepStrictEqual(yield* entriesTwice(store), twice(["a", "b", "d"]))
      }))

    it.live("loses nothing acknowledged when a power cut takes what was not synced", () =>
      Effect.gen(function*() {
        const store = yield* opened(options)
        const length = fs.statSync(path.join(store.folder, first)).size
        store.rules.push(failingSync())
        yield* Effect.flip(commit(store.adapter, append(key, ["c"])))
        yield* commit(store.adapter, append(key, ["d"]))
        yield* commit(store.adapter, put(key, 1), append(key, ["e"]))
        fs.truncateSync(path.join(store.folder, first), length)
        assert.deepStrictEqual(yield* entriesTwice(store), twice(["a", "b", "d", "e"]))
        const content = yield* visit(store.folder, (adapter) => contentOf(adapter, key), options)
        assert.deepStrictEqual(content, Option.some({ state: 1, entries: ["a", "b", "d", "e"] }))
      }))

    it.live("is applied once when it is sent again", () =>
      Effect.gen(function*() {
        const store = yield* opened(options)
        store.rules.push(failingSync())
        const again = change(append(key, ["c"]))
        yield* Effect.flip(store.adapter.commit(again))
        yield* store.adapter.commit({ ...again, attempt: 2 })
        yield* store.adapter.commit({ ...again, attempt: 3 })
        assert.deepStrictEqual(yield* entriesTwice(store), twice(["a", "b", "c"]))
      }))

    it.live("is applied once when it is sent again after a restart, and is on the disk before that is said", () =>
      Effect.gen(function*() {
        const store = yield* opened(options)
        store.rules.push(failingSync())
        const again = change(append(key, ["c"]))
        yield* Effect.flip(store.adapter.commit(again))
        yield* store.close
        const { calls, fileSystem } = recorded()
        const adapter = yield* open(store.folder, { ...options, fileSystem })
        calls.length = 0
        yield* adapter.commit({ ...again, attempt: 2 })
        const log = calls.filter(({ path: file }) => file.endsWith(first)).map(({ operation }) => operation)
        assert.isAbove(log.lastIndexOf("sync"), log.lastIndexOf("write"))
        assert.include(log, "write")
        assert.deepStrictEqual(yield* entriesOf(adapter, key), ["a", "b", "c"])
      }))

    it.live("leaves a version that the next save can expect", () =>
      Effect.gen(function*() {
        const store = yield* opened(options)
        store.rules.push(failingSync())
        yield* Effect.flip(commit(store.adapter, append(key, ["c"])))
        const { head } = yield* load(store.adapter, key)
        const receipt = yield* commit(store.adapter, put(key, 1, { expect: head.version }))
        assert.isAbove(versionOf(receipt), head.version)
      }))

    it.live("leaves what is read as the next save finds it", () =>
      Effect.gen(function*() {
        const store = yield* opened(options)
        store.rules.push(failingSync())
        yield* Effect.flip(commit(store.adapter, append(key, ["c"])))
        const seen = yield* entriesOf(store.adapter, key)
        const receipt = yield* commit(store.adapter, append(key, ["d"]))
        assert.strictEqual(receipt.keys[0]?.entryCount, seen.length + 1)
        assert.deepStrictEqual(yield* entriesTwice(store), twice([...seen, "d"]))
      }))

    it.live("may fail again in the new segment", () =>
      Effect.gen(function*() {
        const store = yield* opened(options)
        store.rules.push(failingSync((call) => call <= 3))
        for (const entry of ["c", "d", "e"]) yield* Effect.flip(commit(store.adapter, append(key, [entry])))
        yield* commit(store.adapter, append(key, ["f"]))
        yield* commit(store.adapter, append(key, ["g"]))
        const [now, later] = yield* entriesTwice(store)
        assert.deepStrictEqual(now, ["a", "b", "f", "g"])
        assert.deepStrictEqual(later, now)
      }))

    it.live("is not relied on after another failure, in a new segment that cannot be removed", () =>
      Effect.gen(function*() {
        const store = yield* opened(options)
        const length = fs.statSync(path.join(store.folder, first)).size
        store.rules.push(failingSync((call) => call <= 2), { operation: "remove", path: /entries/, code: "EIO" })
        for (const entry of ["c", "d"]) yield* Effect.flip(commit(store.adapter, append(key, [entry])))
        yield* commit(store.adapter, append(key, ["e"]))
        fs.truncateSync(path.join(store.folder, first), length)
        assert.deepStrictEqual(yield* entriesTwice(store), twice(["a", "b", "e"]))
      }))

    it.live("has versions that rise over it", () =>
      Effect.gen(function*() {
        const store = yield* opened(options)
        store.rules.push(failingSync())
        yield* Effect.flip(commit(store.adapter, append(key, ["c"])))
        const { head } = yield* load(store.adapter, key)
        const versions: Array<number> = [head.version]
        const save = (adapter: Adapter) =>
          Effect.map(commit(adapter, append(key, ["d"])), (receipt) => versions.push(versionOf(receipt)))
        yield* save(store.adapter)
        yield* store.close
        yield* visit(store.folder, save, options)
        assert.deepStrictEqual(versions, [...new Set(versions)].toSorted((self, that) => self - that))
      }))
  })

  describe(`a save of state and entries whose log cannot be synced, with ${protocol}`, () => {
    it.live("is not applied, and the next one is", () =>
      Effect.gen(function*() {
        const store = yield* opened(options)
        store.rules.push(failingSync())
        const failure = yield* failureOf(commit(store.adapter, put(key, 1), append(key, ["c"])))
        assert.deepStrictEqual(failure, ["Io", "notApplied"])
        assert.deepStrictEqual(yield* contentOf(store.adapter, key), Option.some({ state: 0, entries: ["a", "b"] }))
        yield* commit(store.adapter, put(key, 2), append(key, ["d"]))
        assert.deepStrictEqual(
          yield* contentOf(store.adapter, key),
          Option.some({ state: 2, entries: ["a", "b", "d"] })
        )
        assert.deepStrictEqual(yield* entriesTwice(store), twice(["a", "b", "d"]))
      }))
  })
}
