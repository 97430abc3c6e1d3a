/**
 * The laws of several processes over one store: what holds between two instances holds between two
 * processes, as far as the capability says so.
 * The other process is the harness's business; here it is a client like any other.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { Capability } from "../../model/Capability.ts"
import { makeKey } from "../../model/SessionKey.ts"
import { equal, holds, refused } from "../claims.ts"
import { counted, increment } from "../counter.ts"
import type { Offer } from "../Harness.ts"
import { append, json, put, remove } from "../operations.ts"
import { type Client, family, leavesUnchanged, type Trial } from "../Trial.ts"
import { tells, watch } from "../watching.ts"

const key = makeKey("session", ["account"])

/** Whether several processes may have the store open at one time. */
export const isShared = ({ sharedBy }: Capability): boolean => sharedBy !== "process"

/** Whether preconditions hold among the writers of several processes. */
export const comparesAcross = (capability: Capability): boolean =>
  isShared(capability) && (capability.compareAndSet === "host" || capability.compareAndSet === "global")

const watchesAcross = (capability: Capability): boolean =>
  isShared(capability) && (capability.watch === "host" || capability.watch === "global")

const asks: ReadonlyArray<Offer> = ["elsewhere"]

/** A client of this process and one of another. */
const both = (trial: Trial) => Effect.all([trial.open, trial.elsewhere])

/** Writers of this process and of the other, in turns. */
const writersOf = (clients: ReadonlyArray<Client>, count: number) =>
  Array.from({ length: count }, (_, index) => ({ client: clients[index % clients.length]!, name: `${index}` }))

const batchOf = (name: string): ReadonlyArray<string> => [`${name}.0`, `${name}.1`]

const concurrent = { concurrency: "unbounded" } as const

