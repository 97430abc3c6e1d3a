/** How SQLite goes about the statements whose cost must not grow with what they do not give. */
import { assert, describe, it } from "@effect/vitest"
import type { ListOrder } from "@holdfast/core"
import { DatabaseSync } from "node:sqlite"
import { statementOf } from "../src/listing.ts"
import { migrationsFrom } from "../src/schema.ts"
import { entryWriteSql } from "../src/statements.ts"

const planOf = (sql: string): string => {
  const database = new DatabaseSync(":memory:")
  database.exec(migrationsFrom(0))
  const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all().map(({ detail }) => detail)
  database.close()
  return steps.join("; ")
}

const key = { namespace: ["account"], id: "a" }
const orders: ReadonlyArray<ListOrder> = ["updatedAt", "createdAt", "id"]

describe("a listing", () => {
  for (const namespace of [[], ["account"]]) {
    it(`of ${namespace[0] ?? "all"} by update reads one index in its order, and no row of the table`, () => {
      for (const after of [undefined, { value: 5, key }]) {
        const plan = planOf(statementOf({ namespace, order: "updatedAt", kind: "Chat", limit: 100, after }).sql)
        assert.match(plan, /^(SCAN|SEARCH) sessions USING COVERING INDEX sessions_by_update[^;]*$/)
      }
    })
  }

  it("without a limit reads no row of the table in any order", () => {
    for (const order of orders) {
      const plan = planOf(statementOf({ namespace: [], order, kind: "Chat" }).sql)
      assert.match(plan, /^SCAN sessions USING COVERING INDEX sessions_by_update(; USE TEMP B-TREE FOR ORDER BY)?$/)
    }
  })

  it("of a page in another order sorts nothing", () => {
    for (const order of ["createdAt", "id"] as const) {
      const plan = planOf(statementOf({ namespace: [], order, kind: "Chat", limit: 100 }).sql)
      assert.match(plan, /^SCAN sessions USING INDEX sessions_by_(creation|id)$/)
    }
  })
})

describe("the entry of a write", () => {
  it("is found by the id of the write, whatever the session has beside it", () => {
    assert.strictEqual(
      planOf(entryWriteSql),
      "SEARCH entries USING INDEX entries_by_write (session=? AND write_id=?)"
    )
  })
})
