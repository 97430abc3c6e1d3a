/** A long list that is shown page by page: it reads as if it had been shown at once. */
import { assert, describe, it } from "@effect/vitest"
import { jsonList, type ListLines, type LongList, textList } from "../src/output/longList.ts"
import { paperOf } from "../src/output/text.ts"

interface Item {
  readonly id: string
  readonly sizes: ReadonlyArray<number>
}

const list: LongList<Item> = {
  name: "items",
  json: ({ id, sizes }) => ({ id, sizes: [...sizes] }),
  columns: [{ title: "ID" }, { title: "COUNT", align: "right" }],
  row: ({ id, sizes }) => [id, String(sizes.length)]
}

const items: ReadonlyArray<Item> = ["a", "a line\nbreak", "wide".repeat(9), "d"].map((id, index) => ({
  id,
  sizes: Array.from({ length: index }, () => index)
}))

const rest = { complete: true, lost: [] }

const linesOf = (lines: ListLines<Item>, pages: ReadonlyArray<ReadonlyArray<Item>>) =>
  [...pages.flatMap(lines.page), ...lines.end({ json: () => rest, text: () => ["end"] })].join("\n")

const splits = [[items], [[], items.slice(0, 1), items.slice(1)], items.map((item) => [item]), [[]], []]

describe("a long list", () => {
  it("is one document of JSON, whatever its pages were", () => {
    for (const pages of splits) {
      assert.strictEqual(linesOf(jsonList(list), pages), JSON.stringify({ items: pages.flat(), ...rest }, null, 2))
    }
  })

  it("is one table with one head, whose columns do not become narrow again", () => {
    const lines = linesOf(
      textList(list, paperOf({ width: 80, hasColors: false, program: "holdfast" })),
      items.map((item) => [item])
    )
    assert.deepStrictEqual(lines.split("\n"), [
      "ID  COUNT",
      "a       0",
      "a line\\u000abreak      1",
      `${items[2]!.id}      2`,
      `d${" ".repeat(36)}     3`,
      "end"
    ])
  })

  it("has a block for every row of a page that does not fit, and each stands for itself", () => {
    const lines = linesOf(
      textList(list, paperOf({ width: 30, hasColors: false, program: "holdfast" })),
      items.map((item) => [item])
    )
    assert.deepStrictEqual(lines.split("\n"), [
      "ID  COUNT",
      "a       0",
      "a line\\u000abreak      1",
      "",
      items[2]!.id,
      "  count: 2",
      "",
      `d${" ".repeat(16)}      3`,
      "end"
    ])
  })
})
