/** What every adapter has to keep, kept by a chain whose tiers hang, time out, forget, or hold what nobody may write over. */
import { assert, describe, it } from "@effect/vitest"
import { Corrupt, DirectoryUnreadable, NewerFormat, type Reason, StorageError } from "@holdfast/core"
import { Effect, Fiber, Option, Result, Stream } from "effect"
import { TestClock } from "effect/testing"
import { withTimeout } from "../../../src/policy/withTimeout.ts"
import { withClock } from "../../../src/testing/clocks.ts"
import { openChain, testTier } from "./chains.ts"
import {
  type Adapter,
  append,
  appending,
  bent,
  bodyIn,
  change,
  elsewhere,
  entriesIn,
  fail,
  heal,
  heldIn,
  idsIn,
  key,
  keyOf,
  makeStop,
  openBent,
  put,
  putting,
  remove
} from "./deeds.ts"

const pair = () => [testTier("first"), testTier("second")] as const

const same = (adapter: Adapter): Adapter => adapter

const failed = <A>(result: Result.Result<A, StorageError>) => Option.getOrThrow(Result.getFailure(result))

const limit = withTimeout({ write: "100 millis", read: "100 millis" })

describe("a primary that hangs", () => {
  it.effect("and carries a write out late brings no old bytes back", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const stop = yield* makeStop
      const { adapter, control } = yield* openBent(
        bent(first, (inner) => limit({ ...inner, commit: (one) => Effect.andThen(stop.pass, inner.commit(one)) })),
        bent(second, same)
      )
      yield* adapter.commit(change(putting("0"), appending(["0"])))
      yield* stop.arm
      const hanging = yield* Effect.forkChild(adapter.commit(change(putting("1"), appending(["1"]))))
      yield* stop.reached
      yield* TestClock.adjust("100 millis")
      const hung = yield* Fiber.join(hanging)
      assert.strictEqual(Option.getOrThrow(hung.degraded).because.outcome, "unknown")
      const later = yield* adapter.commit(change(putting("2"), appending(["2"])))
      assert.strictEqual(Option.getOrThrow(later.degraded).because.reason._tag, "Busy")
      assert.deepStrictEqual(yield* control.drain, { drainedCount: 0, displacedCount: 1 })
      yield* stop.letGo
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual([yield* bodyIn(adapter), yield* entriesIn(adapter)], ["2", ["0", "1", "2"]])
      yield* control.drain
      assert.deepStrictEqual([heldIn(second), yield* idsIn(adapter)], [[], ["one"]])
      assert.deepStrictEqual([yield* bodyIn(adapter), yield* entriesIn(adapter)], ["2", ["0", "1", "2"]])
    }))

  it.effect("and carries a removal out late leaves the session that was made again", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const stop = yield* makeStop
      const { adapter, control } = yield* openBent(
        bent(first, (inner) => limit({ ...inner, commit: (one) => Effect.andThen(stop.pass, inner.commit(one)) })),
        bent(second, same)
      )
      yield* adapter.commit(change(putting("0"), appending(["0"])))
      yield* stop.arm
      const hanging = yield* Effect.forkChild(adapter.commit(remove()))
      yield* stop.reached
      yield* TestClock.adjust("100 millis")
      yield* Fiber.join(hanging)
      yield* adapter.commit(put("1"))
      yield* stop.letGo
      yield* TestClock.adjust("1 second")
      yield* control.drain
      assert.deepStrictEqual([yield* bodyIn(adapter), yield* entriesIn(adapter), heldIn(second)], ["1", [], []])
      assert.deepStrictEqual(yield* idsIn(adapter), ["one"])
    }))
})

describe("a write that was applied, and whose answer was lost", () => {
  it.effect("is recognised when it is sent again with its precondition, wherever it landed", () =>
    Effect.gen(function*() {
      const tiers = pair()
      const { adapter, control } = yield* openChain(tiers)
      const { keys: [made] } = yield* adapter.commit(put("1"))
      fail(tiers[0])
      tiers[1].trouble.writes = "lost"
      const saved = change(putting("2", { expect: made!.version }), appending(["2"]))
      assert.strictEqual(failed(yield* Effect.result(adapter.commit(saved))).outcome, "unknown")
      heal(...tiers)
      const again = yield* adapter.commit({ ...saved, attempt: 2 })
      yield* control.drain
      const third = yield* adapter.commit({ ...saved, attempt: 3 })
      assert.strictEqual(third.keys[0]?.version, again.keys[0]?.version)
      assert.deepStrictEqual([yield* bodyIn(adapter), yield* entriesIn(adapter)], ["2", ["2"]])
      const stale = change(putting("3", { expect: made!.version }))
      assert.strictEqual(failed(yield* Effect.result(adapter.commit(stale))).reason._tag, "Conflict")
    }))
})

