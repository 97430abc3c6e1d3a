/**
 * The laws of the store-level record: it is kept like a session, is replaced only by who knows it, and is the
 * same for all who have the store open.
 * What a retired store does is in `retirement.ts`.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { StorageError } from "../../errors/StorageError.ts"
import { makeKey } from "../../model/SessionKey.ts"
import { sameStoreRecord, type StoreRecord } from "../../port/StoreRole.ts"
import { equal, inCase, type LawBroken, refused } from "../claims.ts"
import type { Offer } from "../Harness.ts"
import { append, put } from "../operations.ts"
import { type Client, family, leavesUnchanged } from "../Trial.ts"
import { comparesAndSets } from "./compareAndSet.ts"
import { spoil } from "./isolation.ts"
import { comparesAcross, isShared } from "./processes.ts"

const crashes: ReadonlyArray<Offer> = ["crashes"]
const elsewhere: ReadonlyArray<Offer> = ["elsewhere"]

const key = makeKey("session", ["account"])

const none: Option.Option<StoreRecord> = Option.none()

/** Records that differ in one field each. */
const first: StoreRecord = { switchId: "switch one", epoch: 1, state: "copying" }
const others: ReadonlyArray<StoreRecord> = [
  { ...first, state: "current" },
  { ...first, epoch: 2 },
  { ...first, switchId: "switch two" },
  { ...first, successor: "files" },
  { ...first, successor: "files", epoch: Number.MAX_SAFE_INTEGER, state: "current" }
]

/** What the port says of a record and no more. */
const plain = ({ epoch, state, successor, switchId }: StoreRecord): StoreRecord =>
  successor === undefined ? { switchId, epoch, state } : { switchId, epoch, state, successor }

const roleOf = (client: Client): Effect.Effect<Option.Option<StoreRecord>, StorageError> =>
  Effect.map(client.adapter.role.read, Option.map(plain))

/** Replaces the record, which has to succeed. */
export const setRole = Effect.fnUntraced(function*(
  client: Client,
  expected: Option.Option<StoreRecord>,
  next: StoreRecord
): Effect.fn.Return<void, StorageError | LawBroken> {
  yield* equal(yield* client.adapter.role.compareAndSet(expected, next), true, "the answer of who knows the record")
  yield* equal(yield* roleOf(client), Option.some(next), "the record that was set")
})

/** Lets several race for the record, in several rounds: exactly one wins each, and the record is the winner's. */
const oneWins = Effect.fnUntraced(function*(clients: ReadonlyArray<Client>) {
  let current = none
  for (let epoch = 1; epoch <= 5; epoch++) {
    const racers = Array.from(
      { length: 6 },
      (_, index): StoreRecord => ({ ...first, epoch, switchId: `racer ${index}` })
    )
    const answers = yield* Effect.forEach(
      racers,
      (racer, index) => clients[index % clients.length]!.adapter.role.compareAndSet(current, racer),
      { concurrency: "unbounded" }
    )
    const winners = racers.filter((_, index) => answers[index])
    yield* equal(winners.length, 1, "how many of those that race for the record win")
    current = Option.fromNullishOr(winners[0])
    for (const client of clients) yield* equal(yield* roleOf(client), current, "the record after the race")
  }
})

/** Lets two set the record in turns: each reads what the other one set, and is judged by it. */
const sharesRole = Effect.fnUntraced(function*(one: Client, other: Client) {
  let current = none
  for (const [epoch, [writer, reader]] of [[one, other], [other, one], [one, other]].entries()) {
    const next: StoreRecord = { ...first, epoch }
    yield* setRole(writer!, current, next)
    yield* equal(yield* roleOf(reader!), Option.some(next), "the record as the other one reads it")
    yield* equal(yield* reader!.adapter.role.compareAndSet(current, first), false, "expecting what was there before")
    current = Option.some(next)
  }
})

