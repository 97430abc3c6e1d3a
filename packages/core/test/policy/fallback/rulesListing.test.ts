/** What a chain shows as one store: listings of several tiers, changes that are told once, a primary that was retired. */
import { assert, describe, it } from "@effect/vitest"
import { type ListOrder, positionOf, type StorageError, type StoredHead } from "@holdfast/core"
import { Effect, Fiber, Option, Result, Stream } from "effect"
import { TestClock } from "effect/testing"
import { openChain, testTier } from "./chains.ts"
import {
  append,
  bent,
  bodyIn,
  fail,
  fallSilent,
  heal,
  heard,
  heldIn,
  idsIn,
  keyOf,
  makeStop,
  openBent,
  put,
  remove,
  settle
} from "./deeds.ts"

type Bent = ReturnType<typeof bent>

const three = () => [testTier("first"), testTier("second"), testTier("third")] as const

const failed = <A>(result: Result.Result<A, StorageError>) => Option.getOrThrow(Result.getFailure(result))

describe("a listing of several tiers", () => {
  it.effect("that a drain of another instance overtakes shows the newest version", () =>
    Effect.gen(function*() {
      const tiers = three()
      const other = yield* openChain(tiers)
      yield* other.adapter.commit(put("1"))
      fail(tiers[0], tiers[1])
      const acknowledged = yield* other.adapter.commit(put("2"))
      const stop = yield* makeStop
      const { adapter } = yield* openBent(
        ...([tiers[0], tiers[1]].map((tier) => bent(tier, (inner) => inner)) as [Bent, Bent]),
        bent(
          tiers[2],
          (inner) => ({ ...inner, list: (query) => Stream.unwrap(Effect.as(stop.pass, inner.list(query))) })
        )
      )
      yield* stop.arm
      const listing = yield* Effect.forkChild(Stream.runCollect(adapter.list({ namespace: ["account"], order: "id" })))
      yield* stop.reached
      heal(tiers[1])
      yield* other.control.drain
      yield* stop.letGo
      const rows = yield* Fiber.join(listing)
      assert.deepStrictEqual(
        rows.map((row) => row._tag === "StoredHead" ? row.version : row.error.message),
        acknowledged.keys.map(({ version }) => version)
      )
    }))

  for (const order of ["updatedAt", "createdAt", "id"] satisfies ReadonlyArray<ListOrder>) {
    it.effect(`by ${order} is one list: pages neither miss nor repeat a session`, () =>
      Effect.gen(function*() {
        const tiers = three()
        const { adapter } = yield* openChain(tiers)
        const ids = ["a", "b", "c", "d", "e", "f", "g"]
        for (const id of ids) {
          yield* TestClock.adjust("1 second")
          yield* adapter.commit(put("1", keyOf(id)))
        }
        fail(tiers[0])
        yield* TestClock.adjust("1 second")
        yield* adapter.commit(put("2", keyOf("e")))
        yield* adapter.commit(put("2", keyOf("bb")))
        fail(tiers[1])
        yield* TestClock.adjust("1 second")
        yield* adapter.commit(put("2", keyOf("c")))
        yield* adapter.commit(remove(keyOf("d")))
        const whole = yield* Stream.runCollect(adapter.list({ namespace: ["account"], order }))
        const pages: Array<StoredHead> = []
        for (;;) {
          const last = pages.at(-1)
          const after = last === undefined ? undefined : positionOf(last, order)
          const page = yield* Stream.runCollect(adapter.list({ namespace: ["account"], order, after, limit: 2 }))
          assert.isAtMost(page.length, 2)
          if (page.length === 0) break
          pages.push(...page.flatMap((row) => row._tag === "StoredHead" ? [row] : []))
        }
        assert.deepStrictEqual(pages, [...whole])
        assert.deepStrictEqual(pages.map(({ key: { id } }) => id).toSorted(), ["a", "b", "bb", "c", "e", "f", "g"])
        for (const head of pages) assert.deepStrictEqual(yield* adapter.head(head.key), Option.some(head))
      }))
  }

  it.effect("shows a session that is displaced between two pages by time", () =>
    Effect.gen(function*() {
      const tiers = three()
      const { adapter } = yield* openChain(tiers)
      for (const id of ["a", "b", "c"]) {
        yield* TestClock.adjust("1 second")
        yield* adapter.commit(put("1", keyOf(id)))
      }
      const query = { namespace: [], order: "createdAt" as const, limit: 1 }
      const [first] = yield* Stream.runCollect(adapter.list(query))
      assert.isTrue(first?._tag === "StoredHead")
      const after = positionOf(first as StoredHead, "createdAt")
      fail(tiers[0])
      yield* adapter.commit(put("2", keyOf("a")))
      const rest = yield* Stream.runCollect(adapter.list({ namespace: [], order: "createdAt", after }))
      assert.deepStrictEqual(rest.map((row) => row._tag === "StoredHead" ? row.key.id : row._tag), ["b", "a"])
    }))

  it.effect("shows what lies below, and says that it is incomplete, while the primary cannot be listed", () =>
    Effect.gen(function*() {
      const tiers = three()
      const { adapter } = yield* openChain(tiers)
      yield* adapter.commit(put("1", keyOf("a")))
      fail(tiers[0])
      yield* adapter.commit(put("2", keyOf("b")))
      fallSilent(tiers[0])
      assert.deepStrictEqual(yield* idsIn(adapter), ["unreadable", "b"])
    }))
})

