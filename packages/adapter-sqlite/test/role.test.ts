/** The store's own record: replaced in one step among all processes, and asked for by every commit in its transaction. */
import { assert, describe, it } from "@effect/vitest"
import { makeKey, makeWrites, StorageError, type StoreRecord } from "@holdfast/core"
import { append, put, remove } from "@holdfast/core/testing"
import { Deferred, Duration, Effect, Exit, Option, Result, Scope, Stream } from "effect"
import { DatabaseSync } from "node:sqlite"
import { acquireDatabase } from "../src/Database.ts"
import type { EnvironmentFacts } from "../src/environment.ts"
import { makeRole } from "../src/role.ts"
import { openElsewhere } from "./conformance/elsewhere.ts"
import { after, atOnce, failure, type Tap, tapped } from "./groups.ts"
import { underFacts } from "./modes.ts"
import { current, none, retire, retired } from "./roles.ts"
import { open } from "./stores.ts"
import { answerOf, changeOf, idsOf, listAll, place, refusalOf, save, stateOf, visit } from "./verbs.ts"

const key = makeKey("session")

const copying: StoreRecord = { switchId: "the-first-switch", epoch: 1, state: "copying" }

const opened = Effect.gen(function*() {
  const { filename, folder } = yield* place
  return { adapter: yield* open({ filename, busyTimeout: "200 millis" }), filename, folder }
})

describe("the record of a store", () => {
  it.live("is none at first, and then what was set last, also to whoever opens the store later", () =>
    Effect.gen(function*() {
      const { filename } = yield* place
      const strange: StoreRecord = {
        switchId: "\u0000 \ud800 \u{1f600}",
        epoch: 2 ** 53 - 1,
        state: "current",
        successor: ""
      }
      let before = none
      for (const next of [current, copying, retired, strange]) {
        yield* visit({ filename }, ({ role }) =>
          Effect.gen(function*() {
            assert.deepStrictEqual(yield* role.read, before)
            assert.isTrue(yield* role.compareAndSet(before, next))
            assert.deepStrictEqual(yield* role.read, Option.some(next))
          }))
        before = Option.some(next)
      }
      const elsewhere = yield* openElsewhere({ filename })
      assert.deepStrictEqual(yield* elsewhere.adapter.role.read, before)
    }))

  it.live("is not replaced by who expects another one", () =>
    Effect.gen(function*() {
      const { adapter: { role } } = yield* opened
      assert.isFalse(yield* role.compareAndSet(Option.some(current), retired))
      assert.deepStrictEqual(yield* role.read, none)
      assert.isTrue(yield* role.compareAndSet(none, current))
      const others: ReadonlyArray<Option.Option<StoreRecord>> = [
        none,
        Option.some({ ...current, epoch: 2 }),
        Option.some({ ...current, switchId: "another" }),
        Option.some({ ...current, state: "copying" }),
        Option.some({ ...current, successor: "files" })
      ]
      for (const other of others) assert.isFalse(yield* role.compareAndSet(other, retired))
      assert.deepStrictEqual(yield* role.read, Option.some(current))
    }))

  it.live("is replaced by one of many who expect the same one, in this process and in another", () =>
    Effect.gen(function*() {
      const { filename } = yield* place
      const [one, two, { adapter: other }] = yield* Effect.all([
        open({ filename }),
        open({ filename }),
        openElsewhere({ filename })
      ])
      let before = none
      for (let epoch = 1; epoch <= 20; epoch++) {
        const set = yield* Effect.forEach(
          [one, two, other, one, two, other],
          ({ role }, index) =>
            Effect.map(
              role.compareAndSet(before, { switchId: `${index}`, epoch, state: "current" }),
              (isSet) => isSet ? [`${index}`] : []
            ),
          atOnce
        )
        assert.lengthOf(set.flat(), 1)
        before = yield* two.role.read
        assert.deepStrictEqual(before, Option.some({ switchId: set.flat()[0]!, epoch, state: "current" }))
      }
    }))

  it.live("is Busy while somebody else writes, and replaced when they are gone", () =>
    Effect.gen(function*() {
      const { adapter, filename } = yield* opened
      const holder = new DatabaseSync(filename)
      holder.exec("BEGIN IMMEDIATE")
      assert.deepStrictEqual(yield* refusalOf(adapter.role.compareAndSet(none, current)), ["Busy", "notApplied"])
      assert.deepStrictEqual(yield* adapter.role.read, none)
      holder.close()
      assert.isTrue(yield* adapter.role.compareAndSet(none, current))
    }))

  it.live("is Closed with its adapter", () =>
    Effect.gen(function*() {
      const { filename } = yield* place
      const scope = yield* Scope.make()
      const { role } = yield* Scope.provide(open({ filename }), scope)
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(yield* refusalOf(role.read), ["Closed", "notApplied"])
      assert.deepStrictEqual(yield* refusalOf(role.compareAndSet(none, retired)), ["Closed", "notApplied"])
      yield* visit({ filename }, (adapter) => save(adapter, "a", 1))
    }))
})

