/** What callers without types may pass: each is refused by name, and nothing is written. */
import { assert, describe, it } from "@effect/vitest"
import { Session } from "@holdfast/core"
import { Effect, Option, Schema } from "effect"
import { openStore } from "./chats.ts"

const Anything = Session.define("Anything", { state: Schema.Any, entry: Schema.Any })

const cycle: { self?: unknown } = {}
cycle.self = cycle

describe("a store whose schema lets anything through", () => {
  it.effect.each([undefined, 5n, cycle, () => 1])(
    "refuses the state %s, which is no JSON",
    (state) =>
      Effect.gen(function*() {
        const store = yield* openStore(Anything)
        const error = yield* Effect.flip(store.create(state, { id: "a" }))
        assert.isTrue(error._tag === "SessionInvalid" && error.reason._tag === "NotEncodable")
        assert.deepStrictEqual(yield* store.find("a"), Option.none())
      })
  )

  it.effect("refuses an entry that is no JSON, and entries that are no list", () =>
    Effect.gen(function*() {
      const store = yield* openStore(Anything)
      yield* store.create({}, { id: "a" })
      for (const entries of [[undefined], [5n], undefined, "text"]) {
        const error = yield* Effect.flip(store.append("a", entries as never))
        assert.isTrue(error._tag === "SessionInvalid" && error.reason._tag === "NotEncodable")
      }
      assert.strictEqual((yield* store.load("a")).entryCount, 0)
    }))
})

describe("an operation id", () => {
  it.effect.each(["", 42, "x".repeat(257)])("is refused when it is %s", (operationId) =>
    Effect.gen(function*() {
      const store = yield* openStore(Anything)
      yield* store.create({}, { id: "a" })
      const error = yield* Effect.flip(store.append("a", [1], { operationId: operationId as never }))
      assert.isTrue(
        error._tag === "StorageError" && error.reason._tag === "Unsupported" && error.outcome === "notApplied"
      )
      assert.strictEqual((yield* store.load("a")).entryCount, 0)
    }))
})
