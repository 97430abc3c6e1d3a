import { assert, describe, it } from "@effect/vitest"
import { Effect, Random } from "effect"
import { flipAll, told } from "./damage.ts"

// All over the file, and every bit of its header; `damage.slow.test.ts` tries many more.
const randomBits = (bitCount: number, count: number) =>
  Effect.replicateEffect(Random.nextIntBetween(0, bitCount - 1), count)

describe("a store with a flipped bit", () => {
  it.live("gives what was written, or says that it cannot be read", () =>
    Effect.gen(function*() {
      const seed = process.env["HOLDFAST_SEED"] ?? String(yield* Random.nextInt)
      const chosen = yield* Random.withSeed(randomBits(300_000, 150), seed)
      const { mistakes, reasons } = yield* flipAll((bitCount) => chosen.map((bit) => bit % bitCount))
      assert.deepStrictEqual(mistakes, {}, `HOLDFAST_SEED=${seed}`)
      assert.deepStrictEqual(reasons.filter((reason) => !told.includes(reason)), [], `HOLDFAST_SEED=${seed}`)
    }))

  it.live("in its header gives what was written, or says that it cannot be read", () =>
    Effect.gen(function*() {
      const header = Array.from({ length: 100 }, (_, index) => index * 8 + index % 8)
      const { mistakes, reasons } = yield* flipAll(() => header)
      assert.deepStrictEqual(mistakes, {})
      assert.deepStrictEqual(reasons.filter((reason) => !told.includes(reason)), [])
    }))

  it.live("in the key of an entry never gives it to another session", () =>
    Effect.gen(function*() {
      // The first entry of a session lies beside the last one of the session before it, and its key before its text.
      const { mistakes, reasons } = yield* flipAll((_, bytes) => {
        const at = bytes.indexOf(JSON.stringify("f/0"))
        assert.isAbove(at, 0)
        return Array.from({ length: 20 * 8 }, (_, bit) => (at - 36) * 8 + bit)
      })
      assert.deepStrictEqual(mistakes, {})
      assert.deepStrictEqual(reasons.filter((reason) => !told.includes(reason)), [])
    }))
})
