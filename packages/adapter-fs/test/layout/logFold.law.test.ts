import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Option, Schema } from "effect"
import { emptyLog, type FoldContext, foldLog, indexOf, type LogState } from "../../src/layout/logFold.ts"
import { commitId, logs, unsettled } from "./logs.ts"

const options = { arbitrary: { runs: 500, size: 1000 } }

const places = Arbitrary.array(
  Arbitrary.schema(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 5000 })))),
  { maxLength: 6 }
)
const context: FoldContext = { ...unsettled, commitId: Option.some(commitId) }
const whole = (bytes: Buffer) => foldLog(emptyLog(0, 0), bytes, context)

/** Folds what a reader finds who looks again whenever the file has reached one of these lengths. */
const foldInSteps = (bytes: Buffer, lengths: ReadonlyArray<number>): LogState =>
  [...lengths.map((length) => Math.min(length, bytes.length)).toSorted((self, that) => self - that), bytes.length]
    .reduce(
      (state, length) => foldLog(state, bytes.subarray(state.end, Math.max(length, state.end)), context),
      emptyLog(0, 0)
    )

describe("foldLog", () => {
  it.prop("says the same of a log that is read in steps as of one that is read at once", {
    bytes: logs,
    lengths: places
  }, ({ bytes, lengths }) => {
    assert.deepStrictEqual(foldInSteps(bytes, lengths), whole(bytes))
  }, options)

  it.prop(
    "counts no less, and no lower versions, when a log has grown",
    { bytes: logs, at: places },
    ({ at, bytes }) => {
      const before = whole(bytes.subarray(0, at[0] ?? 0))
      const after = whole(bytes)
      assert.deepStrictEqual(after.lines.slice(0, before.lines.length), before.lines)
      assert.isAtLeast(after.version, before.version)
      assert.isAtLeast(after.versionSeen, before.versionSeen)
      assert.isAtLeast(after.end, before.end)
    },
    options
  )

  it.prop("counts as many lines as it holds, and ends where a line ends", { bytes: logs }, ({ bytes }) => {
    const state = whole(bytes)
    assert.strictEqual(state.count, state.lines.length)
    assert.deepStrictEqual(state.lines.map(indexOf), state.lines.map((_, index) => index))
    assert.strictEqual(state.isOpen, state.end > 0 && bytes[state.end - 1] !== 0x0a)
    assert.isAtMost(state.end, state.size)
    assert.strictEqual(state.size, bytes.length)
    assert.isAtLeast(state.versionSeen, state.version)
  }, options)

  it.prop("says of its counted part what it says of the whole", { bytes: logs }, ({ bytes }) => {
    const state = whole(bytes)
    const counted = whole(bytes.subarray(0, state.end))
    assert.deepStrictEqual([counted.lines, counted.writes, counted.version, counted.end], [
      state.lines,
      state.writes,
      state.version,
      state.end
    ])
  }, options)
})
