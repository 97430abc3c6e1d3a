import { assert, describe, it } from "@effect/vitest"
import { Session } from "@holdfast/core"
import { DateTime, Duration, Effect, Option, Redacted, Schema, Stream } from "effect"
import { openStore } from "./chats.ts"

/** What apps write as `{ ...value, field: next }`: a plain object without the class. */
const spread = <A extends object>(value: A, fields: Partial<A>) => ({ ...value, ...fields })

describe("a state that is a class", () => {
  class Doc extends Schema.Class<Doc>("test/Doc")({
    title: Schema.String,
    size: Schema.Int.pipe(Schema.withConstructorDefault(Effect.succeed(1)))
  }) {
    get loud() {
      return `${this.title.toUpperCase()}!`
    }
  }

  const openDocs = openStore(Session.define("Doc", { state: Doc, summary: ["title"] }))

  it.effect("comes back as an instance", () =>
    Effect.gen(function*() {
      const docs = yield* openDocs
      const saved = yield* docs.create(new Doc({ title: "a", size: 2 }), { id: "a" })
      assert.instanceOf(saved.state, Doc)
      const { state } = yield* docs.load("a")
      assert.instanceOf(state, Doc)
      assert.deepStrictEqual([state.title, state.size, state.loud], ["a", 2, "A!"])
    }))

  it.effect("is made from a spread of an instance, in a save and in an update", () =>
    Effect.gen(function*() {
      const docs = yield* openDocs
      const doc = new Doc({ title: "a", size: 2 })
      yield* docs.save("a", spread(doc, { title: "b" }))
      const saved = yield* docs.update("a", (state) => spread(state, { size: state.size + 1 }))
      assert.instanceOf(saved.state, Doc)
      assert.deepStrictEqual([saved.state.loud, saved.state.size], ["B!", 3])
    }))

  it.effect("takes the constructor's defaults", () =>
    Effect.gen(function*() {
      const docs = yield* openDocs
      assert.strictEqual((yield* docs.create({ title: "a" }, { id: "a" })).state.size, 1)
      assert.strictEqual((yield* docs.load("a")).state.size, 1)
    }))

  it.effect("is refused when it does not fit", () =>
    Effect.gen(function*() {
      const docs = yield* openDocs
      const error = yield* Effect.flip(docs.create({ title: "a", size: 0.5 }))
      assert.isTrue(error._tag === "SessionInvalid" && error.reason._tag === "NotEncodable")
    }))
})

describe("constructor defaults", () => {
  const Item = Schema.Struct({ done: Schema.Boolean.pipe(Schema.withConstructorDefault(Effect.succeed(false))) })

  const openLists = openStore(Session.define("List", {
    state: Schema.Struct({
      items: Schema.Array(Item),
      owner: Schema.String.pipe(Schema.withConstructorDefault(Effect.succeed("me")))
    }),
    entry: Schema.Struct({
      by: Schema.String.pipe(Schema.withConstructorDefault(Effect.succeed("system"))),
      text: Schema.String
    }),
    summary: ["owner"]
  }))

  it.effect("fill what a write leaves out, nested and in entries", () =>
    Effect.gen(function*() {
      const lists = yield* openLists
      const saved = yield* lists.create({ items: [{}, { done: true }] }, { id: "a", entries: [{ text: "1" }] })
      assert.deepStrictEqual(saved.state, { owner: "me", items: [{ done: false }, { done: true }] })
      assert.deepStrictEqual((yield* lists.load("a")).state, saved.state)
      const rows = yield* Stream.runCollect(lists.entries("a"))
      assert.deepStrictEqual(rows.map((row) => row._tag === "Entry" && row.entry), [{ by: "system", text: "1" }])
      assert.deepStrictEqual((yield* lists.list({ where: { owner: "me" } })).sessions.length, 1)
    }))
})

const tricky = Schema.Struct({
  utc: Schema.DateTimeUtc,
  utcText: Schema.DateTimeUtcFromString,
  zoned: Schema.DateTimeZoned,
  date: Schema.Date,
  bytes: Schema.Uint8Array,
  base64: Schema.Uint8ArrayFromBase64,
  big: Schema.BigInt,
  duration: Schema.Duration,
  option: Schema.Option(Schema.Int),
  map: Schema.ReadonlyMap(Schema.String, Schema.BigInt),
  set: Schema.ReadonlySet(Schema.Date),
  numbers: Schema.Array(Schema.Number),
  url: Schema.URL,
  absent: Schema.optionalKey(Schema.String),
  given: Schema.optionalKey(Schema.Date),
  maybe: Schema.optional(Schema.String),
  orUndefined: Schema.UndefinedOr(Schema.String),
  orNull: Schema.NullOr(Schema.String)
})

