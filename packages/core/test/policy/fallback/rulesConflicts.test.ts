/** When two tiers changed a session each for itself, both versions survive: once, under keys that do not depend on crashes. */
import { assert, describe, it } from "@effect/vitest"
import type { SessionKey } from "@holdfast/core"
import { Effect, Fiber, Option } from "effect"
import { newFuse, openChain, testTier } from "./chains.ts"
import {
  append,
  appending,
  bent,
  bodyIn,
  change,
  diverge,
  elsewhere,
  entriesIn,
  fail,
  heal,
  heard,
  heldIn,
  idsIn,
  key,
  makeStop,
  manyWrites,
  openBent,
  put,
  putting,
  remove,
  settle
} from "./deeds.ts"

const cases = [
  { winner: `"mine"`, loser: `"theirs"`, theirs: manyWrites.slice(0, 1) },
  { winner: `"theirs"`, loser: `"mine"`, theirs: manyWrites }
]

const entriesOf = (side: string): ReadonlyArray<string> => side === `"mine"` ? ["1", "mine"] : ["1"]

describe("when both sides changed a session", () => {
  for (const { loser, theirs, winner } of cases) {
    it.effect(`${winner} is current where its version is higher, and the other one has a key of its own`, () =>
      Effect.gen(function*() {
        const tiers = yield* diverge(theirs)
        const { adapter } = yield* openChain(tiers)
        assert.deepStrictEqual(heldIn(tiers[1]), [])
        const [id, forkId] = yield* idsIn(adapter)
        assert.strictEqual(id, "one")
        const fork: SessionKey = { ...key, id: forkId! }
        assert.match(fork.id, /^one-conflict-[0-9a-f]{16}$/)
        assert.deepStrictEqual([yield* bodyIn(adapter), yield* bodyIn(adapter, fork)], [winner, loser])
        assert.deepStrictEqual(
          [yield* entriesIn(adapter), yield* entriesIn(adapter, fork)],
          [entriesOf(winner), entriesOf(loser)]
        )
      }))

    it.effect(`the fork of ${loser} is made once, whichever call of the drain the process dies in`, () =>
      Effect.gen(function*() {
        let isOver = false
        for (let after = 0; !isOver; after++) {
          const tiers = yield* diverge(theirs)
          const fuse = { ...newFuse(), left: after, isLast: after % 2 === 0 ? "made" as const : "notMade" as const }
          // What is left of a process that died is a fiber that waits for an answer for ever.
          yield* Effect.forkDetach(Effect.scoped(openChain(tiers, fuse)))
          yield* settle
          isOver = fuse.left >= 0
          const forks = heldIn(tiers[0]).slice(1)
          const ids = yield* elsewhere(tiers, idsIn)
          const bodies = yield* elsewhere(
            tiers,
            (adapter) => Effect.forEach(ids, (id) => bodyIn(adapter, { ...key, id }))
          )
          assert.deepStrictEqual(bodies, [winner, loser], `after ${after} calls`)
          assert.deepStrictEqual(heldIn(tiers[1]), [])
          if (forks.length > 0) assert.deepStrictEqual(ids.slice(1), forks)
          assert.isBelow(after, 60)
        }
      }))
  }

  it.effect("the event names the key and the fork", () =>
    Effect.gen(function*() {
      const [first, second] = [testTier("first"), testTier("second")]
      const { adapter, control } = yield* openChain([first, second])
      const events = yield* heard(control.events)
      yield* adapter.commit(put(`"base"`))
      fail(first)
      yield* adapter.commit(put(`"mine"`))
      heal(first)
      yield* elsewhere([first], (other) => other.commit(put(`"theirs"`)))
      yield* control.drain
      yield* settle
      const [, forkId] = yield* idsIn(adapter)
      const told = events.flatMap((event) => event._tag === "Conflict" ? [event] : [])
      assert.deepStrictEqual(told, [{ _tag: "Conflict", key, fork: Option.some({ ...key, id: forkId! }) }])
    }))

  it.effect("a removal above and a change below leave the change under a key of its own", () =>
    Effect.gen(function*() {
      const tiers = yield* diverge([remove()])
      const { adapter } = yield* openChain(tiers)
      const [forkId, ...others] = yield* idsIn(adapter)
      assert.deepStrictEqual([others, heldIn(tiers[1]), yield* bodyIn(adapter)], [[], [], undefined])
      assert.strictEqual(yield* bodyIn(adapter, { ...key, id: forkId! }), `"mine"`)
    }))

  it.effect("an id of 128 bytes has a fork of at most 128 bytes that cuts no character", () =>
    Effect.gen(function*() {
      for (const id of ["x".repeat(128), "\u00e9".repeat(64), "\u{1f600}".repeat(32)]) {
        const long = { ...key, id }
        const tiers = yield* diverge([change(putting(`"theirs"`, { key: long }))], long)
        const { adapter } = yield* openChain(tiers)
        const ids = yield* idsIn(adapter)
        const bodies = yield* Effect.forEach(ids, (one) => bodyIn(adapter, { ...key, id: one }))
        assert.sameMembers(bodies, [`"mine"`, `"theirs"`])
        for (const one of ids) assert.isTrue(one.isWellFormed() && new TextEncoder().encode(one).length <= 128)
      }
    }))

  it.effect("the fork comes first, the record goes up by compare-and-set, is read back, and is removed below as it was", () =>
    Effect.gen(function*() {
      const [first, second] = yield* diverge(manyWrites.slice(0, 1))
      const calls: Array<string> = []
      const recording = (tier: typeof first) =>
        bent(tier, (inner) => ({
          ...inner,
          load: (at) => Effect.tap(inner.load(at), () => Effect.sync(() => calls.push(`${tier.name} load`))),
          commit: (one) =>
            Effect.tap(inner.commit(one), () =>
              Effect.sync(() => {
                for (const operation of one.operations) {
                  const kind = typeof operation.expect === "number" ? "version" : operation.expect
                  calls.push(`${tier.name} ${operation._tag} ${kind}`)
                }
              }))
        }))
      yield* openBent(recording(first), recording(second))
      assert.deepStrictEqual(calls, [
        "second load",
        "first load",
        "first Restore absent",
        "first load",
        "first Restore version",
        "first load",
        "second Remove version"
      ])
    }))

  it.effect("a write above between the drain's look and its write is not written over", () =>
    Effect.gen(function*() {
      const [first, second] = [testTier("first"), testTier("second")]
      const stop = yield* makeStop
      const { adapter, control } = yield* openBent(
        bent(first, (inner) => ({ ...inner, load: (at) => Effect.tap(inner.load(at), () => stop.pass) })),
        bent(second, (inner) => inner)
      )
      yield* adapter.commit(put(`"base"`))
      fail(first)
      yield* adapter.commit(put(`"mine"`))
      heal(first)
      yield* stop.arm
      const draining = yield* Effect.forkChild(control.drain)
      yield* stop.reached
      yield* elsewhere([first], (other) => other.commit(put(`"theirs"`)))
      yield* stop.letGo
      yield* Fiber.join(draining)
      const bodies = yield* Effect.forEach(yield* idsIn(adapter), (id) => bodyIn(adapter, { ...key, id }))
      assert.deepStrictEqual(bodies, [`"mine"`, `"theirs"`])
    }))
})

