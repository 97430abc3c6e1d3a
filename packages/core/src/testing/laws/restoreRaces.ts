/**
 * The laws of restores beside what else happens: other keys of the change, other writers, readers, crashes and kills.
 * A record is there with all of its entries or not at all, and a restore that waits for its entries holds nobody up.
 * What a restored record is like is in `restore.ts`.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { makeKey } from "../../model/SessionKey.ts"
import { equal, holds, inCase, refused } from "../claims.ts"
import type { Offer } from "../Harness.ts"
import { append, json, put, restore } from "../operations.ts"
import { inTime } from "../patience.ts"
import { type Held, heldAt, sample, sampleOf } from "../records.ts"
import { type Client, family, leavesUnchanged, type Trial } from "../Trial.ts"
import { isShared } from "./processes.ts"

const key = makeKey("session", ["account"])
const other = makeKey("other", ["account"])

const crashes: ReadonlyArray<Offer> = ["crashes"]
const elsewhere: ReadonlyArray<Offer> = ["elsewhere"]

const firstVersion = 100

/** The n-th of a row of records, each with a list of another length and a version above the one before. */
const numbered = (n: number): Held => sampleOf(key, firstVersion + n, 1 + n * 5 % 12)

const numberOf = ({ record }: Held): number => record.head.version - firstVersion

/** Reads the session twice, as head and as entries: each is whole, and of a version not older than one before. */
const readsWhole = Effect.fnUntraced(function*(client: Client, seen: number) {
  const record = yield* client.read(key)
  const n = record.head.version - firstVersion
  yield* equal(record, numbered(n).record, "a record that is read while others are restored")
  const texts = yield* client.texts(key)
  const [of = 0] = JSON.parse(texts[0] ?? "[]") as ReadonlyArray<number>
  const whole = numbered(of - firstVersion).entries.map(({ entry }) => entry)
  yield* equal(texts, whole, "the entries that are read while others are restored")
  yield* holds(() => n >= seen && of - firstVersion >= n, `version ${n}, entries of ${of}, are not older than ${seen}`)
  return of - firstVersion
})

/** Claims that the session is the n-th record or the next one, whole; answers which. */
const isOneOf = Effect.fnUntraced(function*(client: Client, n: number) {
  if (n === 0 && Option.isNone(yield* client.adapter.load(key))) return 0
  const held = yield* heldAt(client, key)
  const found = numberOf(held)
  yield* holds(() => found === n || found === n + 1, `record ${found} is the last acknowledged one, ${n}, or the next`)
  yield* equal(held, numbered(found), "the restored record")
  return found
})

/** Sends the restore that was under way again, and goes on from there. */
const goesOn = Effect.fnUntraced(function*(client: Client, trial: Trial, n: number) {
  const again = trial.change(restore(key, numbered(n)))
  for (const attempt of [2, 3]) yield* client.send({ ...again, attempt })
  yield* holds(() => n > 0, "there is a record to restore")
  yield* equal(yield* heldAt(client, key), numbered(n), "the record that was restored again")
  const next = yield* client.commit(append(key, ["next"], { kind: "draft", schemaVersion: 3 }))
  yield* equal(next.entryCount, numbered(n).entries.length + 1, "the entry count of the next write")
  yield* holds(() => next.version > numbered(n).record.head.version, "the version of the next write rises")
})

