import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { type Change, makeKey, type SessionKey, type Version } from "@holdfast/core"
import { Effect, Fiber, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Chat, draft, hello, openChats, openRecorded, storeOver } from "./chats.ts"

type Chats = Effect.Success<typeof openChats>

const key = makeKey("a", ["acct", "org"])
const marker = makeKey("marker", ["acct", "org"])

/** The changes that a run makes others see, up to a mark that is set after it. */
const seenOf = Effect.fnUntraced(function*<A, E>(
  chats: Chats,
  run: Effect.Effect<A, E>,
  options?: Parameters<Chats["changes"]>[0]
) {
  const stream = yield* chats.changes(options)
  const answer = yield* run
  yield* chats.save(marker, draft)
  const seen = yield* Stream.runCollect(
    Stream.takeUntil(stream, (change) => change._tag !== "Missed" && change.key.id === marker.id)
  )
  return { answer, seen: seen.slice(0, -1) }
})

interface Written {
  readonly key: SessionKey
  readonly version: Version
}

const written = ({ key, version }: Written): Change => ({ _tag: "Changed", key, kind: "Chat", version })

describe("a write", () => {
  it.effect("of any sort is a change with the version that its receipt has", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const writes = Effect.gen(function*() {
        const all: Array<Written> = []
        all.push(yield* chats.create(draft, { ...key, entries: [hello] }))
        all.push(yield* chats.save(key, draft))
        all.push(yield* chats.update(key, (state) => state))
        all.push(yield* chats.updateEffect(key, Effect.succeed))
        all.push(yield* chats.append(key, [hello, hello]))
        all.push(yield* chats.commit(key, { state: draft, entries: [hello] }))
        all.push(yield* chats.fork(key, { id: "b" }))
        return { all, removal: yield* chats.remove(key) }
      })
      const { answer: { all, removal }, seen } = yield* seenOf(chats, writes)
      const removed: Change = { _tag: "Removed", key, kind: "Chat", version: removal.version }
      assert.deepStrictEqual(seen, [...all.map(written), removed])
      assert.isAbove(removal.version, all[5]!.version)
    }))

  it.effect("that changes nothing is no change", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      yield* chats.create(draft, { ...key })
      yield* chats.append(key, [hello], { operationId: "op" })
      const idle: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
        chats.append(key, []),
        chats.append(key, [hello], { operationId: "op" }),
        Effect.flip(chats.create(draft, { ...key })),
        Effect.flip(chats.save(key, draft, { expect: "absent" })),
        Effect.flip(chats.save(key, { title: 5 } as never)),
        Effect.flip(chats.updateEffect(key, () => Effect.fail("mine"))),
        Effect.flip(chats.fork(key, { id: key.id })),
        Effect.flip(chats.remove("missing")),
        chats.load(key),
        chats.list(),
        Stream.runDrain(chats.entries(key))
      ]
      assert.deepStrictEqual((yield* seenOf(chats, Effect.all(idle))).seen, [])
    }))

  it.effect("before the subscription is no change, and one before the first reading is", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      yield* chats.create(draft, { id: "before" })
      const stream = yield* chats.changes()
      const saved = yield* chats.create(draft, { id: "after" })
      yield* TestClock.adjust("1 hours")
      assert.deepStrictEqual(yield* Stream.runHead(stream), Option.some(written(saved)))
    }))

  it.effect("through another store or another adapter over the same memory is a change", () =>
    Effect.gen(function*() {
      const memory = MemoryAdapter.makeMemory()
      const open = Effect.flatMap(MemoryAdapter.make(memory), (adapter) => storeOver(adapter, Chat))
      const [chats, others] = yield* Effect.all([open, open])
      const { answer, seen } = yield* seenOf(chats, others.create(draft, { ...key }))
      assert.deepStrictEqual(seen, [written(answer)])
    }))

  it.effect("in another life of a key has a higher version than all before", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const lives = Effect.forEach([1, 2, 3], () => Effect.andThen(chats.create(draft, { ...key }), chats.remove(key)))
      const { seen } = yield* seenOf(chats, lives)
      assert.deepStrictEqual(seen.map(({ _tag }) => _tag), [1, 2, 3].flatMap(() => ["Changed", "Removed"]))
      const versions = seen.map((change) => change._tag === "Missed" ? 0 : change.version)
      assert.deepStrictEqual(versions, [...new Set(versions)].toSorted((self, that) => self - that))
    }))

  it.effect("of hundreds at once is reported for each of them, each key's in the order of its versions", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const ids = Array.from("abcdefghij")
      const writes = Effect.forEach(
        Array(400).keys(),
        (index) => chats.save(makeKey(ids[index % 10]!), draft),
        { concurrency: "unbounded" }
      )
      const { seen } = yield* seenOf(chats, writes)
      assert.strictEqual(seen.length, 400)
      for (const id of ids) {
        const versions = seen.flatMap((change) =>
          change._tag === "Changed" && change.key.id === id ? [change.version] : []
        )
        assert.deepStrictEqual(versions, versions.toSorted((self, that) => self - that))
        assert.strictEqual(versions.at(-1), (yield* chats.load(id)).version)
      }
    }))
})

