/**
 * The laws of several instances over one store, open at the same time or one after the other.
 *
 * Two instances in one process stand for two tabs or two windows; two processes need a harness that can start
 * them and are left to the adapters that promise more than one process.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { makeKey } from "../../model/SessionKey.ts"
import { equal, holds, refused } from "../claims.ts"
import { counted, increment } from "../counter.ts"
import { append, json, put, remove } from "../operations.ts"
import { family, leavesUnchanged } from "../Trial.ts"
import { comparesAndSets } from "./compareAndSet.ts"

const key = makeKey("session", ["account"])

export const instanceLaws = family("instances", [
  {
    id: "instances.seeWrites",
    title: "what one instance wrote the other one reads and lists at once",
    run: function*(trial) {
      const one = yield* trial.open
      const other = yield* trial.open
      for (const [writer, reader] of [[one, other], [other, one]] as const) {
        yield* equal(yield* reader.snapshot(key), { session: Option.none(), entries: [] }, "the session before")
        const writes = [[put(key, 1), append(key, ["a"])], [put(key, 2)], [append(key, ["b"])], [remove(key)], [
          put(key, 3)
        ], [remove(key)]]
        for (const operations of writes) {
          yield* writer.commit(...operations)
          yield* equal(yield* reader.snapshot(key), yield* writer.snapshot(key), "what the other instance reads")
          yield* equal(yield* reader.list(), yield* writer.list(), "what the other instance lists")
        }
      }
    }
  },
  {
    id: "instances.judgeTogether",
    title: "a precondition is judged against what the other instance wrote",
    run: function*(trial) {
      const one = yield* trial.open
      const other = yield* trial.open
      const { version } = yield* one.commit(put(key, 1, { expect: "absent" }))
      const absent = leavesUnchanged(one, [key], other.commit(put(key, 2, { expect: "absent" })))
      yield* refused(absent, "Conflict", "creating what the other instance created")
      yield* other.commit(put(key, 2, { expect: version }))
      const stale = leavesUnchanged(one, [key], one.commit(put(key, 3, { expect: version })))
      yield* refused(stale, "Conflict", "writing over what the other instance wrote")
    }
  },
  {
    id: "instances.count",
    title: "writers of two instances that increment one counter lose no increment",
    needs: comparesAndSets,
    run: function*(trial) {
      const clients = [yield* trial.open, yield* trial.open]
      yield* clients[0]!.commit(put(key, 0))
      const writers = clients.flatMap((client) => Array.from({ length: 5 }, () => increment(client, key)))
      yield* Effect.all(writers, { concurrency: "unbounded", discard: true })
      for (const client of clients) yield* equal(yield* counted(client, key), 10, "the counter")
    }
  },
  {
    id: "instances.append",
    title: "writers of two instances that append at the same time lose nothing",
    needs: comparesAndSets,
    run: function*(trial) {
      const clients = [yield* trial.open, yield* trial.open]
      yield* clients[0]!.commit(put(key, 0))
      const names = Array.from({ length: 20 }, (_, index) => `entry ${index}`)
      yield* Effect.forEach(
        names,
        (name, index) => clients[index % 2]!.commit(append(key, [name])),
        { concurrency: "unbounded", discard: true }
      )
      const rows = yield* clients[1]!.entries(key)
      yield* equal(rows.map((row) => row.entry).toSorted(), names.map(json).toSorted(), "the entries")
      yield* equal(rows.map((row) => row.index), names.map((_, index) => index), "the indices")
      yield* equal(yield* clients[0]!.entries(key), rows, "the entries as the other instance reads them")
    }
  },
  {
    id: "instances.recogniseRepeats",
    title: "a write that one instance applied the other one recognises when it is repeated",
    run: function*(trial) {
      const one = yield* trial.open
      const other = yield* trial.open
      yield* one.commit(put(key, 0))
      const change = trial.change(put(key, 1, { expect: "present" }), append(key, ["a"]))
      const first = yield* one.send(change)
      const again = yield* leavesUnchanged(one, [key], other.send({ ...change, attempt: 2 }))
      yield* equal([again.version, again.entryCount], [first.version, 1], "the answer to the repeated write")
    }
  },
  {
    id: "reopen.keepsAll",
    title: "an instance that is opened later finds everything as it was left",
    run: function*(trial) {
      const keys = [key, makeKey("other", ["account"]), makeKey("removed"), makeKey("a", ["deep", "deeper"])]
      const before = yield* trial.visit((client) =>
        Effect.gen(function*() {
          for (const each of keys) {
            yield* client.commit(put(each, { each }, { summary: json(each.id) }), append(each, ["a", "b"]))
          }
          yield* client.commit(append(key, ["c"]))
          yield* client.commit(remove(keys[2]!))
          return [yield* Effect.forEach(keys, client.snapshot), yield* client.list()] as const
        })
      )
      for (let visit = 0; visit < 2; visit++) {
        const after = yield* trial.visit((client) => Effect.all([Effect.forEach(keys, client.snapshot), client.list()]))
        yield* equal(after, before, "what a later instance finds")
      }
    }
  },
  {
    id: "reopen.versionsRise",
    title: "versions go on rising after a reopening, also those of a removed session",
    clock: "goingBack",
    run: function*(trial) {
      let last = 0
      for (const operation of [put(key, 1), append(key, [1]), remove(key), put(key, 2), remove(key), put(key, 3)]) {
        const { version } = yield* trial.visit((client) => client.commit(operation))
        yield* holds(() => version > last, `the version rises: ${version} after ${last}`)
        last = version
      }
    }
  }
])
