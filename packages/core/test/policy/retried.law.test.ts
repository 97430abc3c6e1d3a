/** Writes whose answers get lost, and which land late or twice, come out as if every one had been sent once. */
import { assert, describe, it } from "@effect/vitest"
import { type StorageChange, Version } from "@holdfast/core"
import { Arbitrary, Effect, Latch, Schema } from "effect"
import { TestClock } from "effect/testing"
import { retried } from "../../src/policy/Policy.ts"
import { reasonSamples } from "../errors/reasonSamples.ts"
import {
  append,
  applyLate,
  bodyIn,
  type Deed,
  entriesIn,
  inTime,
  loseAnswer,
  makeScripted,
  put,
  refuse
} from "./scripted.ts"

const { Busy: busy, OutcomeUnknown: unknown } = reasonSamples

const attemptsMax = 4

/** A write, what its first attempts meet, and whether what is late lands after it. */
const Write = Schema.Struct({
  what: Schema.Literals(["put", "append"]),
  expect: Schema.Literals(["any", "version"]),
  meets: Schema.Array(Schema.Literals(["busy", "unknown", "lost", "late"])).pipe(
    Schema.check(Schema.isMaxLength(attemptsMax - 1))
  ),
  landing: Schema.Literals(["wait", "land"])
})

type Write = typeof Write.Type

// No more than a record remembers write ids.
const writes = Arbitrary.array(Arbitrary.schema(Write), { maxLength: 14 })

const changeOf = (index: number, { expect, what }: Write, version: Version): StorageChange => {
  const expected = expect === "any" ? "any" : version
  return what === "put"
    ? put(`w${index}`, `${index}`, expected)
    : append(`w${index}`, [`${index}`, `${index}.5`], expected)
}

const deedOf = (met: Write["meets"][number], latch: Latch.Latch): Deed => {
  switch (met) {
    case "busy":
      return refuse(busy)
    case "unknown":
      return refuse(unknown)
    case "lost":
      return loseAnswer
    case "late":
      return applyLate(latch)
  }
}

describe("a retry", () => {
  it.effect.prop(
    "doubles no entry, reverts no save and invents no conflict, whatever its attempts met",
    { writes },
    ({ writes }) =>
      Effect.gen(function*() {
        const { adapter, memory, next } = yield* makeScripted()
        const policy = retried({ attemptsMax, timeMax: "10 minutes" })(adapter)
        let version = (yield* policy.commit(put("first", "first"))).keys[0]!.version
        let [body, latch] = ["first", yield* Latch.make(false)]
        const entries: Array<string> = []
        for (const [index, write] of writes.entries()) {
          next(...write.meets.map((met) => deedOf(met, latch)))
          const receipt = yield* inTime(policy.commit(changeOf(index, write, version)))
          assert.strictEqual(receipt.attempts, write.meets.length + 1)
          assert.strictEqual(receipt.keys[0]!.version, version + 1)
          version = Version(version + 1)
          if (write.what === "put") body = `${index}`
          else entries.push(`${index}`, `${index}.5`)
          if (write.landing === "wait") continue
          yield* latch.open
          yield* TestClock.adjust("1 millis")
          latch = yield* Latch.make(false)
        }
        yield* latch.open
        yield* TestClock.adjust("1 millis")
        assert.strictEqual(yield* bodyIn(memory), body)
        assert.deepStrictEqual(yield* entriesIn(memory), entries)
      }),
    { arbitrary: { runs: 200, size: 1000 } }
  )
})
