/**
 * The laws of retirement: a store whose record says that it is retired takes no write from anybody, from the moment
 * on at which that was set, and shows what it holds as before.
 * What was acknowledged came before; so a switch between backends that retires the old one first loses nothing.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { makeKey } from "../../model/SessionKey.ts"
import type { Operation, StorageChange } from "../../port/StorageChange.ts"
import type { StoreRecord } from "../../port/StoreRole.ts"
import { broken, equal, refused } from "../claims.ts"
import { contentsOf } from "../contents.ts"
import type { Offer } from "../Harness.ts"
import { append, json, put, remove, restore } from "../operations.ts"
import { inTime } from "../patience.ts"
import { sample } from "../records.ts"
import { type Client, family, leavesUnchanged, type Trial } from "../Trial.ts"
import { comparesAndSets } from "./compareAndSet.ts"
import { comparesAcross, isShared } from "./processes.ts"
import { setRole } from "./role.ts"

const asks: ReadonlyArray<Offer> = ["elsewhere"]

const key = makeKey("session", ["account"])
const absent = makeKey("absent", ["account"])
const keys = [key, absent]

const current: StoreRecord = { switchId: "switch", epoch: 1, state: "current" }
const retired: StoreRecord = { switchId: "switch", epoch: 2, state: "retired", successor: "sqlite" }

/** Every kind of write, some of which would change nothing. */
const writes: ReadonlyArray<ReadonlyArray<Operation>> = [
  [put(key, "late")],
  [put(key, "late", { expect: "present" }), append(key, ["late"])],
  [append(key, ["late"])],
  [append(key, [])],
  [remove(key)],
  [put(absent, "late", { expect: "absent" })],
  [remove(absent)],
  [restore(absent, sample(absent, 7))]
]

/** Claims that a retired store refuses every write and that nothing that can be read of it changes. */
const takesNothing = Effect.fnUntraced(function*(client: Client, applied: StorageChange) {
  const again = { ...applied, attempt: 2 }
  for (const call of [...writes.map((operations) => client.commit(...operations)), client.send(again)]) {
    yield* refused(leavesUnchanged(client, keys, call), "Unavailable", "a write to a retired store")
  }
})

/** Claims that what was there before the retirement can be read and listed. */
const showsAll = Effect.fnUntraced(function*(client: Client) {
  yield* equal((yield* client.read(key)).body, json("before"), "the session of a retired store")
  yield* equal(yield* client.texts(key), ["a", "b"].map(json), "the entries of a retired store")
  const head = yield* client.adapter.head(key)
  yield* equal(Option.map(head, ({ entryCount }) => entryCount), Option.some(2), "the head of a retired store")
  yield* equal((yield* client.list()).map((listed) => listed.key), [key], "the listing of a retired store")
})

const writerCount = 6

/** How many writes every writer has made when the store is retired, so that each of them is found writing. */
const writesBefore = 2

/** How many writes each writer tries when the store is retired. */
const writesAfter = 20

/** Writes one session over and over until a write fails; answers what it failed with and how many there were before. */
const writeOn = Effect.fnUntraced(function*(
  client: Client,
  index: number,
  { isOver, wrote }: { readonly isOver: () => boolean; readonly wrote: (n: number) => Effect.Effect<unknown> }
) {
  for (let n = 1, late = 0; late < writesAfter; n++) {
    if (isOver()) late++
    const answer = yield* Effect.result(client.commit(put(makeKey(`writer ${index}`), n)))
    if (Result.isFailure(answer)) return { count: n - 1, failure: answer.failure }
    yield* wrote(n)
    // Lets the other writers have their turn where a write waits for nothing.
    yield* Effect.yieldNow
  }
  return yield* broken(`a retired store takes ${writesAfter} writes of one writer`)
})

/** Starts writers that write on until they are refused; goes on when each of them has written. */
const startWriters = Effect.fnUntraced(function*(writing: ReadonlyArray<Client>, isOver: () => boolean) {
  const enough = yield* Deferred.make<void>()
  let left = writerCount
  const wrote = (n: number) =>
    Effect.suspend(() => n === writesBefore && --left === 0 ? Deferred.succeed(enough, undefined) : Effect.void)
  const writers = yield* Effect.forEach(
    Array.from({ length: writerCount }, (_, index) => index),
    (index) => Effect.forkChild(writeOn(writing[index % writing.length]!, index, { wrote, isOver }))
  )
  yield* inTime(Deferred.await(enough), "every writer writes")
  return inTime(Effect.forEach(writers, (writer) => Fiber.join(writer)), "every writer comes to its end")
})