describe("a former life of an id", () => {
  it.effect("has no part in the next one, in whichever tier each of them was", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const { adapter, control } = yield* openChain([first, second])
      fail(first)
      const old = yield* adapter.commit(change(putting("1"), appending(["1"])))
      const added = append("late")
      heal(first)
      yield* control.drain
      yield* adapter.commit(remove())
      fail(first)
      const made = yield* adapter.commit(change(putting("2", { expect: "absent" })))
      assert.isAbove(made.keys[0]!.version, old.keys[0]!.version)
      const stale = change(putting("3", { expect: old.keys[0]!.version }))
      assert.strictEqual(failed(yield* Effect.result(adapter.commit(stale))).reason._tag, "Conflict")
      yield* adapter.commit(added)
      heal(first)
      yield* control.drain
      assert.deepStrictEqual([yield* bodyIn(adapter), yield* entriesIn(adapter), heldIn(second)], ["2", ["late"], []])
    }))

  it.effect("has lower versions than the next one, although the clock goes back", () =>
    withClock(
      "goingBack",
      Effect.gen(function*() {
        const [first, second] = pair()
        const { adapter } = yield* openChain([first, second])
        let highest = 0
        for (let life = 0; life < 4; life++) {
          if (life % 2 === 0) fail(first)
          else heal(first)
          for (const write of [put("1"), append("1"), remove()]) {
            const { keys: [row] } = yield* adapter.commit(write)
            assert.isAbove(row!.version, highest)
            highest = row!.version
          }
        }
      })
    ))
})

/** A primary that cannot read one session. */
const unreadable = (tier: ReturnType<typeof testTier>, reason: Reason) =>
  bent(tier, (inner) => {
    const error = new StorageError({ adapter: tier.name, operation: "load", key, reason })
    const bad = <A>(id: string, call: Effect.Effect<A, StorageError>) => id === key.id ? Effect.fail(error) : call
    return {
      ...inner,
      head: (at) => bad(at.id, inner.head(at)),
      load: (at) => bad(at.id, inner.load(at)),
      commit: (one) => bad(one.operations[0]!.key.id, inner.commit(one))
    }
  })

describe("a record that must not be written over", () => {
  it.effect("is not saved over where it has a newer format: nothing goes below in its place", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      const reason = new NewerFormat({ outcome: "notApplied", at: "one", format: 2, known: 1 })
      const { adapter } = yield* openBent(unreadable(first, reason), bent(second, same))
      assert.strictEqual(failed(yield* Effect.result(adapter.commit(put("1")))).reason._tag, "NewerFormat")
      assert.deepStrictEqual(heldIn(second), [])
    }))

  it.effect("is kept where it is damaged: a save stays below until it can be read", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      yield* elsewhere([first], (other) => other.commit(change(putting("1"), appending(["1"]))))
      const reason = new Corrupt({ outcome: "notApplied", at: "one", problem: "is damaged" })
      yield* Effect.scoped(Effect.gen(function*() {
        const { adapter, control } = yield* openBent(unreadable(first, reason), bent(second, same))
        yield* adapter.commit(put("2"))
        yield* control.drain
        assert.deepStrictEqual([heldIn(second), yield* bodyIn(adapter)], [["one"], "2"])
      }))
      const { adapter } = yield* openChain([first, second])
      assert.deepStrictEqual([yield* bodyIn(adapter), yield* entriesIn(adapter), heldIn(second)], ["2", ["1"], []])
    }))
})

describe("a primary whose folder vanished", () => {
  it.effect("is not an empty store", () =>
    Effect.gen(function*() {
      const [first, second] = pair()
      let isGone = false
      const reason = new DirectoryUnreadable({ outcome: "notApplied", path: "first", code: "ENOENT" })
      const error = new StorageError({ adapter: "first", operation: "list", reason })
      const gone = <A>(call: Effect.Effect<A, StorageError>) => Effect.suspend(() => isGone ? Effect.fail(error) : call)
      const { adapter, control } = yield* openBent(
        bent(first, (inner) => ({
          ...inner,
          head: (at) => gone(inner.head(at)),
          load: (at) => gone(inner.load(at)),
          list: (query) => Stream.unwrap(gone(Effect.succeed(inner.list(query)))),
          commit: (one) => gone(inner.commit(one))
        })),
        bent(second, same)
      )
      yield* adapter.commit(put("1"))
      isGone = true
      assert.strictEqual(failed(yield* Effect.result(idsIn(adapter))).reason._tag, "DirectoryUnreadable")
      yield* adapter.commit(change(putting("2", { key: keyOf("two"), expect: "absent", isFreshId: true })))
      assert.deepStrictEqual(yield* idsIn(adapter), ["unreadable", "two"])
      isGone = false
      yield* control.drain
      assert.deepStrictEqual(yield* idsIn(adapter), ["one", "two"])
    }))
})
