/** A fork of any session has its stored entries one for one, whatever writes they came from. */
import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { type Append, makeKey, Session } from "@holdfast/core"
import { Arbitrary, Effect, Option, Schema } from "effect"
import { TestClock } from "effect/testing"
import { storeOver } from "./chats.ts"
import { storedEntries } from "./forks.ts"

const Doc = Session.define("Doc", {
  version: 3,
  state: Schema.Json,
  entry: Schema.Json,
  migrations: { 1: (old) => old, 2: (old) => old }
})

const key = makeKey("a")

/** Appends of few times and versions, so that runs of equal ones come up, also with another one in between. */
const appends = Arbitrary.array(
  Arbitrary.schema(Schema.Struct({
    schemaVersion: Schema.Literals([1, 2, 3]),
    pause: Schema.Literals([0, 0, 1, 1_000]),
    entries: Schema.Array(Schema.Literals(["1", "2", "\"\\ud83d\"", "{ \"a\" : 1 }"]))
  })),
  { maxLength: 12 }
)

describe("a fork", () => {
  it.effect.prop(
    "has the entries of its source in their order, with their texts, times and schema versions",
    { appends },
    ({ appends }) =>
      Effect.gen(function*() {
        const adapter = yield* MemoryAdapter.make()
        const docs = yield* storeOver(adapter, Doc)
        const about = { key, expect: "any", kind: "Doc" } as const
        const put = { _tag: "Put", ...about, schemaVersion: 1, summary: "{}", body: "null" } as const
        yield* adapter.commit({ writeId: "put", operations: [put] })
        for (const [index, { pause, ...append }] of appends.entries()) {
          yield* TestClock.adjust(pause)
          const operation: Append = { _tag: "Append", ...about, ...append }
          yield* adapter.commit({ writeId: `${index}`, operations: [operation] })
        }
        yield* TestClock.adjust(5_000)
        const { entryCount, key: copy } = yield* docs.fork(key)
        const copied = yield* storedEntries(adapter, copy)
        assert.deepStrictEqual(copied, yield* storedEntries(adapter, key))
        assert.strictEqual(copied.length, entryCount)
        assert.strictEqual(Option.getOrThrow(yield* adapter.head(copy)).entryCount, entryCount)
      }),
    { arbitrary: { runs: 200, size: 1000 } }
  )
})