/** Rounds that differ in how far the writes under way have come when the store is retired. */
const rounds = [0, 1, 3, 6]

/** Retires a store while others write; no acknowledged write is missing, and none comes after the retirement. */
const fences = Effect.fnUntraced(function*(retiring: Client, writing: ReadonlyArray<Client>) {
  const sessions = Array.from({ length: writerCount }, (_, index) => makeKey(`writer ${index}`))
  let last = Option.none<StoreRecord>()
  for (const turns of rounds) {
    let isOver = false
    const ended = yield* startWriters(writing, () => isOver)
    for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow
    const isSet = yield* retiring.adapter.role.compareAndSet(last, retired)
    isOver = true
    yield* equal(isSet, true, "whether the store was retired")
    const before = yield* contentsOf(retiring, sessions)
    const ends = yield* ended
    yield* equal(yield* contentsOf(retiring, sessions), before, "what is there when the last writer was refused")
    for (const [index, { count, failure }] of ends.entries()) {
      yield* refused(Effect.fail(failure), "Unavailable", "a write after the retirement")
      const { body } = yield* retiring.read(sessions[index]!)
      yield* equal(body, json(count), "what a writer was acknowledged last")
    }
    yield* setRole(retiring, Option.some(retired), current)
    last = Option.some(current)
  }
})

/** Retires a store that holds a session, and puts others who have it open to the test. */
const retireFor = Effect.fnUntraced(function*(trial: Trial, client: Client, others: ReadonlyArray<Client>) {
  const applied = trial.change(put(key, "before"), append(key, ["a", "b"]))
  yield* client.send(applied)
  yield* setRole(client, Option.none(), current)
  yield* setRole(client, Option.some(current), retired)
  for (const each of [client, ...others]) {
    yield* takesNothing(each, applied)
    yield* showsAll(each)
  }
  return applied
})

export const retirementLaws = family("role", [
  {
    id: "retired.takesNothing",
    title: "a retired store refuses every write, whoever has it open and however late, and shows what it holds",
    run: function*(trial) {
      const applied = yield* retireFor(trial, yield* trial.open, [yield* trial.open])
      yield* trial.visit((later) => Effect.andThen(takesNothing(later, applied), showsAll(later)))
    }
  },
  {
    id: "retired.comesBack",
    title: "a store takes writes in every other state, and again when it was retired and is current",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(key, "before"), append(key, ["a"]))
      const states = ["copying", "current", "retired", "current", "retired", "copying"] as const
      let last = Option.none<StoreRecord>()
      for (const [epoch, state] of states.entries()) {
        const next: StoreRecord = { switchId: "switch", epoch, state }
        yield* setRole(client, last, next)
        last = Option.some(next)
        if (state === "retired") {
          yield* refused(client.commit(put(key, state)), "Unavailable", "a write to a retired store")
          continue
        }
        yield* client.commit(put(key, epoch), append(key, [epoch]))
        yield* trial.visit((later) => later.commit(restore(absent, sample(absent, 7 + epoch))))
        yield* equal((yield* client.read(key)).body, json(epoch), `what was written to a store that is ${state}`)
        yield* equal((yield* client.read(absent)).head.version, 7 + epoch, `what was restored to it`)
      }
      yield* equal(yield* client.texts(key), ["a", 0, 1, 3, 5].map(json), "the entries")
    }
  },
  {
    id: "retired.fences",
    title: "what was acknowledged is there when a store was retired while others write, and nothing comes after it",
    needs: comparesAndSets,
    run: function*(trial) {
      const client = yield* trial.open
      yield* fences(client, [client, yield* trial.open])
    }
  },
  {
    id: "retired.byProcesses",
    title: "a store that one process retired refuses every write of another one, and shows it what it holds",
    needs: isShared,
    asks,
    run: function*(trial) {
      const applied = yield* retireFor(trial, yield* trial.elsewhere, [yield* trial.open])
      yield* trial.visit((later) => takesNothing(later, applied))
    }
  },
  {
    id: "retired.fencesProcesses",
    title: "a store that is retired while another process writes has what that one was acknowledged, and takes no more",
    needs: comparesAcross,
    asks,
    run: function*(trial) {
      const client = yield* trial.open
      yield* fences(client, [client, yield* trial.elsewhere])
    }
  }
])