const values: typeof tricky.Type = {
  utc: DateTime.makeUnsafe("2026-11-22T10:11:12.345Z"),
  utcText: DateTime.makeUnsafe(1),
  zoned: DateTime.makeZonedUnsafe("2026-11-22T10:11:12.345Z", { timeZone: "Europe/Berlin" }),
  date: new Date(5),
  bytes: new Uint8Array([0, 128, 255]),
  base64: new Uint8Array([1, 2, 3]),
  big: 2n ** 80n,
  duration: Duration.seconds(90),
  option: Option.some(5),
  map: new Map([["a", 1n], ["\uD83D", -1n]]),
  set: new Set([new Date(0)]),
  numbers: [NaN, Infinity, -Infinity, 1e-7, Number.MAX_SAFE_INTEGER],
  url: new URL("https://example.org/a?b"),
  given: new Date(7),
  maybe: undefined,
  orUndefined: undefined,
  orNull: null
}

describe("a state of rich values", () => {
  const openRich = openStore(
    Session.define("Rich", { state: tricky, entry: tricky, summary: ["utc", "bytes", "big", "absent"] })
  )

  it.effect("comes back as it was, as do entries and summaries", () =>
    Effect.gen(function*() {
      const rich = yield* openRich
      const isSame = Schema.toEquivalence(tricky)
      yield* rich.create(values, { id: "a", entries: [values] })
      const { state } = yield* rich.load("a")
      assert.isTrue(isSame(state, values))
      assert.deepStrictEqual(state.bytes, values.bytes)
      assert.isFalse("absent" in state)
      assert.deepStrictEqual([state.maybe, state.orUndefined, state.orNull], [undefined, undefined, null])
      const [row] = yield* Stream.runCollect(rich.entries("a"))
      assert.isTrue(row?._tag === "Entry" && isSame(row.entry, values))
      const [head] = (yield* rich.list()).sessions
      assert.deepStrictEqual(head?.summary, { utc: values.utc, bytes: values.bytes, big: values.big })
    }))

  it.effect.prop("comes back as it was, whatever it is", {
    state: Schema.Struct({
      utc: Schema.DateTimeUtc,
      bytes: Schema.Uint8Array.check(Schema.isMaxLength(40) as never),
      big: Schema.BigInt,
      note: Schema.optionalKey(Schema.String),
      maybe: Schema.optional(Schema.Number),
      tags: Schema.Record(Schema.String, Schema.NullOr(Schema.Finite)).check(Schema.isMaxProperties(20))
    })
  }, ({ state }) =>
    Effect.gen(function*() {
      const Any = Schema.Struct({
        utc: Schema.DateTimeUtc,
        bytes: Schema.Uint8Array,
        big: Schema.BigInt,
        note: Schema.optionalKey(Schema.String),
        maybe: Schema.optional(Schema.Number),
        tags: Schema.Record(Schema.String, Schema.NullOr(Schema.Finite))
      })
      const store = yield* openStore(Session.define("Any", { state: Any }))
      const { key } = yield* store.create(state)
      assert.isTrue(Schema.toEquivalence(Any)((yield* store.load(key)).state, state))
    }), { arbitrary: { runs: 30, size: 1000 } })
})

describe("texts", () => {
  const openTexts = openStore(Session.define("Text", {
    state: Schema.Struct({ text: Schema.String, byName: Schema.Record(Schema.String, Schema.String) }),
    entry: Schema.String,
    summary: ["text"]
  }))

  const texts = ["\uD83D", "\uDE00", "a\uD83Db", "\uDE00\uD83D", "\u0000\u001f\u2028\u2029\uFEFF", "😀", "\"\\/", ""]

  it.effect.each(texts.map((text) => [JSON.stringify(text), text] as const))(
    "come back as they were: %s",
    ([_, text]) =>
      Effect.gen(function*() {
        const store = yield* openTexts
        const state = { text, byName: { [text]: text } }
        yield* store.create(state, { id: "a", entries: [text] })
        assert.deepStrictEqual((yield* store.load("a")).state, state)
        const rows = yield* Stream.runCollect(store.entries("a"))
        assert.deepStrictEqual(rows.map((row) => row._tag === "Entry" && row.entry), [text])
        const listing = yield* store.list({ where: { text } })
        assert.deepStrictEqual(listing.sessions.map(({ summary }) => summary), [{ text }])
      })
  )

  it.effect("may be names that objects have", () =>
    Effect.gen(function*() {
      const store = yield* openTexts
      const byName = JSON.parse("{\"__proto__\":\"a\",\"constructor\":\"b\",\"toJSON\":\"c\"}")
      yield* store.create({ text: "", byName }, { id: "a" })
      assert.deepStrictEqual(Object.entries((yield* store.load("a")).state.byName), Object.entries(byName))
    }))
})

describe("a secret in a state", () => {
  it.effect("is stored as its schema says", () =>
    Effect.gen(function*() {
      const store = yield* openStore(Session.define("Vault", {
        state: Schema.Struct({ token: Schema.RedactedFromValue(Schema.String) })
      }))
      yield* store.create({ token: Redacted.make("hush") }, { id: "a" })
      assert.strictEqual(Redacted.value((yield* store.load("a")).state.token), "hush")
    }))
})