export const roleLaws = family("role", [
  {
    id: "role.isNoneAtFirst",
    title: "a store whose record nobody set has none, whatever was written to it",
    run: function*(trial) {
      const client = yield* trial.open
      yield* equal(yield* roleOf(client), none, "the record of an empty store")
      yield* client.commit(put(key, 1), append(key, ["a"]))
      yield* equal(yield* roleOf(client), none, "the record of a store that was written to")
      yield* equal(yield* client.adapter.role.compareAndSet(Option.some(first), first), false, "expecting a record")
      yield* equal(yield* roleOf(client), none, "the record after expecting one")
    }
  },
  {
    id: "role.isVerbatim",
    title: "the record is read as it was set, and changing what was set or read changes nothing",
    run: function*(trial) {
      const client = yield* trial.open
      let current = none
      for (const next of [first, ...others]) {
        yield* setRole(client, current, next)
        current = Option.some(next)
      }
      const given = { ...first }
      yield* setRole(client, current, given)
      spoil(given)
      spoil(yield* client.adapter.role.read)
      yield* equal(yield* roleOf(client), Option.some(first), "the record when the caller's was changed")
    }
  },
  {
    id: "role.judgesExpected",
    title: "who expects another record than the one that is there changes nothing and is told so",
    run: function*(trial) {
      const client = yield* trial.open
      yield* setRole(client, none, first)
      for (const expected of [none, ...others.map(Option.some)]) {
        const next: StoreRecord = { switchId: "intruder", epoch: 9, state: "current" }
        yield* equal(yield* client.adapter.role.compareAndSet(expected, next), false, "the answer to who knows another")
        yield* equal(yield* roleOf(client), Option.some(first), "the record after that")
      }
      yield* setRole(client, Option.some({ ...first }), others[0]!)
      yield* equal(yield* client.adapter.role.compareAndSet(Option.some(first), first), false, "expecting a former one")
    }
  },
  {
    id: "role.isKept",
    title: "an instance that is opened later finds the record as it was left",
    run: function*(trial) {
      yield* trial.visit((client) => setRole(client, none, first))
      yield* trial.visit((client) => client.commit(put(key, 1)))
      yield* equal(yield* trial.visit(roleOf), Option.some(first), "the record after a reopening")
      yield* trial.visit((client) => setRole(client, Option.some(first), others[3]!))
      for (let visit = 0; visit < 2; visit++) {
        yield* equal(yield* trial.visit(roleOf), Option.some(others[3]!), "the record after another reopening")
      }
    }
  },
  {
    id: "role.isSeenByOthers",
    title: "the record that one instance sets another one reads at once, and is judged by",
    run: function*(trial) {
      yield* sharesRole(yield* trial.open, yield* trial.open)
    }
  },
  {
    id: "role.oneWins",
    title: "of those that replace one record at the same time exactly one succeeds",
    needs: comparesAndSets,
    run: function*(trial) {
      yield* oneWins([yield* trial.open, yield* trial.open])
    }
  },
  {
    id: "role.isNoSession",
    title: "the record is not listed, and setting it leaves every session as it was",
    run: function*(trial) {
      const client = yield* trial.open
      const keys = [key, makeKey("role"), makeKey("record", ["store"])]
      for (const each of keys) yield* client.commit(put(each, 1), append(each, ["a"]))
      yield* leavesUnchanged(client, keys, setRole(client, none, first))
      yield* client.commit(put(key, 2))
      yield* equal(yield* roleOf(client), Option.some(first), "the record after a write")
    }
  },
  {
    id: "role.isRefusedWhenClosed",
    title: "reading and setting the record through a closed instance fails as closed and changes nothing",
    run: function*(trial) {
      const { adapter } = yield* trial.visit((client) => Effect.as(setRole(client, none, first), client))
      yield* refused(adapter.role.read, "Closed", "reading the record")
      yield* refused(adapter.role.compareAndSet(Option.some(first), others[0]!), "Closed", "setting the record")
      yield* equal(yield* trial.visit(roleOf), Option.some(first), "the record")
    }
  },
  {
    id: "role.outlivesCrashes",
    title: "whatever moment a crash takes, the record that was set before a later acknowledged write is there",
    asks: crashes,
    run: function*(trial) {
      const states = yield* trial.crashes((client) =>
        Effect.gen(function*() {
          yield* client.commit(put(key, 1))
          yield* setRole(client, none, first)
          yield* client.commit(put(key, 2))
          yield* setRole(client, Option.some(first), others[3]!)
          yield* client.commit(put(key, 3))
        })
      )
      const possible = [[none], [none, Option.some(first)], [first, others[3]!].map(Option.some), [
        Option.some(others[3]!)
      ]]
      for (const { acknowledged, name, storage } of states) {
        const after = trial.over(storage)
        const found = yield* after.visit(roleOf).pipe(inCase(`a crash ${name}, after ${acknowledged} writes`))
        yield* equal(
          possible[acknowledged]!.some((one) => sameStoreRecord(one, found)),
          true,
          `a record after ${acknowledged} writes`
        )
        const next: StoreRecord = { ...first, epoch: 7 }
        yield* after.visit((client) => setRole(client, found, next)).pipe(inCase(`a crash ${name}`))
      }
    }
  },
  {
    id: "role.isSharedByProcesses",
    title: "the record that one process sets another one reads at once, and is judged by",
    needs: isShared,
    asks: elsewhere,
    run: function*(trial) {
      yield* sharesRole(yield* trial.open, yield* trial.elsewhere)
    }
  },
  {
    id: "role.oneProcessWins",
    title: "of processes that replace one record at the same time exactly one succeeds",
    needs: comparesAcross,
    asks: elsewhere,
    run: function*(trial) {
      yield* oneWins([yield* trial.open, yield* trial.elsewhere])
    }
  }
])
