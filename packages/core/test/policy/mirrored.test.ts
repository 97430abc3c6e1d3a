import { assert, describe, it } from "@effect/vitest"
import type { StorageChange } from "@holdfast/core"
import { Effect, Fiber, Latch, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import type { Adapter } from "../../src/policy/policies.ts"
import { mirrored } from "../../src/policy/Policy.ts"
import { reasonSamples } from "../errors/reasonSamples.ts"
import {
  append,
  bodyIn,
  type Deed,
  entriesIn,
  hang,
  healthOf,
  key,
  makeScripted,
  otherKey,
  put,
  putOther,
  refuse,
  remove
} from "./scripted.ts"

const { NoSpace: noSpace } = reasonSamples

/** A primary and a mirror, whose commits go by the script. */
const makePair = Effect.fnUntraced(function*(...script: ReadonlyArray<Deed>) {
  const primary = yield* makeScripted()
  const mirror = yield* makeScripted(...script)
  return { primary, mirror, policy: mirrored({ adapter: mirror.adapter })(primary.adapter) }
})

const settle = TestClock.adjust("1 millis")

/** What an adapter holds of the key, but for the time of its last write. */
const heldBy = (adapter: Adapter) =>
  Effect.all({
    head: Effect.map(adapter.head(key), Option.map(({ updatedAt: _, ...head }) => head)),
    body: bodyIn(adapter),
    entries: entriesIn(adapter)
  })

const assertSame = Effect.fnUntraced(function*(first: Adapter, second: Adapter) {
  assert.deepStrictEqual(yield* heldBy(second), yield* heldBy(first))
})

const tagsOf = (changes: ReadonlyArray<StorageChange>) =>
  changes.flatMap(({ operations }) => operations.map(({ _tag }) => _tag))

describe("a mirror", () => {
  it.effect("holds the primary's records at the primary's versions", () =>
    Effect.gen(function*() {
      const { mirror, policy, primary } = yield* makePair()
      const changes = [put("w1", "1"), append("w2", ["1", "2"]), put("w3", "3"), append("w4", ["4"])]
      for (const change of changes) {
        yield* TestClock.adjust("5 millis")
        yield* policy.commit(change)
        yield* assertSame(primary.memory, mirror.memory)
      }
      yield* policy.commit(remove("w5"))
      assert.isTrue(Option.isNone(yield* mirror.memory.head(key)))
      yield* policy.commit(put("w6", "second life"))
      yield* assertSame(primary.memory, mirror.memory)
    }))

  it.effect("gets a change under its write id where it has the version below, else the record as it is", () =>
    Effect.gen(function*() {
      const { mirror, policy } = yield* makePair()
      yield* policy.commit(put("w1", "1"))
      mirror.sent.length = 0
      yield* policy.commit(put("w2", "2"))
      assert.deepStrictEqual(mirror.sent.map(({ writeId }) => writeId), ["w2"])
      assert.deepStrictEqual(tagsOf(mirror.sent), ["Put"])
    }))

  it.effect("that lacks what was written before it was there gets it with the next write", () =>
    Effect.gen(function*() {
      const { mirror, policy, primary } = yield* makePair()
      yield* primary.memory.commit(put("w1", "1"))
      yield* primary.memory.commit(append("w2", ["1", "2"]))
      yield* policy.commit(append("w3", ["3"]))
      yield* assertSame(primary.memory, mirror.memory)
      assert.strictEqual(tagsOf(mirror.sent).at(-1), "Restore")
    }))

  it.effect("gets a record as it was at one version, although entries are added while it is brought over", () =>
    Effect.gen(function*() {
      const [primary, mirror] = [yield* makeScripted(), yield* makeScripted()]
      yield* primary.memory.commit(put("w1", "1"))
      const growing: Adapter = {
        ...primary.memory,
        load: (of) => Effect.tap(primary.memory.load(of), primary.memory.commit(append("more", ["2"])))
      }
      const policy = mirrored({ adapter: mirror.adapter })(growing)
      yield* policy.commit(append("w2", ["1"]))
      assert.deepStrictEqual(yield* entriesIn(mirror.memory), ["1"])
      assert.strictEqual((yield* healthOf(policy)).state, "healthy")
    }))

  it.effect("keeps a session that was created again before it heard of the removal", () =>
    Effect.gen(function*() {
      const { mirror, policy, primary } = yield* makePair()
      yield* policy.commit(put("w1", "1"))
      const slower = mirrored({ adapter: mirror.adapter })({
        ...primary.memory,
        commit: (change) => Effect.tap(primary.memory.commit(change), policy.commit(put("w3", "second life")))
      })
      yield* slower.commit(remove("w2"))
      yield* assertSame(primary.memory, mirror.memory)
      assert.strictEqual(yield* bodyIn(mirror.memory), "second life")
    }))

  it.effect("gets restores too", () =>
    Effect.gen(function*() {
      const [source, { mirror, policy, primary }] = [yield* makeScripted(), yield* makePair()]
      yield* source.memory.commit(put("w1", "1"))
      yield* source.memory.commit(append("w2", ["1"]))
      const record = Option.getOrThrow(yield* source.memory.load(key))
      const entries = Stream.filter(source.memory.entries(key, {}), (row) => row._tag === "StoredEntry")
      const operation = { _tag: "Restore", key, expect: "any", record, entries } as const
      yield* policy.commit({ writeId: "w3", operations: [operation] })
      yield* assertSame(source.memory, primary.memory)
      yield* assertSame(primary.memory, mirror.memory)
    }))

  it.effect("follows each key of a change of several", () =>
    Effect.gen(function*() {
      const { mirror, policy } = yield* makePair()
      const [one, two] = [put("w", "1"), putOther("w", "2")]
      yield* policy.commit({ writeId: "w", operations: [...one.operations, ...two.operations] })
      assert.deepStrictEqual([yield* bodyIn(mirror.memory), yield* bodyIn(mirror.memory, otherKey)], ["1", "2"])
    }))

  it.effect("is not asked when the primary refuses", () =>
    Effect.gen(function*() {
      const { mirror, policy, primary } = yield* makePair()
      primary.next(refuse(noSpace))
      assert.strictEqual((yield* Effect.flip(policy.commit(put("w", "1")))).reason, noSpace)
      assert.deepStrictEqual(mirror.sent, [])
    }))

  it.effect("ends up with what the primary holds, however writes of one key cross", () =>
    Effect.gen(function*() {
      const { mirror, policy, primary } = yield* makePair()
      const changes = Array.from({ length: 20 }, (_, n) => [
        put(`p${n}`, `${n}`),
        n % 7 === 3 ? remove(`r${n}`) : put(`q${n}`, `${n}`)
      ]).flat()
      yield* Effect.forEach(changes, policy.commit, { concurrency: "unbounded", discard: true })
      yield* policy.commit(put("last", "last"))
      yield* assertSame(primary.memory, mirror.memory)
      assert.strictEqual((yield* healthOf(policy)).state, "healthy")
    }))
})

describe("a mirror that fails", () => {
  it.effect("fails no write, and shows in the health", () =>
    Effect.gen(function*() {
      const { policy } = yield* makePair(refuse(noSpace))
      yield* policy.commit(put("w", "1"))
      const health = yield* healthOf(policy)
      assert.strictEqual(health.state, "degraded")
      assert.deepStrictEqual(health.tiers.map(({ name, state }) => [name, state]), [
        ["memory", "healthy"],
        ["mirror", "failing"]
      ])
      assert.strictEqual(Option.getOrThrow(health.tiers[1]!.lastError).reason, noSpace)
    }))

  it.effect("is brought up by the next write of the key, and the health with it", () =>
    Effect.gen(function*() {
      const { mirror, policy, primary } = yield* makePair()
      yield* policy.commit(put("w1", "1"))
      mirror.next(refuse(noSpace))
      yield* policy.commit(append("w2", ["1"]))
      assert.strictEqual((yield* healthOf(policy)).state, "degraded")
      yield* policy.commit(append("w3", ["2"]))
      yield* assertSame(primary.memory, mirror.memory)
      assert.strictEqual((yield* healthOf(policy)).state, "healthy")
    }))

  it.effect("stays degraded until every key that it missed was brought over", () =>
    Effect.gen(function*() {
      const { mirror, policy } = yield* makePair()
      mirror.next(refuse(noSpace), refuse(noSpace))
      yield* policy.commit(put("w1", "1"))
      yield* policy.commit(putOther("w2", "2"))
      yield* policy.commit(put("w3", "3"))
      assert.strictEqual((yield* healthOf(policy)).state, "degraded")
      yield* policy.commit(putOther("w4", "4"))
      assert.strictEqual((yield* healthOf(policy)).state, "healthy")
    }))

  it.effect("with a defect is as behind as with an error", () =>
    Effect.gen(function*() {
      const { adapter } = yield* makeScripted()
      const policy = mirrored({ adapter: { ...adapter, commit: () => Effect.die(new Error("bug")) }, name: "copy" })(
        adapter
      )
      yield* policy.commit(put("w", "1"))
      const tier = (yield* healthOf(policy)).tiers[1]!
      assert.deepStrictEqual([tier.name, tier.state], ["copy", "failing"])
    }))

  it.effect("and misses a removal gets it with the next write, and no entry of the former life", () =>
    Effect.gen(function*() {
      const { mirror, policy, primary } = yield* makePair()
      yield* policy.commit(put("w1", "1"))
      yield* policy.commit(append("w2", ["old"]))
      mirror.next(refuse(noSpace))
      yield* policy.commit(remove("w3"))
      assert.isTrue(Option.isSome(yield* mirror.memory.head(key)))
      yield* policy.commit(put("w4", "4"))
      yield* assertSame(primary.memory, mirror.memory)
      assert.deepStrictEqual(yield* entriesIn(mirror.memory), [])
    }))
})

describe("a mirror that hangs", () => {
  it.effect("holds a write up for a second, and nothing queues up behind it", () =>
    Effect.gen(function*() {
      const latch = yield* Latch.make(false)
      const { mirror, policy, primary } = yield* makePair()
      yield* policy.commit(put("w1", "1"))
      mirror.next(hang(latch))
      const slow = yield* Effect.forkChild(policy.commit(put("w2", "2")), { startImmediately: true })
      yield* TestClock.adjust("999 millis")
      assert.isUndefined(slow.pollUnsafe())
      yield* settle
      yield* Fiber.join(slow)
      assert.strictEqual((yield* healthOf(policy)).state, "degraded")

      const count = mirror.sent.length
      yield* policy.commit(put("w3", "3"))
      yield* policy.commit(append("w4", ["4"]))
      assert.strictEqual(mirror.sent.length, count)
      yield* latch.open
      yield* settle
      yield* assertSame(primary.memory, mirror.memory)
      assert.strictEqual((yield* healthOf(policy)).state, "healthy")
    }))

  it.effect("is brought up although the caller was interrupted after the primary's answer", () =>
    Effect.gen(function*() {
      const latch = yield* Latch.make(false)
      const { mirror, policy, primary } = yield* makePair()
      yield* policy.commit(put("w1", "1"))
      mirror.next(hang(latch))
      const fiber = yield* Effect.forkChild(policy.commit(put("w2", "2")), { startImmediately: true })
      yield* Fiber.interrupt(fiber)
      yield* latch.open
      yield* settle
      yield* assertSame(primary.memory, mirror.memory)
    }))
})
