import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { flipAll, told } from "./damage.ts"

describe("a store with a flipped bit", () => {
  it.live("gives what was written, or says that it cannot be read: bits all over the file", () =>
    Effect.gen(function*() {
      const { mistakes, reasons } = yield* flipAll((bitCount) =>
        Array.from({ length: Math.floor(bitCount / 29) }, (_, index) => index * 29)
      )
      assert.deepStrictEqual(mistakes, {})
      assert.deepStrictEqual(reasons.filter((reason) => !told.includes(reason)), [])
    }))
})
