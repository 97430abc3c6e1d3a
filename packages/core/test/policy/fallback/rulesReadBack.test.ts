/** What goes up is read back there before it leaves a lower tier. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Stream } from "effect"
import { testTier } from "./chains.ts"
import {
  appending,
  bent,
  bodyIn,
  change,
  diverge,
  elsewhere,
  fail,
  heal,
  heldIn,
  idsIn,
  manyWrites,
  openBent,
  put,
  putting
} from "./deeds.ts"

describe("before the copy below is removed", () => {
  it.effect("a fork that does not read as it was written keeps the record below, where nothing is lost", () =>
    Effect.gen(function*() {
      const [first, second] = yield* diverge(manyWrites)
      const { adapter } = yield* openBent(
        bent(first, (inner) => ({
          ...inner,
          load: (at) =>
            Effect.map(
              inner.load(at),
              Option.map((found) => at.id.includes("-conflict-") ? { ...found, body: `"garbled"` } : found)
            )
        })),
        bent(second, (inner) => inner)
      )
      assert.deepStrictEqual([heldIn(second), yield* bodyIn(adapter)], [["one"], `"mine"`])
    }))

  it.effect("a record of which an entry or the summary reads otherwise above stays below", () =>
    Effect.gen(function*() {
      for (const what of ["entry", "summary"] as const) {
        const [first, second] = [testTier("first"), testTier("second")]
        fail(first)
        yield* elsewhere([first, second], (adapter) => adapter.commit(change(putting(`"mine"`), appending(["1", "2"]))))
        heal(first)
        yield* openBent(
          bent(first, (inner) => ({
            ...inner,
            load: (at) =>
              Effect.map(
                inner.load(at),
                Option.map((found) =>
                  what === "summary" ? { ...found, head: { ...found.head, summary: `{"title":"garbled"}` } } : found
                )
              ),
            entries: (at, range) =>
              Stream.map(
                inner.entries(at, range),
                (row) => what === "entry" && row._tag === "StoredEntry" ? { ...row, entry: `"garbled"` } : row
              )
          })),
          bent(second, (inner) => inner)
        )
        assert.deepStrictEqual(heldIn(second), ["one"], what)
      }
    }))

  it.effect("a record that does not read above as it was written stays below", () =>
    Effect.gen(function*() {
      const [first, second] = [testTier("first"), testTier("second")]
      let garbled = ""
      const { adapter, control } = yield* openBent(
        bent(first, (inner) => ({
          ...inner,
          load: (at) =>
            Effect.map(inner.load(at), Option.map((found) => garbled === "" ? found : { ...found, body: garbled }))
        })),
        bent(second, (inner) => inner)
      )
      fail(first)
      yield* adapter.commit(put(`"mine"`))
      heal(first)
      garbled = `"garbled"`
      yield* control.drain
      assert.deepStrictEqual([heldIn(second), yield* bodyIn(adapter)], [["one"], `"mine"`])
      garbled = ""
      yield* control.drain
      assert.deepStrictEqual([heldIn(second), yield* bodyIn(adapter), yield* idsIn(adapter)], [[], `"mine"`, ["one"]])
    }))
})
