import { assert, describe, it } from "@effect/vitest"
import { nextVersion } from "@holdfast/core"
import { Schema } from "effect"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

// A tenth of the safe integers holds the microseconds of the next three centuries.
const versionMax = Number.MAX_SAFE_INTEGER / 2
const bounds = Schema.Struct({
  current: Schema.Union([Schema.Literal(0), between(1, versionMax)]),
  removed: Schema.Union([Schema.Literal(0), between(1, versionMax)]),
  floor: Schema.Union([Schema.Literal(0), between(1, versionMax)]),
  now: between(0, 4e12)
})

describe("nextVersion", () => {
  it.prop("is above everything that the key had, and a safe integer", { bounds }, ({ bounds }) => {
    const next = nextVersion(bounds)
    assert.isAbove(next, bounds.current)
    assert.isAbove(next, bounds.floor)
    if (bounds.current === 0) assert.isAbove(next, bounds.removed)
    assert.isTrue(Number.isSafeInteger(next))
  }, { arbitrary: { runs: 1000, size: 1000 } })

  it.prop(
    "never reads the clock of a key that has a record",
    { bounds, later: between(0, 4e12) },
    ({ bounds, later }) => {
      if (bounds.current > 0) assert.strictEqual(nextVersion({ ...bounds, now: later }), nextVersion(bounds))
    },
    { arbitrary: { runs: 1000, size: 1000 } }
  )

  it("counts a live record by one", () => {
    assert.strictEqual(nextVersion({ current: 7, removed: 0, floor: 0, now: 1_000 }), 8)
    assert.strictEqual(nextVersion({ current: 7, removed: 0, floor: 20, now: 1_000 }), 21)
  })

  it("starts a key at the clock in microseconds, or above its removal or the floor where they are higher", () => {
    assert.strictEqual(nextVersion({ current: 0, removed: 0, floor: 0, now: 1_000 }), 1_000_001)
    assert.strictEqual(nextVersion({ current: 0, removed: 2_000_000, floor: 0, now: 1_000 }), 2_000_001)
    assert.strictEqual(nextVersion({ current: 0, removed: 0, floor: 3_000_000, now: 1_000 }), 3_000_001)
  })

  it("takes a clock with fractions of a millisecond", () => {
    assert.strictEqual(nextVersion({ current: 0, removed: 0, floor: 0, now: 1.0005 }), 1001)
  })
})