describe("what a lower tier held before", () => {
  it.effect("is shown, and comes up like a new session", () =>
    Effect.gen(function*() {
      const [first, second] = [testTier("first"), testTier("second")]
      yield* elsewhere([second], (other) =>
        Effect.andThen(
          other.commit(change(putting("1", { summary: `{"title":"a"}` }), appending(["1"]))),
          other.commit(append("2"))
        ))
      const before = yield* elsewhere([second], (other) => other.head(key))
      fail(first)
      const { adapter, control } = yield* openChain([first, second])
      assert.deepStrictEqual(yield* adapter.head(key), before)
      assert.deepStrictEqual([yield* idsIn(adapter), yield* bodyIn(adapter)], [["one"], "1"])
      heal(first)
      yield* control.drain
      assert.deepStrictEqual([heldIn(first), heldIn(second)], [["one"], []])
      assert.deepStrictEqual([yield* adapter.head(key), yield* entriesIn(adapter)], [before, ["1", "2"]])
    }))

  it.effect("under a key of the primary survives beside it", () =>
    Effect.gen(function*() {
      const [first, second] = [testTier("first"), testTier("second")]
      yield* elsewhere([first], (other) => other.commit(put("1")))
      yield* elsewhere([second], (other) => other.commit(put("2")))
      const { adapter } = yield* openChain([first, second])
      const bodies = yield* Effect.forEach(yield* idsIn(adapter), (id) => bodyIn(adapter, { ...key, id }))
      assert.sameMembers(bodies, ["1", "2"])
      assert.deepStrictEqual(heldIn(second), [])
    }))
})
