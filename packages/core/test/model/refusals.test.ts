import { assert, describe, it } from "@effect/vitest"
import { appliedWritesMax, type Expect, type KeyFacts, type PlannedOperation, Version } from "@holdfast/core"
import { Option, Result } from "effect"
import { absent, append, appliedWrite, change, facts, put, record, refusal, remove, removed } from "./plans.ts"

const live = facts(record())
const version = Option.some(Version(7))

const writes: ReadonlyArray<readonly [what: string, make: (expect: Expect) => PlannedOperation]> = [
  ["a put", (expect) => put({ expect })],
  ["an append", (expect) => append(["1"], { expect })],
  ["a removal", (expect) => remove({ expect })]
]

/** What each expectation finds in a live record of version 7. */
const overRecord: ReadonlyArray<readonly [expect: Expect, isTaken: boolean]> = [
  ["any", true],
  ["present", true],
  [Version(7), true],
  ["absent", false],
  [Version(6), false],
  [Version(8), false]
]

/** What a put of each expectation finds where nothing is, or where a removal left version 7. */
const overNothing: ReadonlyArray<readonly [expect: Expect, isTaken: boolean]> = [
  ["any", true],
  ["absent", true],
  ["present", false],
  [Version(7), false],
  [Version(0), false]
]

describe("a precondition", () => {
  describe.each(writes)("of %s over a record", (_, make) => {
    it.each(overRecord)("expecting %s holds: %s", (expect, isTaken) => {
      const result = change(live, [make(expect)])
      assert.strictEqual(Result.isSuccess(result), isTaken)
      if (!isTaken) {
        assert.deepStrictEqual(refusal(live, [make(expect)]), {
          _tag: "VersionMismatch",
          expected: expect,
          actual: version
        })
      }
    })
  })

  describe.each<readonly [what: string, known: KeyFacts]>([
    ["nothing", absent],
    ["a tombstone", removed(7)]
  ])("of a put over %s", (_, known) => {
    it.each(overNothing)("expecting %s holds: %s", (expect, isTaken) => {
      const result = change(known, [put({ expect })])
      assert.strictEqual(Result.isSuccess(result), isTaken)
      if (!isTaken) {
        assert.deepStrictEqual(refusal(known, [put({ expect })]), {
          _tag: "VersionMismatch",
          expected: expect,
          actual: Option.none()
        })
      }
    })
  })

  it("of every operation of a change is judged", () => {
    const operations = [put({ expect: "present" }), append(["1"], { expect: Version(6) })]
    assert.deepStrictEqual(refusal(live, operations), {
      _tag: "VersionMismatch",
      expected: Version(6),
      actual: version
    })
  })

  it("is judged against the state before the change", () => {
    assert.isTrue(Result.isSuccess(change(absent, [put({ expect: "absent" }), append(["1"], { expect: "absent" })])))
  })

  it("of an append that expects anything is answered as present, which is what it needs", () => {
    assert.deepStrictEqual(refusal(absent, [append(["1"], { expect: "any" })]), {
      _tag: "VersionMismatch",
      expected: "present",
      actual: Option.none()
    })
  })
})

describe("a write that may be forgotten", () => {
  const writes = Array.from({ length: appliedWritesMax }, (_, index) => appliedWrite(`${index}`))
  const full = facts(record({ writes }))
  const nearlyFull = facts(record({ writes: Array.from({ length: appliedWritesMax - 1 }, () => appliedWrite("x")) }))
  const mismatch = [put({ expect: Version(6) })]

  it("is answered as forgotten when it was sent before and its precondition does not hold", () => {
    assert.deepStrictEqual(refusal(full, mismatch, 2), { _tag: "Forgotten" })
  })

  it("is a mismatch at the first try", () => {
    assert.strictEqual(refusal(full, mismatch, 1)._tag, "VersionMismatch")
  })

  it("is a mismatch while the record remembers every write", () => {
    assert.strictEqual(refusal(nearlyFull, mismatch, 2)._tag, "VersionMismatch")
  })

  it("is answered as forgotten where a removal remembers as many writes as it can", () => {
    const present = [put({ expect: "present" })]
    assert.deepStrictEqual(refusal(removed(9, writes), present, 2), { _tag: "Forgotten" })
    assert.strictEqual(refusal(removed(9, writes.slice(1)), present, 2)._tag, "VersionMismatch")
  })

  it("is a mismatch where there never was a record", () => {
    assert.strictEqual(refusal(absent, [put({ expect: "present" })], 2)._tag, "VersionMismatch")
  })

  it("is written when its precondition holds", () => {
    assert.isTrue(Result.isSuccess(change(full, [put()], 2)))
  })
})

describe("a record that is not the writer's", () => {
  const newer = facts(record({ schemaVersion: 3 }))

  it.each<readonly [what: string, operation: PlannedOperation]>([
    ["a put", put({ kind: "Draft" })],
    ["an append", append(["1"], { kind: "Draft" })],
    ["an append of nothing", append([], { kind: "Draft" })]
  ])("of another kind refuses %s", (_, operation) => {
    assert.deepStrictEqual(refusal(live, [operation]), { _tag: "OtherKind", expected: "Draft", actual: "Chat" })
  })

  it.each<readonly [what: string, operation: PlannedOperation]>([
    ["a put", put({ schemaVersion: 2 })],
    ["an append", append(["1"], { schemaVersion: 2 })]
  ])("of a newer schema refuses %s", (_, operation) => {
    assert.deepStrictEqual(refusal(newer, [operation]), { _tag: "NewerSchema", expected: 2, actual: 3 })
  })

  it("of the same or an older schema takes the write", () => {
    for (const schemaVersion of [3, 4]) assert.isTrue(Result.isSuccess(change(newer, [put({ schemaVersion })])))
  })

  it("answers a version mismatch first", () => {
    assert.strictEqual(refusal(live, [put({ kind: "Draft", expect: Version(6) })])._tag, "VersionMismatch")
  })

  it("can be removed, whatever it is", () => {
    assert.isTrue(Result.isSuccess(change(newer, [remove()])))
  })

  it("judges every operation of the change", () => {
    assert.strictEqual(refusal(live, [put(), append(["1"], { kind: "Draft" })])._tag, "OtherKind")
  })
})
