import { assert, describe, it } from "@effect/vitest"
import { type PlainSchema, Session } from "@holdfast/core"
import { DateTime, Effect, Schema, Stream } from "effect"
import { openStore } from "./chats.ts"

/** A text whose checks are counted: how often a value was walked. */
const counting = () => {
  let checks = 0
  const Text = Schema.String.check(Schema.makeFilter(() => {
    checks++
    return true
  }))
  return { Text, checks: () => checks }
}

const openWalked = <S extends PlainSchema>(state: S) => openStore(Session.define("Walked", { state, entry: state }))

describe("a write", () => {
  it.effect("walks once a value that is its own JSON, and leaves out what the schema does not have", () =>
    Effect.gen(function*() {
      const { checks, Text } = counting()
      const walked = yield* openWalked(Schema.Struct({ text: Text, sizes: Schema.Array(Schema.Finite) }))
      const value = { text: "t", sizes: [1], more: true }
      const saved = yield* walked.save("a", value)
      assert.strictEqual(checks(), 1)
      yield* walked.append("a", [value])
      assert.strictEqual(checks(), 2)
      const stored = { text: "t", sizes: [1] }
      assert.deepStrictEqual(saved.state, stored)
      assert.deepStrictEqual((yield* walked.load("a")).state, stored)
      assert.deepStrictEqual(
        (yield* Stream.runCollect(walked.entries("a"))).map((row) => row._tag === "Entry" ? row.entry : row),
        [stored]
      )
    }))

  it.effect("walks once a value that is encoded and has no constructor defaults", () =>
    Effect.gen(function*() {
      const { checks, Text } = counting()
      const walked = yield* openWalked(Schema.Struct({ text: Text, at: Schema.DateTimeUtc, size: Schema.Number }))
      const state = { text: "t", at: DateTime.makeUnsafe(5), size: Infinity }
      yield* walked.save("a", state)
      assert.strictEqual(checks(), 1)
      assert.deepStrictEqual((yield* walked.load("a")).state, state)
    }))

  it.effect("fills in the defaults of a constructor, also deep in a value", () =>
    Effect.gen(function*() {
      const Inner = Schema.Struct({ done: Schema.Boolean.pipe(Schema.withConstructorDefault(Effect.succeed(false))) })
      const walked = yield* openWalked(Schema.Struct({ all: Schema.Array(Schema.Union([Inner, Schema.Null])) }))
      const saved = yield* walked.save("a", { all: [{}, null] })
      assert.deepStrictEqual(saved.state, { all: [{ done: false }, null] })
      assert.deepStrictEqual((yield* walked.load("a")).state, saved.state)
    }))

  it.effect("makes instances of classes from their fields, also deep in a value", () =>
    Effect.gen(function*() {
      class Point extends Schema.Class<Point>("test/Point")({ x: Schema.Finite }) {}
      const walked = yield* openWalked(Schema.Struct({ points: Schema.Array(Point) }))
      const saved = yield* walked.save("a", { points: [{ x: 1 }] })
      assert.instanceOf(saved.state.points[0], Point)
      assert.instanceOf((yield* walked.load("a")).state.points[0], Point)
    }))

  it.effect("refuses what is not a value of the schema, whichever way it is walked", () =>
    Effect.gen(function*() {
      const refused = Effect.fnUntraced(function*(state: PlainSchema, value: unknown) {
        const walked = yield* openWalked(state)
        const error = yield* Effect.flip(walked.save("a", value as never))
        assert.isTrue(error._tag === "SessionInvalid" && error.reason._tag === "NotEncodable")
        assert.isTrue((yield* walked.find("a"))._tag === "None")
      })
      yield* refused(Schema.Struct({ size: Schema.Finite }), { size: NaN })
      yield* refused(Schema.Struct({ at: Schema.DateTimeUtc }), { at: 5 })
      yield* refused(Schema.Struct({ any: Schema.Any }), { any: 5n })
    }))
})
