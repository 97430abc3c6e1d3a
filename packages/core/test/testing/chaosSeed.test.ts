/** Chaos by seed: the same seed draws the same, as probable as was asked, and a log can be played again. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Chaos from "../../src/testing/chaos/Chaos.ts"
import { append, put } from "../../src/testing/operations.ts"
import { change, entriesOf, key, linesOf, openChaos, other } from "./chaosMemory.ts"

const chances: Chaos.Chances = {
  latency: 0.1,
  failure: 0.2,
  lostAnswer: 0.1,
  lateApplication: 0.2,
  partialListing: 0.3,
  torn: 0.3
}

const late = { others: "overtake" } as const

/** Makes a call and gives it time to come to its end. */
const ended = (call: Effect.Effect<unknown, unknown>) =>
  Effect.andThen(Effect.forkChild(Effect.exit(call), { startImmediately: true }), TestClock.adjust("1 seconds"))

/** Some work with every operation, whose answers do not matter. */
const work = Effect.fnUntraced(function*(options: Chaos.Options, rounds = 15) {
  const { adapter, control, memory } = yield* openChaos(options)
  for (let round = 0; round < rounds; round++) {
    yield* ended(adapter.commit(change(`a${round}`, put(key, round), append(key, [round]))))
    yield* ended(adapter.commit(change(`b${round}`, put(other, round))))
    yield* ended(adapter.load(key))
    yield* ended(entriesOf(adapter))
    yield* ended(Stream.runCollect(adapter.list({ namespace: [], order: "id" })))
    if (round % 5 === 4) yield* control.settle
  }
  return { lines: yield* linesOf(control), events: yield* control.log, stored: yield* entriesOf(memory) }
})

describe("a seed", () => {
  it.effect("draws the same mishaps for the same calls, and another seed draws others", () =>
    Effect.gen(function*() {
      const first = yield* work({ seed: { seed: "one", chances, late } })
      const again = yield* work({ seed: { seed: "one", chances, late } })
      const another = yield* work({ seed: { seed: "two", chances, late } })
      assert.isAbove(first.lines.length, 20)
      assert.deepStrictEqual(again.lines, first.lines)
      assert.deepStrictEqual(again.stored, first.stored)
      assert.notDeepEqual(another.lines, first.lines)
    }))

  it.effect("draws for each call by its number alone, whatever runs beside it", () =>
    Effect.gen(function*() {
      const seed = { seed: "apart", chances: { failure: 0.5 } }
      const commitsOf = Effect.fnUntraced(function*(readCount: number) {
        const { adapter, control } = yield* openChaos({ seed })
        for (let index = 0; index < 20; index++) {
          yield* Effect.replicateEffect(Effect.exit(adapter.load(key)), readCount)
          yield* Effect.exit(adapter.commit(change(`w${index}`, put(key, index))))
        }
        return (yield* linesOf(control)).filter((line) => line.startsWith("commit"))
      })
      const alone = yield* commitsOf(0)
      assert.isAbove(alone.length, 4)
      assert.deepStrictEqual(yield* commitsOf(3), alone)
    }))

  it.effect("strikes about as often as it was asked to, never at 0 and always at 1", () =>
    Effect.gen(function*() {
      const strikes = Effect.fnUntraced(function*(failure: number) {
        const { adapter, control } = yield* openChaos({ seed: { seed: 7, chances: { failure } } })
        yield* Effect.replicateEffect(Effect.exit(adapter.load(key)), 400)
        return (yield* control.log).length
      })
      assert.strictEqual(yield* strikes(0), 0)
      assert.strictEqual(yield* strikes(1), 400)
      const some = yield* strikes(0.25)
      assert.isAbove(some, 60)
      assert.isBelow(some, 140)
    }))

  it.effect("leaves calls to the script that a rule strikes", () =>
    Effect.gen(function*() {
      const { adapter, control } = yield* openChaos({
        rules: [{ operation: "commit", nth: 2, mishap: Chaos.loseAnswer }],
        seed: { seed: 1, chances: { failure: 1 } }
      })
      for (const writeId of ["a", "b", "c"]) yield* Effect.exit(adapter.commit(change(writeId, put(key, 1))))
      assert.deepStrictEqual(
        (yield* linesOf(control)).map((line) => line.replace(/with \w+/, "with a reason")),
        [
          `commit 1 "a/x": fails with a reason (seed)`,
          `commit 2 "a/x": loses its answer (script)`,
          `commit 3 "a/x": fails with a reason (seed)`
        ]
      )
    }))
})

describe("a log", () => {
  it.effect("is a script that does the same again", () =>
    Effect.gen(function*() {
      const drawn = yield* work({ seed: { seed: "again", chances, late } })
      const replayed = yield* work({ rules: Chaos.replay(drawn.events) })
      assert.deepStrictEqual(
        replayed.lines,
        drawn.lines.map((line) => line.replace("(seed)", "(script)"))
      )
      assert.deepStrictEqual(replayed.stored, drawn.stored)
    }))
})
