import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import {
  type Entry,
  type EntryRange,
  makeKey,
  type Migration,
  selectRange,
  Session,
  type UnreadableEntry
} from "@holdfast/core"
import { Effect, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { fieldsOf } from "../errors/fieldsOf.ts"
import { storeOver } from "./chats.ts"
import { type Adapter, storedEntries } from "./forks.ts"

const title = Schema.Struct({ title: Schema.String })
const same: Migration = (old) => old
const lengthOf = (text: unknown) => typeof text === "string" ? text.length : 0

const first = Session.define("Talk", { state: title, entry: Schema.Struct({ text: Schema.String }) })

const toSecond = { state: same, entry: (({ text }) => ({ said: text })) satisfies Migration }
const second = Session.define("Talk", {
  version: 2,
  state: title,
  entry: Schema.Struct({ said: Schema.String }),
  migrations: { 1: toSecond }
})

const Renamed = Schema.Struct({ name: Schema.String })
const third = Session.define("Talk", {
  version: 3,
  state: Renamed,
  entry: Schema.Struct({ said: Schema.String }),
  migrations: { 1: toSecond, 2: (old) => ({ name: old["title"] }) }
})

const fourth = Session.define("Talk", {
  version: 4,
  state: Renamed,
  entry: Schema.Struct({ said: Schema.String, size: Schema.Int }),
  migrations: {
    1: toSecond,
    2: (old) => ({ name: old["title"] }),
    3: { state: same, entry: (old) => ({ ...old, size: lengthOf(old["said"]) }) }
  }
})

const key = makeKey("a")

/** A session of version 1 to which every version has appended, one second after the other. */
const openMixed = Effect.gen(function*() {
  const adapter = yield* MemoryAdapter.make()
  const stores = yield* Effect.all({
    first: storeOver(adapter, first),
    second: storeOver(adapter, second),
    third: storeOver(adapter, third),
    fourth: storeOver(adapter, fourth)
  })
  yield* stores.first.create({ title: "Mixed" }, { id: "a", entries: [{ text: "one" }, { text: "three" }] })
  yield* TestClock.adjust("1 seconds")
  yield* stores.fourth.append(key, [{ said: "five", size: 9 }])
  yield* TestClock.adjust("1 seconds")
  yield* stores.second.append(key, [{ said: "seven" }])
  yield* stores.third.append(key, [{ said: "nine" }])
  yield* stores.first.append(key, [{ text: "eleven" }])
  return { adapter, ...stores }
})

const reasonOf = ({ error }: UnreadableEntry): unknown =>
  error._tag === "SessionInvalid" ? fieldsOf(error.reason) : error

/** Entries as values; the reason in the place of one that cannot be read. */
const valuesOf = <A, E>(entries: Stream.Stream<Entry<A> | UnreadableEntry, E>) =>
  Effect.map(
    Stream.runCollect(entries),
    (rows) => rows.map((row): unknown => row._tag === "Entry" ? row.entry : reasonOf(row))
  )

const newer = (stored: number, known: number) => ({ _tag: "NewerVersion", stored, known })

describe("entries of several versions in one session", () => {
  it.effect("are all in the shape of the definition, each brought there from its own version", () =>
    Effect.gen(function*() {
      const { fourth } = yield* openMixed
      assert.deepStrictEqual(yield* valuesOf(fourth.entries(key)), [
        { said: "one", size: 3 },
        { said: "three", size: 5 },
        { said: "five", size: 9 },
        { said: "seven", size: 5 },
        { said: "nine", size: 4 },
        { said: "eleven", size: 6 }
      ])
    }))

  it.effect("are rows that say so where they are newer than the definition, between those that are not", () =>
    Effect.gen(function*() {
      const { first, second, third } = yield* openMixed
      assert.deepStrictEqual(yield* valuesOf(first.entries(key)), [
        { text: "one" },
        { text: "three" },
        newer(4, 1),
        newer(2, 1),
        newer(3, 1),
        { text: "eleven" }
      ])
      const words = ["one", "three", "five", "seven", "nine", "eleven"].map((said): unknown => ({ said }))
      assert.deepStrictEqual(yield* valuesOf(second.entries(key)), words.with(2, newer(4, 2)).with(4, newer(3, 2)))
      assert.deepStrictEqual(yield* valuesOf(third.entries(key)), words.with(2, newer(4, 3)))
    }))

  it.effect("keep their indices and times, whole and in ranges", () =>
    Effect.gen(function*() {
      const { adapter, fourth } = yield* openMixed
      const stored = yield* storedEntries(adapter, key)
      const ranges: ReadonlyArray<EntryRange> = [{}, { from: 1, to: 4 }, { last: 2 }, { to: 3, last: 2 }]
      for (const range of ranges) {
        const rows = yield* Stream.runCollect(fourth.entries(key, range))
        const [from, to] = selectRange(range, stored.length)
        assert.deepStrictEqual(
          rows.map((row) => row._tag === "Entry" && [row.index, row.at.epochMilliseconds]),
          stored.slice(from, to).map(([index, , at]) => [index, at])
        )
      }
    }))

  it.effect("stay as they are stored when they are read, and when the state is saved in a later version", () =>
    Effect.gen(function*() {
      const { adapter, fourth } = yield* openMixed
      const before = yield* storedEntries(adapter, key)
      assert.deepStrictEqual(before.map(([, , , schemaVersion]) => schemaVersion), [1, 1, 4, 2, 3, 1])
      yield* Stream.runDrain(fourth.entries(key))
      yield* fourth.update(key, (state) => ({ name: `${state.name}!` }))
      assert.deepStrictEqual(yield* storedEntries(adapter, key), before)
      assert.strictEqual((yield* valuesOf(fourth.entries(key))).length, 6)
      assert.deepStrictEqual((yield* fourth.load(key)).state, { name: "Mixed!" })
    }))

  it.effect("cannot be read, nor added to, by a definition older than the state", () =>
    Effect.gen(function*() {
      const { first, fourth } = yield* openMixed
      yield* fourth.save(key, { name: "New" })
      assert.deepStrictEqual(yield* valuesOf(first.entries(key)), Array(6).fill(newer(4, 1)))
      const error = yield* Effect.flip(first.append(key, [{ text: "late" }]))
      assert.isTrue(error._tag === "SessionInvalid" && error.reason._tag === "NewerVersion")
    }))
})

/** What a migration is given, as text. */
const given = (value: unknown) => ({ text: JSON.stringify(value) })

/** A second version whose step from the first one makes something of entries. */
const stepping = (entry: Migration | undefined) =>
  Session.define("Talk", {
    version: 2,
    state: title,
    entry: Schema.Struct({ text: Schema.String }),
    migrations: { 1: { state: same, entry } }
  })

const openStepping = Effect.fnUntraced(function*(entry: Migration | undefined) {
  const adapter = yield* MemoryAdapter.make()
  const old = yield* storeOver(adapter, first)
  yield* old.create({ title: "SECRET" }, { id: "a", entries: [{ text: "SECRET" }, { text: "fine" }] })
  const store = yield* storeOver(adapter, stepping(entry))
  yield* store.append(key, [{ text: "current" }])
  return store
})

describe("a migration of entries", () => {
  it.effect.each<readonly [what: string, entry: Migration, issue: string]>([
    [
      "throws",
      (old) => {
        throw new Error(JSON.stringify(old))
      },
      "the migration from version 1 failed"
    ],
    ["makes another shape", () => ({ text: 5 }), "text has the wrong type"],
    ["makes nothing", () => undefined as never, "the value has the wrong type"]
  ])(
    "that %s makes its entries unreadable, without content, and nothing else",
    ([, migration, issue]) =>
      Effect.gen(function*() {
        const store = yield* openStepping((old) => old["text"] === "fine" ? old : migration(old))
        assert.deepStrictEqual(yield* valuesOf(store.entries(key)), [
          { _tag: "NotDecodable", issue },
          { text: "fine" },
          { text: "current" }
        ])
        const rows = yield* Stream.runCollect(store.entries(key))
        const messages = rows.map((row) => row._tag === "UnreadableEntry" ? row.error.message : "")
        assert.notInclude(messages.join(), "SECRET")
        assert.strictEqual((yield* store.load(key)).entryCount, 3)
        const { complete } = yield* store.list()
        assert.isTrue(complete)
      })
  )

  it.effect("may be left out: entries keep their shape", () =>
    Effect.gen(function*() {
      const store = yield* openStepping(undefined)
      const texts = ["SECRET", "fine", "current"].map((text) => ({ text }))
      assert.deepStrictEqual(yield* valuesOf(store.entries(key)), texts)
    }))

  it.effect("runs once for each entry that is read, and never for those of the version itself", () =>
    Effect.gen(function*() {
      let runs = 0
      const store = yield* openStepping((old) => {
        runs += 1
        return old
      })
      yield* store.load(key)
      yield* store.list()
      assert.strictEqual(runs, 0)
      yield* Stream.runDrain(store.entries(key, { from: 1 }))
      assert.strictEqual(runs, 1)
    }))

  it.effect("may change what it is given, which is its own", () =>
    Effect.gen(function*() {
      const store = yield* openStepping((old) => Object.assign(old, { text: `${JSON.stringify(old["text"])}.` }))
      const texts = ["\"SECRET\".", "\"fine\".", "current"].map((text) => ({ text }))
      for (const reading of [1, 2]) assert.deepStrictEqual(yield* valuesOf(store.entries(key)), texts, `${reading}`)
    }))

  it.effect("is given what was stored, also where it is no record", () =>
    Effect.gen(function*() {
      const adapter: Adapter = yield* MemoryAdapter.make()
      const old = yield* storeOver(adapter, Session.define("Talk", { state: title, entry: Schema.Json }))
      yield* old.create({ title: "" }, { id: "a", entries: ["text", 5, null, [1]] })
      const store = yield* storeOver(adapter, stepping(given))
      assert.deepStrictEqual(yield* valuesOf(store.entries(key)), ["text", 5, null, [1]].map(given))
    }))
})