describe("a watch", () => {
  it.effect.each(
    [
      [undefined, "1234567"],
      [{}, "1234567"],
      [{ namespace: [] }, "1234567"],
      [{ namespace: ["acct"] }, "234"],
      [{ namespace: ["acct", "org"] }, "34"],
      [{ namespace: ["acct", "org", "team"] }, "4"],
      [{ namespace: ["acc"] }, "6"],
      [{ namespace: ["missing"] }, ""]
    ] as const
  )("of %o sees the sessions of the namespace and below it", ([options, ids]) =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const namespaces = [[], ["acct"], ["acct", "org"], ["acct", "org", "team"], ["acct2"], ["acc"], ["org", "acct"]]
      const everything = yield* chats.changes()
      const watched = yield* chats.changes(options)
      yield* Effect.forEach(namespaces, (namespace, index) => chats.create(draft, { id: `${index + 1}`, namespace }))
      yield* Effect.forEach(namespaces, (namespace, index) => chats.remove(makeKey(`${index + 1}`, namespace)))
      const idsIn = (stream: typeof watched, count: number) =>
        Effect.map(Stream.runCollect(Stream.take(stream, count)), (seen) =>
          seen.map((change) => change._tag === "Missed" ? "?" : change.key.id).join(""))
      assert.strictEqual(yield* idsIn(watched, 2 * ids.length), `${ids}${ids}`)
      assert.strictEqual(yield* idsIn(everything, 14), "12345671234567")
    }))

  it.effect("sees sessions of its own kind, also those of a version that it does not know", () =>
    Effect.gen(function*() {
      const adapter = yield* MemoryAdapter.make()
      const chats = yield* storeOver(adapter, Chat)
      const notes = yield* storeOver(adapter, { ...Chat, kind: "Note" })
      const later = yield* storeOver(adapter, { ...Chat, version: 2 })
      const writes = Effect.gen(function*() {
        yield* notes.create(draft, { id: "note" })
        yield* chats.remove("note")
        yield* notes.create(draft, { id: "other" })
        yield* notes.remove("other")
        const saved = yield* later.create(draft, { id: "later" })
        return { saved, removal: yield* chats.remove("later") }
      })
      const watchingNotes = yield* notes.changes()
      const { answer: { removal, saved }, seen } = yield* seenOf(chats, writes)
      const removed: Change = { _tag: "Removed", key: saved.key, kind: "Chat", version: removal.version }
      assert.deepStrictEqual(seen, [written(saved), removed])
      const noted = yield* Stream.runCollect(Stream.take(watchingNotes, 4))
      assert.deepStrictEqual(
        noted.map((change) => change._tag !== "Missed" && [change._tag, change.kind, change.key.id]),
        [
          ["Changed", "Note", "note"],
          ["Removed", "Note", "note"],
          ["Changed", "Note", "other"],
          ["Removed", "Note", "other"]
        ]
      )
    }))

  it.effect("of an invalid namespace is refused before the adapter is asked", () =>
    Effect.gen(function*() {
      const { adapter } = yield* openRecorded(Chat)
      const chats = yield* storeOver({ ...adapter, changes: Effect.die(new Error("asked")) }, Chat)
      for (const namespace of [[""], ["a/b"], Array(9).fill("a"), "acct" as never]) {
        const error = yield* Effect.flip(chats.changes({ namespace }))
        assert.isTrue(error._tag === "StorageError" && error.reason._tag === "InvalidKey")
        assert.strictEqual(error.operation, "changes")
      }
    }))

  it.effect("is one of many, and each sees everything whenever it reads", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const streams = yield* Effect.forEach(Array(50).keys(), () => chats.changes())
      const readAll = Effect.forEach((stream: (typeof streams)[number]) => Stream.runCollect(Stream.take(stream, 3)), {
        concurrency: "unbounded"
      })
      const reading = yield* Effect.forkChild(readAll(streams.slice(25)), { startImmediately: true })
      const all = yield* Effect.forEach(Array.from("abc"), (id) => chats.create(draft, { id }))
      const late = yield* readAll(streams.slice(0, 25))
      for (const seen of [...late, ...yield* Fiber.join(reading)]) assert.deepStrictEqual(seen, all.map(written))
    }))
})