export const processLaws = family("processes", [
  {
    id: "processes.seeWrites",
    title: "what one process wrote the other one reads and lists at once",
    needs: isShared,
    asks,
    run: function*(trial) {
      const [here, elsewhere] = yield* both(trial)
      for (const [writer, reader] of [[here, elsewhere], [elsewhere, here]] as const) {
        yield* equal(yield* reader.snapshot(key), { session: Option.none(), entries: [] }, "the session before")
        const writes = [[put(key, 1), append(key, ["a"])], [put(key, 2)], [append(key, ["b"])], [remove(key)], [
          put(key, 3)
        ], [remove(key)]]
        for (const operations of writes) {
          yield* writer.commit(...operations)
          yield* equal(yield* reader.snapshot(key), yield* writer.snapshot(key), "what the other process reads")
          yield* equal(yield* reader.list(), yield* writer.list(), "what the other process lists")
        }
      }
    }
  },
  {
    id: "processes.judgeTogether",
    title: "a precondition is judged against what the other process wrote before",
    needs: isShared,
    asks,
    run: function*(trial) {
      const [here, elsewhere] = yield* both(trial)
      for (const [one, other] of [[here, elsewhere], [elsewhere, here]] as const) {
        const { version } = yield* one.commit(put(key, 1, { expect: "absent" }))
        const absent = leavesUnchanged(one, [key], other.commit(put(key, 2, { expect: "absent" })))
        yield* refused(absent, "Conflict", "creating what the other process created")
        const second = yield* other.commit(put(key, 2, { expect: version }))
        const stale = leavesUnchanged(other, [key], one.commit(append(key, [1], { expect: version })))
        const { actual } = yield* refused(stale, "Conflict", "writing over what the other process wrote")
        yield* equal(actual, Option.some(second.version), "the version that was found")
        yield* one.commit(remove(key, { expect: second.version }))
      }
    }
  },
  {
    id: "processes.recogniseRepeats",
    title: "a write that one process applied the other one recognises when it is repeated",
    needs: isShared,
    asks,
    run: function*(trial) {
      const [here, elsewhere] = yield* both(trial)
      yield* here.commit(put(key, 0))
      for (const [one, other] of [[here, elsewhere], [elsewhere, here]] as const) {
        const changes = [trial.change(put(key, 1), append(key, ["a"])), trial.change(append(key, ["b"]))]
        for (const change of changes) {
          const first = yield* one.send(change)
          const again = yield* leavesUnchanged(one, [key], other.send({ ...change, attempt: 2 }))
          yield* equal(
            [again.version, again.entryCount],
            [first.version, first.entryCount],
            "the answer to the repeated write"
          )
        }
      }
    }
  },
  {
    id: "processes.versionsRise",
    title: "versions rise while two processes write in turns, also across removal",
    needs: isShared,
    asks,
    clock: "goingBack",
    run: function*(trial) {
      const clients = yield* both(trial)
      let last = 0
      for (const life of [1, 2, 3]) {
        const writes = [put(key, life), append(key, [life]), put(key, life), append(key, [life]), remove(key)]
        for (const [turn, operation] of writes.entries()) {
          const { version } = yield* clients[(life + turn) % 2]!.commit(operation)
          yield* holds(() => version > last, `the version rises: ${version} after ${last} in life ${life}`)
          last = version
        }
      }
    }
  },
  {
    id: "processes.wholeForReaders",
    title: "who reads while another process writes sees whole versions, and never an older one after a newer one",
    needs: isShared,
    asks,
    run: function*(trial) {
      const [here, elsewhere] = yield* both(trial)
      yield* here.commit(put(key, 0))
      const writer = yield* Effect.forkChild(Effect.forEach(
        Array.from({ length: 40 }, (_, index) => index + 1),
        (n) => elsewhere.commit(put(key, n), append(key, [n])),
        { discard: true }
      ))
      let seen = 0
      while (writer.pollUnsafe() === undefined) {
        const { body, head } = yield* here.read(key)
        yield* equal(head.entryCount, Number(body), "the entry count of the version that wrote this body")
        yield* holds(() => head.entryCount >= seen, `version ${head.entryCount} is not older than version ${seen}`)
        seen = head.entryCount
        yield* Effect.yieldNow
      }
      yield* Fiber.join(writer)
      yield* equal((yield* here.texts(key)).length, 40, "the entries in the end")
    }
  },
  {
    id: "processes.count",
    title: "writers of two processes that increment one counter lose no increment",
    needs: comparesAcross,
    asks,
    run: function*(trial) {
      const clients = yield* both(trial)
      yield* clients[0].commit(put(key, 0))
      yield* Effect.forEach(writersOf(clients, 12), ({ client }) => increment(client, key), concurrent)
      for (const client of clients) yield* equal(yield* counted(client, key), 12, "the counter")
    }
  },
  {
    id: "processes.append",
    title: "writers of two processes that append at the same time lose nothing, and no batch is torn",
    needs: comparesAcross,
    asks,
    run: function*(trial) {
      const clients = yield* both(trial)
      yield* clients[0].commit(put(key, 0))
      const writers = writersOf(clients, 30)
      yield* Effect.forEach(writers, ({ client, name }) => client.commit(append(key, batchOf(name))), concurrent)
      const texts = yield* clients[0].texts(key)
      yield* equal(texts.toSorted(), writers.flatMap(({ name }) => batchOf(name)).map(json).toSorted(), "the entries")
      for (const { name } of writers) {
        const batch = batchOf(name).map(json)
        const start = texts.indexOf(batch[0]!)
        yield* equal(texts.slice(start, start + batch.length), batch, "a batch")
      }
      yield* equal(yield* clients[1].texts(key), texts, "the entries as the other process reads them")
    }
  },
  {
    id: "processes.oneCreates",
    title: "of writers of two processes that create one session at the same time exactly one succeeds",
    needs: comparesAcross,
    asks,
    run: function*(trial) {
      const clients = yield* both(trial)
      for (const round of ["first", "second", "third"]) {
        const fresh = makeKey(round, ["account"])
        const results = yield* Effect.forEach(
          writersOf(clients, 6),
          ({ client, name }) => Effect.result(client.commit(put(fresh, name, { expect: "absent" }))),
          concurrent
        )
        const winners = results.flatMap((result, index) => Result.isSuccess(result) ? [json(`${index}`)] : [])
        yield* equal(winners.length, 1, "the number of writers that created the session")
        for (const result of results) {
          if (Result.isFailure(result)) yield* refused(Effect.fail(result.failure), "Conflict", "a writer that lost")
        }
        for (const client of clients) {
          yield* equal((yield* client.read(fresh)).body, winners[0], "what the winner wrote")
        }
      }
    }
  },
  {
    id: "processes.tellChanges",
    title: "what one process writes is reported to those who watch in the other",
    needs: watchesAcross,
    asks,
    run: function*(trial) {
      const [here, elsewhere] = yield* both(trial)
      for (const [writer, reader] of [[elsewhere, here], [here, elsewhere]] as const) {
        const watching = yield* watch(reader.adapter)
        const rows = []
        for (const operations of [[put(key, 1), append(key, ["a"])], [append(key, ["b"])], [put(key, 2)]]) {
          const row = yield* writer.commit(...operations)
          yield* watching.until(tells(key, row.version), "a write of the other process is reported")
          rows.push({ _tag: "Changed", key, kind: "note", version: row.version })
        }
        const { version } = yield* writer.commit(remove(key))
        yield* watching.until(tells(key, version), "a removal of the other process is reported")
        const removed = { _tag: "Removed", key, kind: "note", version }
        yield* equal(watching.seen, [...rows, removed], "what is reported")
      }
    }
  }
])