describe("a retired primary", () => {
  it.effect("refuses every write, and no lower tier takes one in its place", () =>
    Effect.gen(function*() {
      const tiers = three()
      const { adapter } = yield* openChain(tiers)
      yield* adapter.commit(put("1"))
      fail(tiers[0])
      yield* adapter.commit(put("1", keyOf("below")))
      heal(tiers[0])
      const retired = { switchId: "s", epoch: 1, state: "retired" as const, successor: "other" }
      assert.isTrue(yield* adapter.role.compareAndSet(Option.none(), retired))
      const writes = [put("2"), append("2"), remove(), put("2", keyOf("another")), put("2", keyOf("below"))]
      for (const write of [...writes, remove(keyOf("below"))]) {
        const error = failed(yield* Effect.result(adapter.commit(write)))
        assert.deepStrictEqual([error.reason._tag, error.outcome], ["Unavailable", "notApplied"])
      }
      assert.deepStrictEqual([yield* bodyIn(adapter), yield* bodyIn(adapter, keyOf("below"))], ["1", "1"])
      assert.deepStrictEqual([heldIn(tiers[0]), heldIn(tiers[1])], [["one"], ["below"]])
    }))
})

describe("changes", () => {
  it.effect("are told once across displacement and drain", () =>
    Effect.gen(function*() {
      const tiers = three()
      const { adapter, control } = yield* openChain(tiers)
      const told = yield* heard(yield* adapter.changes)
      const versions: Array<readonly [string, number]> = []
      const write = Effect.fnUntraced(function*(tag: string, change: ReturnType<typeof put>) {
        versions.push([tag, (yield* adapter.commit(change)).keys[0]!.version])
      })
      yield* write("Changed", put("1"))
      fail(tiers[0])
      yield* write("Changed", append("1"))
      fail(tiers[1])
      yield* write("Changed", put("2"))
      heal(tiers[1])
      yield* control.drain
      heal(tiers[0])
      yield* control.drain
      fail(tiers[0])
      yield* write("Removed", remove())
      heal(tiers[0])
      yield* control.drain
      yield* settle
      assert.deepStrictEqual(
        told.map((change): readonly [string, number] => [change._tag, change._tag === "Missed" ? 0 : change.version]),
        versions
      )
    }))

  it.effect("of another instance are told once, and its drain is not one", () =>
    Effect.gen(function*() {
      const tiers = three()
      const mine = yield* openChain(tiers)
      const told = yield* heard(yield* mine.adapter.changes)
      const theirs = yield* openChain(tiers)
      const above = yield* theirs.adapter.commit(put("1"))
      fail(tiers[0])
      const below = yield* theirs.adapter.commit(put("2"))
      yield* settle
      assert.strictEqual(yield* bodyIn(mine.adapter), "2")
      heal(tiers[0])
      yield* theirs.control.drain
      yield* settle
      assert.deepStrictEqual(
        told.map((change): number => change._tag === "Missed" ? 0 : change.version),
        [above, below].map(({ keys }): number => keys[0]!.version)
      )
    }))

  it.effect("whose outcome nobody knows are told as missed", () =>
    Effect.gen(function*() {
      const tiers = three()
      const { adapter } = yield* openChain(tiers)
      const told = yield* heard(yield* adapter.changes)
      fail(tiers[0], tiers[1])
      tiers[2].trouble.writes = "lost"
      assert.strictEqual(failed(yield* Effect.result(adapter.commit(put("1")))).outcome, "unknown")
      yield* settle
      assert.include(told.map(({ _tag }) => _tag), "Missed")
    }))
})