describe("replacing the record", () => {
  /** A role whose statements fail, beside an adapter over the same database. */
  const tappedRole = Effect.fnUntraced(function*(tap: Tap) {
    const { adapter, filename } = yield* opened
    const mode = { journal: "wal", locking: "normal", sharedBy: "host" } as const
    const database = yield* acquireDatabase({ path: filename, mode, mustExist: true })
    const writes = yield* makeWrites({ adapter: "sqlite" })
    return {
      adapter,
      database,
      role: makeRole(tapped(database, tap), { adapter: "sqlite", busyTimeout: Duration.millis(100), writes })
    }
  })

  it.live("is unknown when its flush failed, and the store goes on either way", () =>
    Effect.gen(function*() {
      let isFailing = true
      const { adapter, database, role } = yield* tappedRole(({ statements }) => ({
        commit: after(statements.commit, () => {
          if (!isFailing) return
          isFailing = false
          throw failure(1034)
        })
      }))
      const trusted = yield* database.connection
      assert.deepStrictEqual(yield* refusalOf(role.compareAndSet(none, retired)), ["OutcomeUnknown", "unknown"])
      // What a failed flush has left in the log is written again before anybody relies on it.
      assert.notStrictEqual(yield* database.connection, trusted)
      assert.deepStrictEqual(yield* role.read, none)
      yield* save(adapter, "a", 1)
      assert.isTrue(yield* role.compareAndSet(none, retired))
      assert.strictEqual(yield* answerOf(save(adapter, "a", 2)), "Unavailable")
    }))

  it.live("on a full disk is refused and changes nothing", () =>
    Effect.gen(function*() {
      let failureCount = 0
      const { adapter, role } = yield* tappedRole(({ statements }) => ({
        setRole: after(statements.setRole, () => {
          if (failureCount++ === 0) throw failure(13)
        })
      }))
      assert.deepStrictEqual(yield* refusalOf(role.compareAndSet(none, retired)), ["NoSpace", "notApplied"])
      assert.deepStrictEqual(yield* role.read, none)
      yield* save(adapter, "a", 1)
      assert.isTrue(yield* role.compareAndSet(none, retired))
    }))
})

const places: ReadonlyArray<readonly [name: string, facts: Partial<EnvironmentFacts>]> = [
  ["with a write-ahead log", {}],
  ["without a write-ahead log", { fileSystemType: 0x6969 }],
  ["with the store to itself", { sqliteVersion: "3.50.4" }]
]

describe("a retired store", () => {
  for (const [where, facts] of places) {
    it.live(`takes no write ${where}, and gives what it has`, () =>
      Effect.gen(function*() {
        const { filename } = yield* place
        const adapter = yield* underFacts(facts)(open({ filename }))
        const first = changeOf(put(key, 1), append(key, ["a"]))
        yield* adapter.commit(first)
        yield* retire(adapter)
        const before = yield* listAll(adapter)
        const writes = [
          first,
          changeOf(put(key, 2)),
          changeOf(append(key, ["b"])),
          changeOf(remove(key)),
          changeOf(put(makeKey("new"), 1)),
          changeOf(put(makeKey("new"), 1), remove(key))
        ]
        for (const change of writes) {
          assert.deepStrictEqual(yield* refusalOf(adapter.commit(change)), ["Unavailable", "notApplied"])
        }
        const together = yield* Effect.forEach(writes, (change) => answerOf(adapter.commit(change)), atOnce)
        assert.deepStrictEqual([...new Set(together)], ["Unavailable"])
        assert.deepStrictEqual(yield* listAll(adapter), before)
        assert.deepStrictEqual(yield* stateOf(adapter, "session"), Option.some(1))
        assert.lengthOf(yield* Stream.runCollect(adapter.entries(key, {})), 1)
      }))
  }

  it.live("names its successor, and takes writes again once it is current", () =>
    Effect.gen(function*() {
      const { adapter, filename } = yield* opened
      yield* retire(adapter)
      const refused = yield* Effect.result(adapter.commit(changeOf(put(key, 1))))
      if (Result.isSuccess(refused) || !(refused.failure instanceof StorageError)) assert.fail("it was written to")
      assert.include(refused.failure.message, "retired to files")
      assert.deepStrictEqual(refused.failure.key, key)
      yield* visit({ filename }, (later) =>
        Effect.map(answerOf(save(later, "a", 1)), (answer) => assert.strictEqual(answer, "Unavailable")))
      assert.isTrue(yield* adapter.role.compareAndSet(Option.some(retired), { ...current, epoch: 3 }))
      yield* save(adapter, "a", 1)
    }))

  it.live("was written to only before it was retired by another process: what was acknowledged is there", () =>
    Effect.gen(function*() {
      const { filename } = yield* place
      const adapter = yield* open({ filename })
      const { adapter: other } = yield* openElsewhere({ filename })
      const acknowledged: Array<string> = []
      for (let round = 0; round < 4; round++) {
        const writing = yield* Deferred.make<void>()
        const enough = acknowledged.length + 10 * round
        let isRetired = false
        const late: Array<string> = []
        const lane = Effect.fnUntraced(function*(name: string) {
          for (let count = 0;; count++) {
            const id = `${round}-${name}-${count}`
            const wasRetired = isRetired
            const answer = yield* answerOf(save(adapter, id, count))
            if (answer !== "done") return assert.strictEqual(answer, "Unavailable")
            acknowledged.push(id)
            if (wasRetired) late.push(id)
            if (acknowledged.length > enough) yield* Deferred.succeed(writing, undefined)
          }
        })
        yield* Effect.all([
          lane("a"),
          lane("b"),
          lane("c"),
          Effect.gen(function*() {
            yield* Deferred.await(writing)
            yield* retire(other)
            isRetired = true
          })
        ], atOnce)
        assert.deepStrictEqual(late, [], "what was acknowledged to whoever asked after the store was retired")
        assert.deepStrictEqual(yield* idsOf(other), acknowledged.toSorted())
        assert.deepStrictEqual(yield* idsOf(adapter), acknowledged.toSorted())
        assert.isTrue(yield* other.role.compareAndSet(Option.some(retired), current))
      }
    }))
})
