/** Changes that are applied late: when they land, who waits for them, and what they land on. */
import { assert, describe, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { Effect, Exit, Fiber, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as Chaos from "../../src/testing/chaos/Chaos.ts"
import { append, put } from "../../src/testing/operations.ts"
import { bodyOf, change, entriesOf, failureOf, key, linesOf, openChaos, other } from "./chaosMemory.ts"

const now = { startImmediately: true } as const

/** The second change of the store is late. */
const late = (how?: Parameters<typeof Chaos.applyLate>[0]): Chaos.Options => ({
  rules: [{ operation: "commit", nth: 2, mishap: Chaos.applyLate(how) }]
})

const open = Effect.fnUntraced(function*(how?: Parameters<typeof Chaos.applyLate>[0]) {
  const opened = yield* openChaos(late(how))
  yield* opened.adapter.commit(change("w1", put(key, 1)))
  return opened
})

describe("a late change", () => {
  it.effect("is applied when the test settles, after its caller was left in the dark", () =>
    Effect.gen(function*() {
      const { adapter, control } = yield* open()
      assert.strictEqual(yield* failureOf(adapter.commit(change("w2", put(key, 2)))), "OutcomeUnknown: unknown")
      assert.strictEqual(yield* bodyOf(adapter), "1")
      assert.strictEqual(yield* control.late, 1)
      yield* control.settle
      assert.strictEqual(yield* bodyOf(adapter), "2")
      assert.strictEqual(yield* control.late, 0)
      yield* control.settle
      assert.deepStrictEqual(yield* linesOf(control), [
        `commit 2 "a/x": is applied later (script)`,
        `commit 2 "a/x": lands late, applied`
      ])
    }))

  it.effect("lands by itself after its time", () =>
    Effect.gen(function*() {
      const { adapter } = yield* open({ after: "3 seconds" })
      assert.strictEqual(yield* failureOf(adapter.commit(change("w2", put(key, 2)))), "OutcomeUnknown: unknown")
      yield* TestClock.adjust("2999 millis")
      assert.strictEqual(yield* bodyOf(adapter), "1")
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* bodyOf(adapter), "2")
    }))

  it.effect("answers whoever still waits for it, and lands though nobody does", () =>
    Effect.gen(function*() {
      const { adapter, control } = yield* openChaos({
        rules: [{ operation: "commit", mishap: Chaos.applyLate({ answer: "late" }) }]
      })
      const patient = yield* Effect.forkChild(adapter.commit(change("w1", put(key, 1))), now)
      const hasty = yield* Effect.forkChild(
        Effect.timeoutOption(adapter.commit(change("w2", put(other, 2))), "1 seconds"),
        now
      )
      yield* TestClock.adjust("1 seconds")
      assert.isTrue(Exit.isSuccess(yield* Fiber.await(hasty)))
      assert.isUndefined(patient.pollUnsafe())
      assert.strictEqual(yield* bodyOf(adapter, other), undefined)
      yield* control.settle
      assert.strictEqual((yield* Fiber.join(patient)).keys[0]?.entryCount, 0)
      assert.deepStrictEqual([yield* bodyOf(adapter), yield* bodyOf(adapter, other)], ["1", "2"])
    }))

  it.effect("holds what its caller committed, though the caller changed the lists since", () =>
    Effect.gen(function*() {
      const { adapter, control } = yield* open()
      const entries = [`"a"`]
      yield* failureOf(adapter.commit(change("w2", { ...append(key, []), entries })))
      entries.push(`"b"`)
      yield* control.settle
      assert.deepStrictEqual(yield* entriesOf(adapter), [`"a"`])
    }))

  it.effect("is dropped when its instance is closed: those who wait are told that nobody knows", () =>
    Effect.gen(function*() {
      const memory = yield* MemoryAdapter.make()
      const scope = yield* Scope.make()
      const { adapter, control } = yield* Scope.provide(
        Chaos.make(memory, {
          rules: [{ operation: "commit", times: 1, mishap: Chaos.applyLate({ answer: "late", after: "1 seconds" }) }]
        }),
        scope
      )
      const waiting = yield* Effect.forkChild(failureOf(adapter.commit(change("w", put(key, 1)))), now)
      const behind = yield* Effect.forkChild(adapter.commit(change("v", put(key, 2))), now)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(yield* Fiber.join(waiting), "OutcomeUnknown: unknown")
      yield* Fiber.join(behind)
      yield* TestClock.adjust("1 seconds")
      yield* control.settle
      assert.strictEqual(yield* bodyOf(memory), "2")
      assert.include(yield* linesOf(control), `commit 1 "a/x": lands late, never: its adapter was closed`)
    }))
})

describe("a late change that keeps its key", () => {
  it.effect("makes later writes of the key wait, and no others", () =>
    Effect.gen(function*() {
      const { adapter, control } = yield* open({ others: "wait" })
      yield* failureOf(adapter.commit(change("w2", put(key, 2), append(key, ["late"]))))
      const waiting = yield* Effect.forkChild(adapter.commit(change("w3", put(key, 3), append(key, ["after"]))), now)
      yield* adapter.commit(change("w4", put(other, 4)))
      assert.isUndefined(waiting.pollUnsafe())
      assert.strictEqual(yield* bodyOf(adapter), "1")
      yield* control.settle
      yield* Fiber.join(waiting)
      assert.strictEqual(yield* bodyOf(adapter), "3")
      assert.deepStrictEqual(yield* entriesOf(adapter), [`"late"`, `"after"`])
    }))

  it.effect("answers its own write id as it was, when that is sent again and waits behind it", () =>
    Effect.gen(function*() {
      const { adapter, control } = yield* open({ others: "wait" })
      const appended = change("w2", append(key, ["once"]))
      yield* failureOf(adapter.commit(appended))
      const again = yield* Effect.forkChild(adapter.commit({ ...appended, attempt: 2 }), now)
      yield* control.settle
      assert.strictEqual((yield* Fiber.join(again)).keys[0]?.entryCount, 1)
      assert.deepStrictEqual(yield* entriesOf(adapter), [`"once"`])
    }))

  it.effect("lands before late changes that came after it, also when those are due before", () =>
    Effect.gen(function*() {
      const { adapter, control } = yield* openChaos({
        rules: [
          { operation: "commit", nth: 2, mishap: Chaos.applyLate({ after: "2 seconds" }) },
          { operation: "commit", nth: 3, mishap: Chaos.applyLate({ after: "1 seconds" }) }
        ]
      })
      yield* adapter.commit(change("w1", put(key, 1)))
      yield* failureOf(adapter.commit(change("w2", append(key, ["first"]))))
      yield* failureOf(adapter.commit(change("w3", append(key, ["second"]))))
      yield* TestClock.adjust("1 seconds")
      assert.deepStrictEqual(yield* entriesOf(adapter), [])
      yield* TestClock.adjust("1 seconds")
      assert.deepStrictEqual(yield* entriesOf(adapter), [`"first"`, `"second"`])
      assert.strictEqual(yield* control.late, 0)
    }))

  it.effect("makes later writes of the key fail as busy, where it was asked to", () =>
    Effect.gen(function*() {
      const { adapter, control } = yield* open({ others: "fail" })
      yield* failureOf(adapter.commit(change("w2", put(key, 2))))
      const both = change("w3", put(other, 3), put(key, 3))
      assert.strictEqual(yield* failureOf(adapter.commit(both)), "Busy: notApplied")
      assert.strictEqual(yield* bodyOf(adapter, other), undefined)
      yield* control.settle
      assert.strictEqual(yield* bodyOf(adapter), "2")
      yield* adapter.commit(both)
      assert.strictEqual(yield* bodyOf(adapter), "3")
    }))
})

describe("a late change that is overtaken", () => {
  it.effect("lands on top of later ones, where it has no precondition", () =>
    Effect.gen(function*() {
      const { adapter, control } = yield* open({ others: "overtake" })
      yield* failureOf(adapter.commit(change("w2", put(key, 2))))
      yield* adapter.commit(change("w3", put(key, 3)))
      assert.strictEqual(yield* bodyOf(adapter), "3")
      yield* control.settle
      assert.strictEqual(yield* bodyOf(adapter), "2")
    }))

  it.effect("is refused where it expects the version that was there", () =>
    Effect.gen(function*() {
      const { adapter, control } = yield* openChaos(late({ others: "overtake" }))
      const { keys } = yield* adapter.commit(change("w1", put(key, 1)))
      const expect = keys[0]!.version
      yield* failureOf(adapter.commit(change("w2", put(key, 2, { expect }))))
      yield* adapter.commit(change("w3", put(key, 3, { expect })))
      yield* control.settle
      assert.strictEqual(yield* bodyOf(adapter), "3")
      assert.include(yield* linesOf(control), `commit 2 "a/x": lands late, refused with Conflict`)
    }))

  it.effect("changes nothing where its write id was sent again and applied meanwhile", () =>
    Effect.gen(function*() {
      const { adapter, control } = yield* open({ others: "overtake" })
      const appended = change("w2", put(key, 2), append(key, ["once"]))
      yield* failureOf(adapter.commit(appended))
      yield* adapter.commit({ ...appended, attempt: 2 })
      yield* adapter.commit(change("w3", put(key, 3)))
      yield* control.settle
      assert.strictEqual(yield* bodyOf(adapter), "3")
      assert.deepStrictEqual(yield* entriesOf(adapter), [`"once"`])
    }))
})
