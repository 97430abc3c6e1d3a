import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { makeKey, type Migration, Session, type SessionInvalid } from "@holdfast/core"
import { Effect, Option, Schema } from "effect"
import { fieldsOf } from "../errors/fieldsOf.ts"
import { storeOver } from "./chats.ts"

const Old = Session.define("Doc", {
  state: Schema.Struct({ title: Schema.String }),
  entry: Schema.String,
  summary: ["title"]
})

const wordCount = (text: unknown) => typeof text === "string" ? text.split(" ").length : 0

/** The fourth version of the same kind: a word count, then tags, then another name. */
const Current = Session.define("Doc", {
  version: 4,
  state: Schema.Struct({ name: Schema.String, words: Schema.Int, tags: Schema.Array(Schema.String) }),
  entry: Schema.String,
  summary: ["name", "words"],
  migrations: {
    1: (old) => ({ ...old, words: wordCount(old["title"]) }),
    2: (old) => ({ ...old, tags: [JSON.stringify(old["words"])] }),
    3: ({ title, ...old }) => ({ ...old, name: title })
  }
})

const migrated = { name: "A b c", words: 3, tags: ["3"] }

const openBoth = Effect.gen(function*() {
  const adapter = yield* MemoryAdapter.make()
  const old = yield* storeOver(adapter, Old)
  const current = yield* storeOver(adapter, Current)
  return { adapter, old, current, saved: yield* old.create({ title: "A b c" }, { id: "a", entries: ["1"] }) }
})

describe("a chain of migrations", () => {
  it.effect("brings a state from its version to the definition's, step by step", () =>
    Effect.gen(function*() {
      const { current, saved } = yield* openBoth
      const { receipt: _, ...session } = saved
      assert.deepStrictEqual(yield* current.load("a"), { ...session, state: migrated })
    }))

  it.effect("writes nothing until somebody saves, then the state is of the definition's version", () =>
    Effect.gen(function*() {
      const { adapter, current, old } = yield* openBoth
      const storedVersion = Effect.map(adapter.head(makeKey("a")), (head) => Option.getOrThrow(head).schemaVersion)
      yield* current.load("a")
      yield* current.list()
      assert.strictEqual(yield* storedVersion, 1)
      const updated = yield* current.update("a", (state) => ({ ...state, words: state.words + 1 }))
      assert.deepStrictEqual(updated.state, { ...migrated, words: 4 })
      assert.strictEqual(yield* storedVersion, 4)
      assert.strictEqual((yield* Effect.flip(old.load("a")))._tag, "SessionInvalid")
    }))

  it.effect("still runs after an append, which leaves the state as it is", () =>
    Effect.gen(function*() {
      const { adapter, current } = yield* openBoth
      yield* current.append("a", ["2"])
      assert.strictEqual(Option.getOrThrow(yield* adapter.head(makeKey("a"))).schemaVersion, 1)
      const loaded = yield* current.load("a")
      assert.deepStrictEqual([loaded.state, loaded.entryCount], [migrated, 2])
    }))

  it.effect("starts at the version of the state", () =>
    Effect.gen(function*() {
      const { adapter, current } = yield* openBoth
      const third = yield* storeOver(
        adapter,
        Session.define("Doc", {
          version: 3,
          state: Schema.Struct({ title: Schema.String, words: Schema.Int, tags: Schema.Array(Schema.String) }),
          migrations: { 1: (old) => old, 2: (old) => old }
        })
      )
      yield* third.create({ title: "Third", words: 9, tags: [] }, { id: "b" })
      assert.deepStrictEqual((yield* current.load("b")).state, { name: "Third", words: 9, tags: [] })
    }))
})

const broken = (migration: Migration) =>
  Session.define("Doc", {
    version: 2,
    state: Schema.Struct({ title: Schema.String, n: Schema.Int }),
    summary: ["n"],
    migrations: { 1: migration }
  })

const throwing = broken((old) => {
  throw new Error(`SECRET ${JSON.stringify(old)}`)
})

describe.each(
  [
    ["that throws", throwing, "the migration from version 1 failed"],
    ["that makes another shape", broken((old) => ({ ...old, n: "SECRET" })), "n has the wrong type"],
    ["that makes nothing", broken(() => undefined as never), "the value has the wrong type"]
  ] as const
)("a migration %s", (_, definition, issue) => {
  const openBroken = Effect.gen(function*() {
    const { adapter, saved } = yield* openBoth
    return { saved, docs: yield* storeOver(adapter, definition) }
  })

  it.effect("makes the session unreadable and leaves it as it is", () =>
    Effect.gen(function*() {
      const { docs } = yield* openBroken
      const calls: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
        docs.load("a"),
        docs.find("a"),
        docs.update("a", (state) => state)
      ]
      for (const call of calls) {
        const error = (yield* Effect.flip(call)) as SessionInvalid
        assert.deepStrictEqual(fieldsOf(error.reason), { _tag: "NotDecodable", issue })
        assert.notInclude(error.message, "A b c")
      }
    }))

  it.effect("makes it a row of the listing that cannot be read", () =>
    Effect.gen(function*() {
      const { docs } = yield* openBroken
      yield* docs.create({ title: "good", n: 1 }, { id: "b" })
      for (const where of [undefined, { n: 1 }]) {
        const { complete, sessions, unreadable } = yield* docs.list({ where })
        assert.deepStrictEqual([sessions.map(({ key }) => key.id), complete], [["b"], false])
        assert.deepStrictEqual(unreadable.map((row) => [row.key, row.error._tag]), [[
          Option.some(makeKey("a")),
          "SessionInvalid"
        ]])
      }
    }))

  it.effect("lets a save replace the session", () =>
    Effect.gen(function*() {
      const { docs, saved } = yield* openBroken
      yield* docs.save("a", { title: "new", n: 1 }, { expect: saved.version })
      assert.strictEqual((yield* docs.load("a")).state.title, "new")
    }))
})

describe("a stored text", () => {
  it.effect.each(["not JSON SECRET", "{\"title\": ", "5", "null", "{}"])(
    "that does not decode is unreadable, without content: %s",
    (body) =>
      Effect.gen(function*() {
        const { adapter, old } = yield* openBoth
        const key = makeKey("raw")
        const put = { _tag: "Put", key, expect: "any", kind: "Doc", schemaVersion: 1, summary: body, body } as const
        yield* adapter.commit({ writeId: "w", operations: [put] })
        const error = yield* Effect.flip(old.load(key))
        assert.isTrue(error._tag === "SessionInvalid" && error.reason._tag === "NotDecodable")
        assert.notInclude(error.message, "SECRET")
        const { complete, unreadable } = yield* old.list()
        assert.deepStrictEqual([unreadable.length, complete], [1, false])
      })
  )
})
