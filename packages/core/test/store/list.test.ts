import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { Busy, makeKey, Session, SessionStore, StorageError, type Unreadable } from "@holdfast/core"
import { DateTime, Effect, Layer, Option, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Chat, draft, hello, openChats, openRecorded, openStore, storeOver } from "./chats.ts"

const idsOf = (heads: ReadonlyArray<{ readonly key: { readonly id: string } }>) =>
  heads.map(({ key }) => key.id).join("")

/** Chats a to e, one created each second; the ones at even places are pinned. */
const openFive = Effect.gen(function*() {
  const chats = yield* openChats
  yield* Effect.forEach(Array.from("abcde"), (id, index) =>
    Effect.andThen(
      TestClock.setTime(index * 1_000),
      chats.create({ title: id.toUpperCase(), pinned: index % 2 === 0 }, {
        id,
        namespace: index < 3 ? ["acct", "org"] : ["acct"]
      })
    ))
  yield* TestClock.setTime(9_000)
  yield* chats.save(makeKey("b", ["acct", "org"]), { title: "B", pinned: false })
  return chats
})

describe("list", () => {
  it.effect("shows heads with their summaries and times", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      const saved = yield* chats.create(draft, { id: "a", entries: [hello] })
      yield* TestClock.setTime(3_000)
      const { version } = yield* chats.append("a", [hello])
      assert.deepStrictEqual(yield* chats.list(), {
        sessions: [{
          _tag: "Head",
          key: saved.key,
          version,
          createdAt: DateTime.makeUnsafe(0),
          updatedAt: DateTime.makeUnsafe(3_000),
          summary: draft,
          entryCount: 2
        }],
        unreadable: [],
        complete: true,
        next: Option.none()
      })
    }))

  it.effect("shows an empty store as empty and complete", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      assert.deepStrictEqual(yield* chats.list(), { sessions: [], unreadable: [], complete: true, next: Option.none() })
    }))

  it.effect.each(
    [
      [undefined, "bedca"],
      ["updatedAt", "bedca"],
      ["createdAt", "edcba"],
      ["id", "abcde"]
    ] as const
  )("goes by the order %s", ([order, ids]) =>
    Effect.gen(function*() {
      const chats = yield* openFive
      assert.strictEqual(idsOf((yield* chats.list({ order })).sessions), ids)
    }))

  it.effect.each(
    [
      [undefined, "abcde"],
      [[], "abcde"],
      [["acct"], "abcde"],
      [["acct", "org"], "abc"],
      [["acct", "org", "team"], ""],
      [["acc"], ""],
      [["other"], ""]
    ] as const
  )("selects the namespace %o and what lies below it", ([namespace, ids]) =>
    Effect.gen(function*() {
      const chats = yield* openFive
      assert.strictEqual(idsOf((yield* chats.list({ namespace, order: "id" })).sessions), ids)
    }))

  it.effect("fails for an invalid namespace", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      for (const namespace of [[""], ["a/b"], Array(9).fill("a"), "acct" as never]) {
        const error = yield* Effect.flip(chats.list({ namespace }))
        assert.isTrue(error._tag === "StorageError" && error.reason._tag === "InvalidKey")
      }
    }))

  it.effect("shows 100 sessions unless told otherwise, and at least one", () =>
    Effect.gen(function*() {
      const chats = yield* openChats
      yield* Effect.forEach(Array(101).keys(), (index) => chats.create(draft, { id: `${index}` }))
      const limits = [[undefined, 100], [1, 1], [0, 1], [-5, 1], [2.9, 2], [101, 101], [Infinity, 101], [
        NaN,
        1
      ]] as const
      for (const [limit, count] of limits) {
        const page = yield* chats.list({ limit })
        assert.strictEqual(page.sessions.length, count)
        assert.strictEqual(Option.isSome(page.next), count < 101)
      }
    }))

  it.effect("passes on what an adapter cannot read, beside a full page, and says that it is not complete", () =>
    Effect.gen(function*() {
      const adapter = yield* MemoryAdapter.make()
      const reason = new Busy({ outcome: "notApplied", path: "/a", code: "EBUSY" })
      const error = new StorageError({ adapter: "fs", operation: "list", reason })
      const rows: ReadonlyArray<Unreadable> = ["/a", "/b", "/c"].map((place) => ({
        _tag: "Unreadable",
        key: Option.none(),
        place,
        error
      }))
      const list: typeof adapter.list = (query) => Stream.concat(Stream.fromIterable(rows), adapter.list(query))
      const chats = yield* storeOver({ ...adapter, list }, Chat)
      yield* Effect.forEach(Array.from("abc"), (id) => chats.create(draft, { id }))
      const page = yield* chats.list({ limit: 2, order: "id" })
      assert.deepStrictEqual([idsOf(page.sessions), page.unreadable, page.complete], ["ab", rows, false])
      assert.isTrue(Option.isSome(page.next))
    }))

  it.effect("fails with an adapter that fails, rather than show what came before", () =>
    Effect.gen(function*() {
      const adapter = yield* MemoryAdapter.make()
      const failure = yield* Effect.flip(adapter.load(makeKey("")))
      const list: typeof adapter.list = (query) => Stream.concat(adapter.list(query), Stream.fail(failure))
      const chats = yield* storeOver({ ...adapter, list }, Chat)
      yield* chats.create(draft, { id: "a" })
      assert.strictEqual(yield* Effect.flip(chats.list()), failure)
    }))
})