export const restoreRaceLaws = family("restore", [
  {
    id: "restore.manyKeys",
    title: "restores of several keys in one change are one step: all of them or none",
    needs: ({ atomicity }) => atomicity === "manyKeys",
    run: function*(trial) {
      const client = yield* trial.open
      const third = makeKey("third")
      const { version } = yield* client.commit(put(third, 1))
      const taken = [restore(key, sample(key, 7)), restore(other, sample(other, 8))]
      const refusable = [...taken, restore(third, sample(third, version))]
      for (const operations of [refusable, refusable.toReversed()]) {
        const call = leavesUnchanged(client, [key, other, third], client.commit(...operations))
        yield* refused(call, "Conflict", "restoring several sessions with one that is older")
      }
      const { keys } = yield* client.adapter.commit(trial.change(...taken, put(third, 2)))
      yield* equal(keys.map(({ entryCount, key: { id } }) => [id, entryCount]), [
        ["session", 3],
        ["other", 3],
        ["third", 0]
      ], "the rows")
      yield* equal(yield* heldAt(client, key), sample(key, 7), "the first record")
      yield* equal(yield* heldAt(client, other), sample(other, 8), "the second record")
      yield* equal((yield* client.read(third)).body, json(2), "the session that was written beside them")
    }
  },
  {
    id: "restore.waitsWithoutKey",
    title: "a restore that waits for its entries keeps nobody from writing its key, and is judged after them",
    run: function*(trial) {
      const client = yield* trial.open
      const [asked, go] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const held = sample(key, 7)
      const waiting = Stream.fromEffect(Effect.andThen(Deferred.succeed(asked, undefined), Deferred.await(go)))
      const entries = Stream.concat(Stream.drain(waiting), Stream.fromIterable(held.entries))
      const call = client.commit(restore(key, held, { entries }))
      const restoring = yield* Effect.forkChild(Effect.result(call))
      yield* inTime(Deferred.await(asked), "the entries of a restore are asked for")
      yield* inTime(client.commit(put(key, 1)), "a write goes through while a restore waits for its entries")
      yield* Deferred.succeed(go, undefined)
      const answer = yield* inTime(Fiber.join(restoring), "the restore comes to its end")
      yield* refused(Effect.fromResult(answer), "Conflict", "a restore below what was written meanwhile")
      yield* equal((yield* client.read(key)).body, json(1), "what was written meanwhile")
      const endless = restore(other, held, { entries: Stream.never })
      const interrupted = yield* Effect.forkChild(client.commit(endless), { startImmediately: true })
      yield* Effect.yieldNow
      yield* inTime(Fiber.interrupt(interrupted), "a restore that waits for its entries can be interrupted")
      yield* equal((yield* client.snapshot(other)).session, Option.none(), "what an interrupted restore leaves")
    }
  },
  {
    id: "restore.wholeForReaders",
    title: "who reads while records are restored sees whole ones with all of their entries, and none after a newer one",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(restore(key, numbered(1)))
      const writer = yield* Effect.forkChild(Effect.gen(function*() {
        for (let n = 2; n <= 20; n++) {
          yield* client.commit(restore(key, numbered(n)))
          yield* Effect.yieldNow
        }
      }))
      const reader = Effect.gen(function*() {
        let seen = 0
        while (writer.pollUnsafe() === undefined) {
          seen = yield* readsWhole(client, seen)
          yield* Effect.yieldNow
        }
      })
      yield* Effect.all([reader, reader], { concurrency: "unbounded", discard: true })
      yield* Fiber.join(writer)
      yield* equal(yield* readsWhole(client, 20), 20, "the record in the end")
    }
  },
  {
    id: "restore.outlivesCrashes",
    title: "whatever moment a crash takes, a restored record is there whole or not at all",
    asks: crashes,
    run: function*(trial) {
      const states = yield* trial.crashes((client) =>
        Effect.forEach([1, 2, 3], (n) => client.commit(restore(key, numbered(n))), { discard: true })
      )
      yield* holds(() => states.some(({ acknowledged }) => acknowledged === 3), "a state is of the end")
      for (const { acknowledged, name, storage } of states) {
        const after = trial.over(storage)
        yield* after.visit(Effect.fnUntraced(function*(client) {
          yield* isOneOf(client, acknowledged)
          yield* Stream.runDrain(client.adapter.recover("apply"))
          yield* isOneOf(client, acknowledged)
          yield* goesOn(client, after, Math.min(acknowledged + 1, 3))
        })).pipe(inCase(`a crash ${name}, after ${acknowledged} acknowledged restores`))
      }
    }
  },
  {
    id: "restore.outlivesKills",
    title: "a process that is killed while it restores leaves the record whole, the one before it or the next",
    needs: isShared,
    asks: elsewhere,
    run: function*(trial) {
      const client = yield* trial.open
      const remote = yield* trial.elsewhere
      const enough = yield* Deferred.make<void>()
      const least = yield* Random.nextIntBetween(1, 10)
      let acknowledged = 0
      const writer = yield* Effect.forkChild(Effect.gen(function*() {
        for (let n = 1; n <= 200; n++) {
          const answer = yield* Effect.result(remote.commit(restore(key, numbered(n))))
          if (Result.isFailure(answer)) return
          acknowledged = n
          if (n >= least) yield* Deferred.succeed(enough, undefined)
        }
      }))
      yield* inTime(Deferred.await(enough), "the other process acknowledges restores")
      yield* Effect.sleep(yield* Random.nextBetween(0, 3))
      yield* remote.kill
      yield* inTime(Fiber.await(writer), "every call to a process that was killed comes to an end")
      const found = yield* isOneOf(client, acknowledged)
      yield* trial.visit((later) =>
        Effect.flatMap(isOneOf(later, acknowledged), (n) => equal(n, found, "a later read"))
      )
      yield* goesOn(client, trial, acknowledged + 1)
    }
  }
])
