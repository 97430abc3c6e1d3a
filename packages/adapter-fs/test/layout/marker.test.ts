/** A marker with a store-level record: no part of it, and no changed byte, is taken for a whole one. */
import { assert, describe, it } from "@effect/vitest"
import type { StoreRecord } from "@holdfast/core"
import { Option } from "effect"
import { beginsAs, encodeMarker, parseMarker, takesRole } from "../../src/layout/marker.ts"

const identity = `${JSON.stringify({ holdfast: 1, storeId: "0123456789abcdef0123" })}\n`

const records: ReadonlyArray<StoreRecord> = [
  { switchId: "one", epoch: 1, state: "copying" },
  {
    switchId: "with \"quotes\", \",\"role\":{}\" and\na line",
    epoch: 2 ** 53 - 1,
    state: "retired",
    successor: "sqlite"
  },
  { switchId: "", epoch: 0, state: "current", successor: "" }
]

describe("a marker", () => {
  it("without a record is what it was before there were records", () => {
    assert.deepStrictEqual(parseMarker(Buffer.from(identity)), { _tag: "Marker", identity, role: Option.none() })
  })

  it.each(records)("gives back the record that was put into it: %#", (record) => {
    const parsed = parseMarker(encodeMarker(identity, { number: 3, record }, 0))
    assert.deepStrictEqual(parsed, { _tag: "Marker", identity, role: Option.some({ number: 3, record }) })
  })

  it.each([0, 10, 500])("is longer than %i bytes when it has to be", (longerThan) => {
    const bytes = encodeMarker(identity, { number: 1, record: records[0]! }, longerThan)
    assert.isAbove(bytes.length, longerThan)
    assert.isTrue(Option.isSome(Option.fromUndefinedOr(parseMarker(bytes)._tag === "Marker" ? bytes : undefined)))
  })

  it("that is cut off anywhere is broken, and tells of which store it is once that can be told", () => {
    const whole = encodeMarker(identity, { number: 1, record: records[1]! }, 400)
    for (let length = 0; length < whole.length; length++) {
      const parsed = parseMarker(whole.subarray(0, length))
      assert.strictEqual(parsed._tag, "Broken", `${length} bytes`)
      if (parsed._tag === "Broken") assert.strictEqual(beginsAs(parsed.text, identity), length >= identity.length - 2)
    }
  })

  it("that has a changed byte is never another record of the same store", () => {
    const whole = encodeMarker(identity, { number: 1, record: records[1]! }, 400)
    for (let at = 0; at < whole.length; at++) {
      const changed = Buffer.from(whole)
      changed[at] = changed[at]! ^ 1
      const parsed = parseMarker(changed)
      if (parsed._tag === "Marker") assert.notStrictEqual(parsed.identity, identity, `byte ${at}`)
    }
  })

  it("takes a record only where it is one of ours", () => {
    assert.deepStrictEqual([identity, "another one\n", ""].map(takesRole), [true, false, false])
  })
})
