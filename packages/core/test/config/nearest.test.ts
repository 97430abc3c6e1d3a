import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { nearestOf } from "../../src/config/nearest.ts"

describe("the nearest name", () => {
  it.each<readonly [given: string, nearest: string | undefined]>([
    ["sqlit", "sqlite"],
    ["sqlite3", "sqlite"],
    ["sqltie", "sqlite"],
    ["SQLITE", "sqlite"],
    ["sql", "sqlite"],
    ["memroy", "memory"],
    ["mem", "memory"],
    ["f", undefined],
    ["sf", "fs"],
    ["fss", "fs"],
    ["postgres", undefined],
    ["s3", undefined],
    ["http", undefined],
    ["mustexist", "mustExist"],
    ["", undefined],
    ["sqlite".repeat(1000), undefined]
  ])("to %s is %s", (given, nearest) => {
    assert.strictEqual(Option.getOrUndefined(nearestOf(given, ["fs", "memory", "mustExist", "sqlite"])), nearest)
  })
})
