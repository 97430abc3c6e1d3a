/** Filters over sessions of several schema versions, with summaries that are derived from a union. */
import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { type ListOrder, makeKey, Session } from "@holdfast/core"
import { Effect, Option, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { openRecorded, recording, storeOver } from "./chats.ts"

/** The first version knows no states: a run has a pid or it has none. */
const first = Session.define("Run", {
  state: Schema.Struct({ name: Schema.String, pid: Schema.NullOr(Schema.Int) }),
  summary: ["name"]
})

const State = Schema.Union([
  Schema.TaggedStruct("Idle", { name: Schema.String }),
  Schema.TaggedStruct("Running", { name: Schema.String, pid: Schema.Int })
])

const second = Session.define("Run", {
  version: 2,
  state: State,
  summary: {
    schema: Schema.Struct({ name: Schema.String, isRunning: Schema.Boolean, parity: Schema.NullOr(Schema.Int) }),
    of: (run) => ({
      name: run.name,
      isRunning: run._tag === "Running",
      parity: run._tag === "Running" ? run.pid % 2 : null
    })
  },
  migrations: {
    1: ({ name, pid }) => pid === null ? { _tag: "Idle", name } : { _tag: "Running", name, pid }
  }
})

/** Runs `a` to `h`, one each second, by turns of the two versions; `b` and every third after it idle. */
const openRuns = Effect.gen(function*() {
  const adapter = yield* MemoryAdapter.make()
  const { calls, recorder } = recording(adapter)
  const [old, runs] = yield* Effect.all([storeOver(adapter, first), storeOver(recorder, second)])
  for (const [index, id] of Array.from("abcdefgh").entries()) {
    yield* TestClock.setTime(index * 1_000)
    const name = id.toUpperCase()
    const isIdle = index % 3 === 1
    if (index % 2 === 0) yield* old.create({ name, pid: isIdle ? null : index }, { id })
    else yield* runs.create(isIdle ? { _tag: "Idle", name } : { _tag: "Running", name, pid: index }, { id })
  }
  return { adapter, calls, old, runs }
})

type Runs = Effect.Success<typeof openRuns>["runs"]
type Where = NonNullable<Parameters<Runs["list"]>[0]>["where"]

const idsOf = (heads: ReadonlyArray<{ readonly key: { readonly id: string } }>) =>
  heads.map(({ key }) => key.id).join("")

/** All pages of a listing. */
const pagesOf = Effect.fnUntraced(function*(runs: Runs, query: { readonly where: Where; readonly order: ListOrder }) {
  const pages: Array<string> = []
  let after = Option.none<string>()
  do {
    const page = yield* runs.list({ ...query, limit: 2, after })
    assert.isTrue(page.complete)
    pages.push(idsOf(page.sessions))
    after = page.next
  } while (Option.isSome(after))
  return pages
})

const reversed = (text: string) => Array.from(text).toReversed().join("")

/** A text in pages of two. */
const paired = (text: string) => text.match(/..?/g) ?? [""]

const filters: ReadonlyArray<readonly [where: Where, ids: string]> = [
  [{ isRunning: true }, "acdfg"],
  [{ isRunning: false }, "beh"],
  [{ isRunning: true, parity: 0 }, "acg"],
  [{ parity: null }, "beh"],
  [{ name: "E" }, "e"],
  [{ name: "E", isRunning: true }, ""],
  [{}, "abcdefgh"]
]

describe("where", () => {
  it.effect.each(filters)(
    "%o selects by the summary of the current version, whichever wrote the session",
    ([where, ids]) =>
      Effect.gen(function*() {
        const { runs } = yield* openRuns
        const { complete, sessions, unreadable } = yield* runs.list({ where, order: "id" })
        assert.deepStrictEqual([idsOf(sessions), unreadable, complete], [ids, [], true])
        const rows = yield* Stream.runCollect(runs.listAll({ where, order: "createdAt" }))
        assert.strictEqual(
          rows.map((row) => row._tag === "Head" ? row.key.id : "?").join(""),
          reversed(ids)
        )
      })
  )

  it.effect.each(filters)(
    "%o fills pages with what it selects, in every order",
    ([where, ids]) =>
      Effect.gen(function*() {
        const { runs } = yield* openRuns
        assert.deepStrictEqual(yield* pagesOf(runs, { where, order: "id" }), paired(ids))
        const newest = reversed(ids)
        assert.deepStrictEqual(yield* pagesOf(runs, { where, order: "createdAt" }), paired(newest))
        assert.deepStrictEqual(yield* pagesOf(runs, { where, order: "updatedAt" }), paired(newest))
      })
  )

  it.effect("follows a session from the version that wrote it to the current one", () =>
    Effect.gen(function*() {
      const { runs } = yield* openRuns
      const listed = Effect.map(runs.list({ where: { isRunning: true, parity: 0 }, order: "id" }), ({ sessions }) =>
        idsOf(sessions))
      yield* runs.update("a", ({ name }) => ({ _tag: "Idle", name }))
      assert.strictEqual(yield* listed, "cg")
      yield* runs.update("e", ({ name }) => ({ _tag: "Running", name, pid: 4 }))
      assert.strictEqual(yield* listed, "ceg")
      yield* runs.fork("c", { id: "z" })
      assert.strictEqual(yield* listed, "cegz")
    }))

  it.effect("reads the state of older sessions only, and of none twice", () =>
    Effect.gen(function*() {
      const { calls, runs } = yield* openRuns
      const before = calls.length
      yield* runs.list({ where: { isRunning: true } })
      const read = calls.slice(before).map(([method, about]) =>
        method === "load" ? idsOf([{ key: about as never }]) : method
      )
      assert.deepStrictEqual(read.toSorted(), ["a", "c", "e", "g", "list"])
    }))

  it.effect("keeps what does not decode among what cannot be read, whatever it selects", () =>
    Effect.gen(function*() {
      const { adapter, runs } = yield* openRuns
      const put = (id: string, schemaVersion: number, body: string) => {
        const about = { key: makeKey(id), expect: "any", kind: "Run", schemaVersion } as const
        return adapter.commit({ writeId: id, operations: [{ _tag: "Put", ...about, summary: "{\"name\":5}", body }] })
      }
      yield* put("x", 1, "{\"name\":5,\"pid\":1}")
      yield* put("y", 1, "not JSON")
      yield* put("z", 3, "{}")
      for (const [where, ids] of filters) {
        const { complete, sessions, unreadable } = yield* runs.list({ where, order: "id" })
        assert.deepStrictEqual([idsOf(sessions), complete], [ids, false])
        assert.deepStrictEqual(unreadable.map(({ key }) => Option.getOrThrow(key).id), ["x", "y", "z"])
      }
    }))
})

/** A text with a derived summary. */
const deriving = (of: (state: string) => number) =>
  Session.define("Derived", { state: Schema.String, summary: { schema: Schema.Int, of } })

describe("a derived summary", () => {
  it.effect("is stored with each save, so that a listing reads no state", () =>
    Effect.gen(function*() {
      const { calls, changes, store } = yield* openRecorded(second)
      yield* store.create({ _tag: "Running", name: "A", pid: 3 }, { id: "a" })
      const [operation] = changes()[0]!.operations
      assert.deepInclude(operation, { summary: "{\"name\":\"A\",\"isRunning\":true,\"parity\":1}" })
      const before = calls.length
      const { sessions } = yield* store.list()
      assert.deepStrictEqual(sessions.map(({ summary }) => summary), [{ name: "A", isRunning: true, parity: 1 }])
      assert.deepStrictEqual(calls.slice(before).map(([method]) => method), ["list"])
    }))

  it.effect("that cannot be derived, or does not fit its schema, refuses the save without content", () =>
    Effect.gen(function*() {
      const derivations = [() => 0.5, () => "SECRET" as never, (text: string) => {
        throw new Error(text)
      }]
      for (const of of derivations) {
        const { calls, store } = yield* openRecorded(deriving(of))
        const error = yield* Effect.flip(store.save("a", "SECRET"))
        assert.isTrue(error._tag === "SessionInvalid" && error.reason._tag === "NotEncodable")
        assert.notInclude(error.message, "SECRET")
        assert.deepStrictEqual(calls, [])
      }
    }))
})
