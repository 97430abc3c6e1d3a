import { assert, describe, it } from "@effect/vitest"
import { type Adopted, makeKey, Session, type SessionKey } from "@holdfast/core"
import { DateTime, Effect, Option, Schema } from "effect"

const Chat = Session.define("Chat", {
  version: 2,
  state: Schema.Struct({
    title: Schema.String.check(Schema.isMinLength(1)),
    pinned: Schema.Boolean.pipe(Schema.withConstructorDefault(Effect.succeed(false)))
  }),
  summary: ["title"],
  migrations: { 1: (old) => old }
})

const key = makeKey("local_1", ["acct", "org"])

const isNamed = Schema.is(Schema.Struct({ name: Schema.String }))

/** Reads what another app stored as `{ name }`. */
const adopter = Session.adopter(
  Chat,
  (json) => isNamed(json) ? Option.some({ state: { title: json.name } }) : Option.none()
)

const adopted = (times: Pick<Adopted, "createdAt" | "updatedAt">): Option.Option<Adopted> =>
  Option.some({
    kind: "Chat",
    schemaVersion: 2,
    summary: "{\"title\":\"Old\"}",
    body: "{\"title\":\"Old\",\"pinned\":false}",
    ...times
  })

const none = Option.none<number>()

describe("an adopter", () => {
  it.effect("accepts what it understands, as a record to store", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* adopter({ name: "Old" }, key), adopted({ createdAt: none, updatedAt: none }))
    }))

  const times: ReadonlyArray<readonly [what: string, time: DateTime.DateTime.Input, millis: Option.Option<number>]> = [
    ["milliseconds", 1_000, Option.some(1_000)],
    ["a text", "1970-01-01T00:00:01.000Z", Option.some(1_000)],
    ["a date", new Date(1_000), Option.some(1_000)],
    ["a date and time", DateTime.makeUnsafe(1_000), Option.some(1_000)],
    ["no date", "yesterday", none],
    ["not a number", NaN, none],
    ["an invalid date", new Date(NaN), none],
    ["null", null as never, none]
  ]

  it.effect.each(times)(
    "reads a time that is %s as milliseconds, or does without it",
    ([_, time, millis]) =>
      Effect.gen(function*() {
        const dated = Session.adopter(
          Chat,
          () => Option.some({ state: { title: "Old" }, createdAt: time, updatedAt: 2_000 })
        )
        assert.deepStrictEqual(
          yield* dated(null, key),
          adopted({ createdAt: millis, updatedAt: Option.some(2_000) })
        )
      })
  )

  it.effect.each([null, 5, "name", [], {}, { name: 5 }])(
    "refuses what it does not understand: %o",
    (json) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* adopter(json, key), Option.none())
      })
  )

  it.effect("refuses a document when the app's function throws", () =>
    Effect.gen(function*() {
      const throwing = Session.adopter(Chat, () => {
        throw new Error("mine")
      })
      assert.deepStrictEqual(yield* throwing({}, key), Option.none())
    }))

  it.effect("refuses a state that does not fit the schema", () =>
    Effect.gen(function*() {
      for (const state of [{ title: "" }, { title: 5 as never }, {} as never, null as never]) {
        const wrong = Session.adopter(Chat, () => Option.some({ state }))
        assert.deepStrictEqual(yield* wrong({}, key), Option.none())
      }
    }))

  it.effect("gets the document and the key that its place names", () =>
    Effect.gen(function*() {
      const seen: Array<readonly [unknown, SessionKey]> = []
      const noting = Session.adopter(Chat, (json, at) => {
        seen.push([json, at])
        return Option.none()
      })
      yield* noting({ any: "thing" }, key)
      assert.deepStrictEqual(seen, [[{ any: "thing" }, key]])
    }))
})