describe("where", () => {
  it.effect.each<readonly [where: Partial<typeof Chat.state.Type> | undefined, ids: string]>([
    [{ pinned: true }, "ace"],
    [{ pinned: false }, "bd"],
    [{ pinned: true, title: "C" }, "c"],
    [{ title: "c" }, ""],
    [{ pinned: undefined as never }, "abcde"],
    [{}, "abcde"],
    [undefined, "abcde"]
  ])("%o selects by equality of summary fields", ([where, ids]) =>
    Effect.gen(function*() {
      const chats = yield* openFive
      assert.strictEqual(idsOf((yield* chats.list({ where, order: "id" })).sessions), ids)
    }))

  it.effect("fills pages with what it selects", () =>
    Effect.gen(function*() {
      const chats = yield* openFive
      const query = { where: { pinned: true }, order: "id", limit: 2 } as const
      const first = yield* chats.list(query)
      const second = yield* chats.list({ ...query, after: first.next })
      assert.deepStrictEqual([idsOf(first.sessions), idsOf(second.sessions), second.next], ["ac", "e", Option.none()])
    }))

  it.effect("compares encoded values, objects and optional fields included", () =>
    Effect.gen(function*() {
      const Task = Session.define("Task", {
        state: Schema.Struct({
          due: Schema.DateTimeUtcFromString,
          place: Schema.Struct({ x: Schema.Int, tags: Schema.Array(Schema.String) }),
          note: Schema.optionalKey(Schema.String)
        }),
        summary: ["due", "place", "note"]
      })
      const tasks = yield* openStore(Task)
      const due = DateTime.makeUnsafe("2026-11-22T10:00:00Z")
      yield* tasks.create({ due, place: { x: 1, tags: ["a"] } }, { id: "a" })
      yield* tasks.create({ due: DateTime.add(due, { days: 1 }), place: { x: 2, tags: [] }, note: "n" }, { id: "b" })
      const listed = (where: Parameters<typeof tasks.list>[0] & {}) =>
        Effect.map(tasks.list(where), ({ sessions }) => idsOf(sessions))
      assert.strictEqual(yield* listed({ where: { due: "2026-11-22T10:00:00.000Z" } }), "a")
      assert.strictEqual(yield* listed({ where: { place: { x: 2, tags: [] } } }), "b")
      assert.strictEqual(yield* listed({ where: { note: "n" } }), "b")
    }))

  it.effect("selects by a derived summary of a union", () =>
    Effect.gen(function*() {
      const Run = Session.define("Run", {
        state: Schema.Union([
          Schema.TaggedStruct("Idle", {}),
          Schema.TaggedStruct("Running", { pid: Schema.Int })
        ]),
        summary: {
          schema: Schema.Struct({ isRunning: Schema.Boolean }),
          of: (state) => ({ isRunning: state._tag === "Running" })
        }
      })
      const runs = yield* openStore(Run)
      yield* runs.create({ _tag: "Idle" }, { id: "a" })
      yield* runs.create({ _tag: "Running", pid: 5 }, { id: "b" })
      const { sessions } = yield* runs.list({ where: { isRunning: true } })
      assert.deepStrictEqual(sessions.map(({ key, summary }) => [key.id, summary]), [["b", { isRunning: true }]])
    }))
})

describe("listAll", () => {
  it.effect("streams every head in order, filtered like a page", () =>
    Effect.gen(function*() {
      const chats = yield* openFive
      const streamed = (query: Parameters<typeof chats.listAll>[0]) =>
        Effect.map(Stream.runCollect(chats.listAll(query)), (rows) =>
          rows.map((row) => row._tag === "Head" ? row.key.id : "?").join(""))
      assert.strictEqual(yield* streamed(undefined), "bedca")
      assert.strictEqual(yield* streamed({ order: "id", namespace: ["acct", "org"] }), "abc")
      assert.strictEqual(yield* streamed({ order: "createdAt", where: { pinned: true } }), "eca")
    }))

  it.effect("asks the adapter once, for its own kind and without a limit", () =>
    Effect.gen(function*() {
      const { calls, store } = yield* openRecorded(Chat)
      yield* Stream.runDrain(store.listAll())
      const query = { namespace: [], order: "updatedAt", kind: "Chat", after: undefined, limit: undefined }
      assert.deepStrictEqual(calls, [["list", query]])
    }))

  it.effect("shows one snapshot, whatever is written while it streams", () =>
    Effect.gen(function*() {
      const chats = yield* openFive
      const ids: Array<string> = []
      yield* Stream.runForEach(chats.listAll({ order: "id" }), (row) =>
        Effect.gen(function*() {
          if (row._tag !== "Head") return
          ids.push(row.key.id)
          yield* chats.create(draft, { id: `new-${row.key.id}` })
        }))
      assert.strictEqual(ids.join(""), "abcde")
    }))
})

class Chats extends SessionStore.Service<Chats>()("test/ListedChats", Chat) {}

describe("health", () => {
  it.effect("is the adapter's", () =>
    Effect.gen(function*() {
      const chats = yield* Chats
      const health = yield* Stream.runHead(chats.health)
      assert.strictEqual(Option.getOrThrow(health).state, "healthy")
    }).pipe(Effect.provide(Layer.provide(Chats.layer, MemoryAdapter.layer))))
})
