import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { Effect, Option } from "effect"
import { observing } from "../policy/observedSpans.ts"
import { Chat, draft, openChats, storeOver } from "./chats.ts"

describe("the spans of a store", () => {
  it.effect("are made for every call where a tracer is installed, below the caller's own", () =>
    observing(Effect.fnUntraced(function*(spans) {
      const chats = yield* openChats
      yield* Effect.withSpan(
        Effect.gen(function*() {
          yield* chats.create(draft, { id: "a" })
          yield* chats.load("a")
          yield* Effect.ignore(chats.load("b"))
        }),
        "app"
      )
      assert.deepStrictEqual(spans.map(({ exit, name, parent }) => [name, parent, exit._tag]), [
        ["SessionStore.create", "app", "Success"],
        ["SessionStore.load", "app", "Success"],
        ["SessionStore.load", "app", "Failure"],
        ["app", undefined, "Success"]
      ])
    })))

  /** The spans in which an adapter is called. */
  const spansBelow = Effect.gen(function*() {
    const memory = yield* MemoryAdapter.make()
    const seen: Array<string> = []
    const look = Effect.map(Effect.option(Effect.currentSpan), (span) => {
      seen.push(Option.match(span, { onNone: () => "none", onSome: ({ name }) => name }))
    })
    const chats = yield* storeOver({ ...memory, load: (key) => Effect.andThen(look, memory.load(key)) }, Chat)
    yield* chats.save("a", draft)
    yield* chats.load("a")
    return seen
  })

  it.effect("are not made where no tracer is installed, or where tracing is off", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* spansBelow, ["none"])
      assert.deepStrictEqual(yield* observing(() => spansBelow), ["SessionStore.load"])
      assert.deepStrictEqual(yield* observing(() => Effect.withTracerEnabled(spansBelow, false)), ["none"])
    }))
})
