import { assert, describe, it } from "@effect/vitest"
import { type Durability, durabilityOrder, satisfiesDurability } from "@holdfast/core"

const grades: ReadonlyArray<Durability> = ["volatile", "buffered", "flushed", "replicated"]

describe("durability", () => {
  it("rises from volatile to replicated", () => {
    assert.deepStrictEqual(grades.toReversed().toSorted(durabilityOrder), grades)
  })

  it("satisfies every grade up to its own and none above", () => {
    for (const [place, actual] of grades.entries()) {
      const satisfied = grades.filter((required) => satisfiesDurability(actual, required))
      assert.deepStrictEqual(satisfied, grades.slice(0, place + 1))
    }
  })
})
