import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { makeKey, Session } from "@holdfast/core"
import { Effect, Option, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { fieldsOf } from "../errors/fieldsOf.ts"
import { storeOver } from "./chats.ts"
import { refused, storedEntries } from "./forks.ts"

const First = Session.define("Doc", {
  state: Schema.Struct({ title: Schema.String }),
  entry: Schema.Struct({ text: Schema.String }),
  summary: ["title"]
})

const Second = Session.define("Doc", {
  version: 2,
  state: Schema.Struct({ name: Schema.String }),
  entry: Schema.Struct({ text: Schema.String, size: Schema.Int }),
  summary: ["name"],
  migrations: {
    1: { state: ({ title }) => ({ name: title }), entry: (old) => ({ ...old, size: JSON.stringify(old).length }) }
  }
})

const Other = Session.define("Note", { state: First.state, entry: First.entry })

const key = makeKey("a")
const copy = makeKey("b")

/** What a program that knew more fields stored in version 1, in its own way of writing JSON. */
const body =
  "{ \"title\" : \"Old\", \"cwd\":\"/src\", \"big\": 12345678901234567890, \"__proto__\": {\"x\": 1}, \"lone\": \"\\ud83d\" }"
const summary = "{\"title\":\"Old\",\"colour\":\"red\"}"
const entries = ["{\"text\":\"one\",\"extra\":[1,  2]}", "{ \"text\" : \"\\ud83d\" }"] as const

/** Stores of three definitions over one memory with a session of version 1, whose last two entries are of version 2. */
const openAll = Effect.gen(function*() {
  const adapter = yield* MemoryAdapter.make()
  const stores = yield* Effect.all({
    first: storeOver(adapter, First),
    second: storeOver(adapter, Second),
    other: storeOver(adapter, Other)
  })
  const about = { key, expect: "any", kind: "Doc", schemaVersion: 1 } as const
  yield* TestClock.setTime(1_000)
  yield* adapter.commit({
    writeId: "w",
    operations: [{ _tag: "Put", ...about, summary, body }, { _tag: "Append", ...about, entries }]
  })
  yield* stores.second.append(key, [{ text: "three", size: 3 }])
  yield* TestClock.setTime(2_000)
  yield* stores.second.append(key, [{ text: "four", size: 4 }])
  yield* TestClock.setTime(9_000)
  return { adapter, ...stores }
})

describe("a fork of a session of an older version", () => {
  it.effect("is stored as its source is, to the last byte: texts, summary, schema versions, times of entries", () =>
    Effect.gen(function*() {
      const { adapter, second } = yield* openAll
      yield* second.fork("a", { id: "b" })
      const stored = Option.getOrThrow(yield* adapter.load(copy))
      assert.deepStrictEqual([stored.body, stored.head.summary, stored.head.schemaVersion], [body, summary, 1])
      assert.deepStrictEqual(yield* storedEntries(adapter, copy), [
        [0, entries[0], 1_000, 1],
        [1, entries[1], 1_000, 1],
        [2, "{\"text\":\"three\",\"size\":3}", 1_000, 2],
        [3, "{\"text\":\"four\",\"size\":4}", 2_000, 2]
      ])
      assert.deepStrictEqual(yield* storedEntries(adapter, copy), yield* storedEntries(adapter, key))
    }))

  it.effect("is answered, read and listed in the shape of the definition", () =>
    Effect.gen(function*() {
      const { second } = yield* openAll
      const { receipt: _, ...forked } = yield* second.fork("a", { id: "b" })
      assert.deepStrictEqual(forked.state, { name: "Old" })
      assert.deepStrictEqual(yield* second.load("b"), forked)
      const { complete, sessions } = yield* second.list({ where: { name: "Old" }, order: "id" })
      assert.deepStrictEqual([sessions.map((head) => head.key.id), complete], [["a", "b"], true])
    }))

  it.effect("can still be read by the definition that wrote it, and by it too once more entries came", () =>
    Effect.gen(function*() {
      const { first, second } = yield* openAll
      yield* second.fork("a", { id: "b" })
      yield* first.append("b", [{ text: "five" }])
      assert.deepStrictEqual((yield* first.load("b")).state, { title: "Old" })
      const read = yield* Stream.runCollect(second.entries("b"))
      assert.deepStrictEqual(read.map((row) => row._tag === "Entry" ? row.entry.text.length : row.error), [
        3,
        1,
        5,
        4,
        4
      ])
    }))

  it.effect("becomes current when it is saved, and its source does not", () =>
    Effect.gen(function*() {
      const { adapter, second } = yield* openAll
      yield* second.fork("a", { id: "b" })
      yield* second.update("b", ({ name }) => ({ name: `${name}er` }))
      const heads = yield* Effect.forEach([key, copy], adapter.head)
      assert.deepStrictEqual(heads.map((head) => Option.getOrThrow(head).schemaVersion), [1, 2])
      assert.deepStrictEqual((yield* second.load("a")).state, { name: "Old" })
    }))

  it.effect("copies entries of a version that the definition does not know yet", () =>
    Effect.gen(function*() {
      const { adapter, first } = yield* openAll
      const forked = yield* first.fork("a", { id: "b" })
      assert.deepStrictEqual([forked.state, forked.entryCount], [{ title: "Old" }, 4])
      assert.deepStrictEqual(yield* storedEntries(adapter, copy), yield* storedEntries(adapter, key))
    }))
})

type ForkError = Effect.Error<ReturnType<Effect.Success<typeof openAll>["first"]["fork"]>>

describe("a fork of a session that is not the definition's to read", () => {
  it.effect("fails as a load does, and makes nothing", () =>
    Effect.gen(function*() {
      const { adapter, first, other, second } = yield* openAll
      yield* second.save("a", { name: "New" })
      const broken = yield* storeOver(
        adapter,
        Session.define("Doc", {
          version: 3,
          state: Schema.Struct({ name: Schema.String }),
          migrations: {
            1: (old) => old,
            2: (old) => {
              throw new Error(JSON.stringify(old))
            }
          }
        })
      )
      const forks = [first.fork("a", { id: "b" }), other.fork("a", { id: "b" }), broken.fork("a", { id: "b" })]
      const errors = yield* Effect.forEach(forks, (call: Effect.Effect<unknown, ForkError>) => refused(adapter, call))
      assert.deepStrictEqual(
        errors.map((error) => error._tag === "SessionInvalid" && [error.key, fieldsOf(error.reason)]),
        [
          [key, { _tag: "NewerVersion", stored: 2, known: 1 }],
          [key, { _tag: "OtherKind", stored: "Doc", expected: "Note" }],
          [key, { _tag: "NotDecodable", issue: "the migration from version 2 failed" }]
        ]
      )
      assert.notInclude(errors.map(({ message }) => message).join(), "New")
    }))
})
