import { assert, describe, it } from "@effect/vitest"
import { makeKey, Session, type SessionInvalid } from "@holdfast/core"
import { Arbitrary, Cause, Effect, Schema, Stream } from "effect"
import { inspect } from "node:util"
import { openRecorded, storeOver } from "./chats.ts"
import { refusing } from "./secrets.ts"

/** Texts that occur in nothing else: in no schema, key, path or stack. */
const secrets = Arbitrary.map(
  Arbitrary.schema(Schema.String.check(Schema.isMaxLength(30))),
  (text) => `PLANTED${text.replaceAll(/[^a-zA-Z0-9 ]/g, "_")}END`
)

const options = { arbitrary: { runs: 8, size: 1000 } }

/** All that a caller can print of an error, the stack and hidden properties included. */
const printed = (error: unknown): string =>
  [
    String(error),
    JSON.stringify(error),
    inspect(error, { depth: Infinity, showHidden: true, getters: true }),
    Cause.pretty(Cause.fail(error))
  ].join("\n")

/** The state's schema, under a name that an error may show. */
const definitionOf = (schema: Schema.Codec<unknown, unknown>) =>
  Session.define("Sealed", {
    state: schema,
    entry: schema,
    summary: { schema: Schema.Struct({}), of: () => ({}) }
  })

const Loose = Session.define("Sealed", { state: Schema.Json, entry: Schema.Json })

/** The error of a call that refuses content. */
const refusalOf = Effect.fnUntraced(
  function*<A, E>(call: Effect.Effect<A, E>, reason: SessionInvalid["reason"]["_tag"]) {
    const error = yield* Effect.flip(call)
    const Refusal = Schema.TaggedStruct("SessionInvalid", { reason: Schema.TaggedStruct(reason, {}) })
    assert.isTrue(Schema.is(Refusal)(error))
    return error
  }
)

describe.each(Object.entries(refusing))("content that does not encode, by %s,", (_, [schema, plant]) => {
  it.effect.prop(
    "is refused without a word of it, and nothing reaches the adapter",
    { secret: secrets },
    ({ secret }) =>
      Effect.gen(function*() {
        const { calls, store } = yield* openRecorded(definitionOf(schema))
        const content = plant(secret)
        const writes: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
          store.create(content),
          store.save("a", content),
          store.commit("a", { state: content, entries: [] }),
          store.append("a", [content])
        ]
        for (const write of writes) assert.notInclude(printed(yield* refusalOf(write, "NotEncodable")), "PLANTED")
        assert.deepStrictEqual(calls, [])
      }),
    options
  )
})

const storable = Object.entries(refusing).filter(([, [, plant]]) => Schema.is(Schema.Json)(plant("x")))

describe.each(storable)("stored content that does not decode, by %s,", (_, [schema, plant]) => {
  it.effect.prop(
    "is unreadable without a word of it, in rows too",
    { secret: secrets },
    ({ secret }) =>
      Effect.gen(function*() {
        const { adapter, store } = yield* openRecorded(definitionOf(schema))
        const content = plant(secret) as Schema.Json
        const loose = yield* storeOver(adapter, Loose)
        yield* loose.create(content, { id: "a", entries: [content] })
        for (
          const call of [store.load("a"), store.find("a"), store.update("a", (state) => state)] as ReadonlyArray<
            Effect.Effect<unknown, unknown>
          >
        ) {
          assert.notInclude(printed(yield* refusalOf(call, "NotDecodable")), "PLANTED")
        }
        const rows = yield* Stream.runCollect(store.entries("a"))
        assert.strictEqual(rows[0]?._tag, "UnreadableEntry")
        assert.notInclude(printed(rows), "PLANTED")
      }),
    options
  )
})

describe("a summary that cannot be derived", () => {
  it.effect("refuses the write without a word of the state", () =>
    Effect.gen(function*() {
      const { calls, store } = yield* openRecorded(Session.define("Sealed", {
        state: Schema.String,
        summary: {
          schema: Schema.Struct({ a: Schema.Int }),
          of: (state): { readonly a: number } => {
            if (state === "throws") throw new Error("PLANTED")
            return { a: "PLANTED" as never }
          }
        }
      }))
      for (const state of ["throws", "lies"]) {
        assert.notInclude(printed(yield* refusalOf(store.create(state), "NotEncodable")), "PLANTED")
      }
      assert.deepStrictEqual(calls, [])
    }))
})

describe("names of fields", () => {
  it.effect("are told, as long as the schema declares them", () =>
    Effect.gen(function*() {
      const { store } = yield* openRecorded(definitionOf(Schema.Struct({
        title: Schema.String,
        inner: Schema.Struct({ list: Schema.Array(Schema.Struct({ size: Schema.Int })) }),
        byName: Schema.Record(Schema.String, Schema.Int)
      })))
      const inner = { list: [{ size: 1 }, { size: "big" }] }
      const issueOf = (state: unknown) => Effect.map(Effect.flip(store.save("a", state)), (error) => error.message)
      const prefix = "session \"a\" does not fit the schema: "
      const suffix = "; nothing was changed"
      assert.strictEqual(yield* issueOf({ inner: { list: [] }, byName: {} }), `${prefix}title is missing${suffix}`)
      assert.strictEqual(
        yield* issueOf({ title: "", inner, byName: {} }),
        `${prefix}inner.list.1.size has the wrong type${suffix}`
      )
      assert.strictEqual(
        yield* issueOf({ title: "", inner: { list: [] }, byName: { secret: "x" } }),
        `${prefix}byName.* has the wrong type${suffix}`
      )
    }))

  it.effect("never stretch a message over lines or pages", () =>
    Effect.gen(function*() {
      const members = Array.from({ length: 30 }, (_, index) => Schema.Struct({ [`field${index}`]: Schema.Int }))
      const { store } = yield* openRecorded(definitionOf(Schema.Union(members)))
      const { message } = yield* Effect.flip(store.save(makeKey("a"), {}))
      assert.match(
        message,
        /^session "a" does not fit the schema: field\d+ is missing(, field\d+ is missing){2}; nothing/
      )
    }))
})
