import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { makeKey, StorageAdapter, StorageUrl } from "@holdfast/core"
import { Context, Effect, Layer, Option } from "effect"

const registry = StorageUrl.registry([MemoryAdapter.scheme])

const key = makeKey("a")

const put = { _tag: "Put", key, expect: "any", kind: "note", schemaVersion: 1, summary: "{}", body: "1" } as const

const open = (url: string) =>
  Effect.map(Layer.build(StorageUrl.layer(registry, url)), (built) => Context.get(built, StorageAdapter))

describe("a memory store by URL", () => {
  it.effect("keeps what was saved while it is open, and nothing for whoever opens the URL again", () =>
    Effect.gen(function*() {
      const adapter = yield* open("memory:?closeTimeout=1 second")
      yield* adapter.commit({ writeId: "w", operations: [put] })
      assert.isTrue(Option.isSome(yield* adapter.load(key)))
      assert.isTrue(Option.isNone(yield* (yield* open("memory:?closeTimeout=1 second")).load(key)))
    }))

  it.effect.each<readonly [string, string]>([
    ["memory:./s", "invalid storage URL, path at character 8: memory: takes no path"],
    [
      "memory:?require=buffered",
      "memory.open: not supported here: buffered durability; memory is volatile; nothing was changed"
    ],
    [
      "memory:?closetimeout=1s",
      "invalid storage URL, option at character 9: unknown option \"closetimeout\"; did you mean \"closeTimeout\"? "
      + "known options: closeTimeout, require"
    ],
    [
      "memory:?closeTimeout=5",
      "invalid storage URL, value at character 22: the option \"closeTimeout\" expects a valid Duration string"
    ]
  ])("is refused when it is wrong, or promises too little: %s", ([url, message]) =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Effect.flip(open(url))).message, message)
    }))
})
