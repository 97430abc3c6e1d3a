import { assert, describe, it } from "@effect/vitest"
import { selectRange } from "@holdfast/core"
import { Schema } from "effect"

const bound = Schema.Union([Schema.Undefined, Schema.Int.check(Schema.isBetween({ minimum: -3, maximum: 12 }))])
const range = Schema.Struct({ from: bound, to: bound, last: bound })
const count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 }))

const indices = (length: number) => Array.from({ length }, (_, index) => index)

const selected = (range: Parameters<typeof selectRange>[0], length: number) =>
  indices(length).slice(...selectRange(range, length))

describe("selectRange", () => {
  it.prop("selects what filtering index by index selects", { range, count }, ({ count, range: { from, last, to } }) => {
    const inside = indices(count).filter((index) => index >= (from ?? 0) && index < (to ?? count))
    const naive = last === undefined ? inside : inside.filter((_, place) => place >= inside.length - last)
    assert.deepStrictEqual(selected({ from, last, to }, count), naive)
  }, { arbitrary: { runs: 2000, size: 1000 } })

  it.prop("stays within the list and never ends before it starts", { range, count }, ({ count, range }) => {
    const [from, to] = selectRange(range, count)
    assert.isTrue(0 <= from && from <= to && to <= count)
  }, { arbitrary: { runs: 2000, size: 1000 } })

  it("selects everything when no bound is given", () => {
    assert.deepStrictEqual(selectRange({}, 5), [0, 5])
  })

  it("counts the last ones back from the end of the range", () => {
    assert.deepStrictEqual(selected({ last: 2 }, 5), [3, 4])
    assert.deepStrictEqual(selected({ to: 3, last: 2 }, 5), [1, 2])
    assert.deepStrictEqual(selected({ from: 2, to: 3, last: 2 }, 5), [2])
    assert.deepStrictEqual(selected({ last: 0 }, 5), [])
  })
})
