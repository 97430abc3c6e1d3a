/** Saves that wait behind each other: each has its own version and receipt, and only the last one is written. */
import { assert, describe, it } from "@effect/vitest"
import { randomId, type StorageChange } from "@holdfast/core"
import { Effect, Fiber, Option } from "effect"
import { FaultyFileSystem } from "../../src/testing/index.ts"
import {
  type Adapter,
  append,
  change,
  commit,
  contentOf,
  entriesOf,
  load,
  open,
  put,
  quickFolder,
  recorded,
  remove,
  versionOf,
  visit
} from "../kit.ts"

const key = { namespace: ["acct"], id: "local_1" }

/** Sends changes at once, in their order, and gives what each was answered. */
const together = (adapter: Adapter, changes: ReadonlyArray<StorageChange>) =>
  Effect.gen(function*() {
    const fibers = yield* Effect.forEach(changes, (sent) =>
      Effect.forkChild(Effect.exit(adapter.commit(sent)), { startImmediately: true }))
    return yield* Effect.forEach(fibers, Fiber.join)
  })

const saves = (count: number) => Array.from({ length: count }, (_, n) => change(put(key, n)))

for (const protocol of ["rename", "slots"] as const) {
  const options = { commit: protocol }
  describe(`saves of one session at once, with ${protocol}`, () => {
    it.live("get rising versions, of which the last one is the session's", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const adapter = yield* open(folder, options)
        const answers = yield* together(adapter, saves(40))
        const versions = answers.map((answer) => answer._tag === "Success" ? versionOf(answer.value) : 0)
        assert.deepStrictEqual(versions, versions.toSorted((self, that) => self - that))
        assert.strictEqual(new Set(versions).size, 40)
        const { body, head } = yield* load(adapter, key)
        assert.deepStrictEqual([body, head.version as number], ["39", versions.at(-1)])
      }))

    it.live("cost far fewer writes than there are saves", () =>
      Effect.gen(function*() {
        const { calls, fileSystem } = recorded()
        const adapter = yield* open(yield* quickFolder, { ...options, fileSystem })
        yield* commit(adapter, put(key, -1))
        calls.length = 0
        yield* together(adapter, saves(200))
        const flushes = calls.filter(({ operation, path }) => operation === "sync" && path.includes("local_1"))
        assert.isAtMost(flushes.length, 4)
      }))

    it.live("are each recognised while the store is open, however many there were", () =>
      Effect.gen(function*() {
        const adapter = yield* open(yield* quickFolder, options)
        yield* commit(adapter, put(key, -1))
        const sent = saves(200)
        yield* together(adapter, sent)
        const { head: { version } } = yield* load(adapter, key)
        for (const each of [sent[0]!, sent[100]!]) yield* adapter.commit({ ...each, attempt: 2 })
        const { body, head } = yield* load(adapter, key)
        assert.deepStrictEqual([body, head.version], ["199", version])
      }))

    it.live("are the last ones remembered by their write ids when the store is opened again", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const sent = saves(12)
        const first = yield* visit(folder, (adapter) => together(adapter, sent), options)
        const again = yield* visit(
          folder,
          (adapter) => Effect.forEach(sent, (each) => Effect.exit(adapter.commit({ ...each, attempt: 2 }))),
          options
        )
        const versionsOf = (answers: typeof first) =>
          answers.map((answer) => answer._tag === "Success" ? versionOf(answer.value) : 0)
        assert.deepStrictEqual(versionsOf(again), versionsOf(first))
      }))

    it.live("are all remembered by the head that was written for them, however many they were", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const sent = saves(120)
        // The first one is written alone: the others come while it is under way.
        const [, ...first] = yield* visit(folder, (adapter) => together(adapter, sent), options)
        const again = yield* visit(
          folder,
          (adapter) => Effect.forEach(sent.slice(1), (each) => Effect.exit(adapter.commit({ ...each, attempt: 2 }))),
          options
        )
        const versionsOf = (answers: typeof again) =>
          answers.map((answer) => answer._tag === "Success" ? versionOf(answer.value) : 0)
        assert.deepStrictEqual(versionsOf(again), versionsOf(first))
        assert.strictEqual((yield* visit(folder, (adapter) => load(adapter, key), options)).body, "119")
      }))

    it.live("are judged where something else stands between them", () =>
      Effect.gen(function*() {
        const adapter = yield* open(yield* quickFolder, options)
        yield* commit(adapter, put(key, 0))
        const { head: { version } } = yield* load(adapter, key)
        const answers = yield* together(adapter, [
          change(put(key, 1)),
          change(put(key, 2)),
          // The version that is expected was true before the saves in front of it.
          change(put(key, 3, { expect: version })),
          change(append(key, ["a"])),
          change(put(key, 4)),
          change(remove(key)),
          change(put(key, 5, { expect: "present" })),
          change(put(key, 6))
        ])
        assert.deepStrictEqual(answers.map(({ _tag }) => _tag), [
          "Success",
          "Success",
          "Failure",
          "Success",
          "Success",
          "Success",
          "Failure",
          "Success"
        ])
        assert.deepStrictEqual(yield* contentOf(adapter, key), Option.some({ state: 6, entries: [] }))
      }))

    it.live("of another kind are refused alone, and the ones around them are written", () =>
      Effect.gen(function*() {
        const adapter = yield* open(yield* quickFolder, options)
        const answers = yield* together(adapter, [
          change(put(key, 1)),
          change(put(key, 2)),
          change(put(key, 3, { kind: "other" })),
          change(put(key, 4))
        ])
        assert.deepStrictEqual(answers.map(({ _tag }) => _tag), ["Success", "Success", "Failure", "Success"])
        assert.strictEqual((yield* load(adapter, key)).body, "4")
      }))

    it.live("sent twice under one write id are applied once", () =>
      Effect.gen(function*() {
        const adapter = yield* open(yield* quickFolder, options)
        const writeId = randomId()
        const sent: StorageChange = { writeId, operations: [put(key, 1)] }
        const answers = yield* together(adapter, [change(put(key, 0)), sent, change(put(key, 2)), {
          ...sent,
          attempt: 2
        }])
        const versions = answers.map((answer) => answer._tag === "Success" ? versionOf(answer.value) : 0)
        assert.strictEqual(versions[1], versions[3])
        assert.strictEqual((yield* load(adapter, key)).body, "2")
      }))

    it.live("keep the entries that the session has", () =>
      Effect.gen(function*() {
        const adapter = yield* open(yield* quickFolder, options)
        yield* commit(adapter, put(key, 0), append(key, ["a", "b"]))
        yield* together(adapter, saves(8))
        assert.deepStrictEqual(yield* entriesOf(adapter, key), ["a", "b"])
      }))

    it.live("fail together when their write fails, and the session is as it was", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        yield* visit(folder, (adapter) => commit(adapter, put(key, "before")), options)
        const rules = FaultyFileSystem.fullDisk()
        const { fileSystem } = recorded()
        const answers = yield* visit(folder, (adapter) => together(adapter, saves(8)), {
          ...options,
          fileSystem: FaultyFileSystem.make(fileSystem, rules)
        })
        assert.isTrue(answers.every(({ _tag }) => _tag === "Failure"))
        assert.deepStrictEqual(
          yield* visit(folder, (adapter) => contentOf(adapter, key), options),
          Option.some({ state: "before", entries: [] })
        )
      }))

    it.live("are given up one by one while they wait, and the others are written", () =>
      Effect.gen(function*() {
        const adapter = yield* open(yield* quickFolder, options)
        const fibers = yield* Effect.forEach(saves(6), (sent) =>
          Effect.forkChild(Effect.exit(adapter.commit(sent)), { startImmediately: true }))
        yield* Fiber.interrupt(fibers[3]!)
        yield* Effect.forEach(
          fibers.filter((_, at) =>
            at !== 3
          ),
          Fiber.join
        )
        assert.strictEqual((yield* load(adapter, key)).body, "5")
        yield* commit(adapter, put(key, "after"))
        assert.strictEqual((yield* load(adapter, key)).body, "\"after\"")
      }))
  })
}
