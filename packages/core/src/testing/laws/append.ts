/**
 * The laws of appending: entries come back in their order, no batch is torn or mixed with another, and
 * appending changes nothing but the list.
 * Ranges are laid down here as well: which entries a reader gets who asks for some of them.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { makeKey } from "../../model/SessionKey.ts"
import type { EntryRange } from "../../model/StoredRecord.ts"
import { equal, holds, refused } from "../claims.ts"
import { append, json, put, remove } from "../operations.ts"
import { family, leavesUnchanged } from "../Trial.ts"

const key = makeKey("session", ["account"])

/** Ranges over ten entries, and the indices that they select. */
const ranges: ReadonlyArray<readonly [range: EntryRange, indices: ReadonlyArray<number>]> = [
  [{}, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
  [{ from: 3, to: 6 }, [3, 4, 5]],
  [{ from: 7 }, [7, 8, 9]],
  [{ to: 2 }, [0, 1]],
  [{ from: 4, to: 4 }, []],
  [{ from: 6, to: 3 }, []],
  [{ from: 8, to: 100 }, [8, 9]],
  [{ from: 100 }, []],
  [{ last: 3 }, [7, 8, 9]],
  [{ last: 0 }, []],
  [{ last: 100 }, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
  [{ to: 6, last: 2 }, [4, 5]],
  [{ from: 5, to: 6, last: 4 }, [5]],
  [{ from: 8, last: 5 }, [8, 9]]
]

export const appendLaws = family("append", [
  {
    id: "append.keepsOrder",
    title: "entries come back in the order of their writes, each with its index, version, time and schema version",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(key, 1))
      const first = yield* client.commit(append(key, ["a", "b"]))
      const second = yield* client.commit(append(key, ["c"], { schemaVersion: 2 }))
      const rowOf = (index: number, entry: string) => {
        const { updatedAt: at, version } = index < 2 ? first : second
        return {
          _tag: "StoredEntry" as const,
          index,
          at,
          version,
          schemaVersion: index < 2 ? 1 : 2,
          entry: json(entry)
        }
      }
      yield* equal(
        yield* client.entries(key),
        ["a", "b", "c"].map((entry, index) => rowOf(index, entry)),
        "the entries"
      )
      yield* equal([first.entryCount, second.entryCount], [2, 3], "the entry counts in the receipts")
    }
  },
  {
    id: "append.needsSession",
    title: "appending to a session that is absent is a conflict and creates nothing",
    run: function*(trial) {
      const client = yield* trial.open
      for (const expect of ["any", "present"] as const) {
        const call = leavesUnchanged(client, [key], client.commit(append(key, [1], { expect })))
        const conflict = yield* refused(call, "Conflict", "appending to an absent session")
        yield* equal(conflict.actual, Option.none(), "the version that was found")
      }
      yield* client.commit(put(key, 1))
      yield* client.commit(remove(key))
      const call = leavesUnchanged(client, [key], client.commit(append(key, [1])))
      yield* refused(call, "Conflict", "appending to a removed session")
    }
  },
  {
    id: "append.withPut",
    title: "an append beside the put that creates its session is the first of its entries",
    run: function*(trial) {
      const client = yield* trial.open
      const receipt = yield* client.commit(append(key, ["a"]), put(key, 1), append(key, ["b"]))
      yield* equal(receipt.entryCount, 2, "the entry count in the receipt")
      yield* equal(yield* client.texts(key), [json("a"), json("b")], "the entries")
    }
  },
  {
    id: "append.keepsState",
    title: "an append changes the list, the version, the last write and its time, and nothing else",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(key, 1, { kind: "draft", schemaVersion: 3, summary: json({ title: "one" }) }))
      const before = yield* client.read(key)
      const change = trial.change(append(key, [1], { kind: "draft", schemaVersion: 4 }))
      const { entryCount, updatedAt, version } = yield* client.send(change)
      const writes = [...before.writes, { id: change.writeId, version, at: updatedAt, entryCount }]
      const head = { ...before.head, entryCount, updatedAt, version }
      yield* equal(yield* client.read(key), { ...before, head, writes }, "the session")
    }
  },
  {
    id: "append.ofNothing",
    title: "an append of no entries changes nothing",
    run: function*(trial) {
      const client = yield* trial.open
      const before = yield* client.commit(put(key, 1), append(key, ["a"]))
      const receipt = yield* leavesUnchanged(client, [key], client.commit(append(key, [])))
      yield* equal([receipt.version, receipt.entryCount], [before.version, 1], "version and entry count in the receipt")
    }
  },
  {
    id: "entries.ranges",
    title: "a range selects its entries, and a bound beyond the end is the end",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(key, 1))
      for (const batch of [[0, 1, 2], [3], [4, 5, 6, 7], [8, 9]]) yield* client.commit(append(key, batch))
      for (const [range, indices] of ranges) {
        const rows = yield* client.entries(key, range)
        yield* equal(rows.map((row) => row.index), indices, `the indices that ${json(range)} selects`)
        yield* equal(rows.map((row) => row.entry), indices.map(json), `the entries that ${json(range)} selects`)
      }
    }
  },
  {
    id: "append.bigBatch",
    title: "a batch of two thousand entries is one version and comes back whole",
    run: function*(trial) {
      const client = yield* trial.open
      const entries = Array.from({ length: 2000 }, (_, index) => ({ index, text: "entry ".repeat(5) }))
      const { version } = yield* client.commit(put(key, 1), append(key, entries))
      const rows = yield* client.entries(key)
      yield* holds(
        () => rows.every((row, index) => row.index === index && row.version === version),
        "indices and version"
      )
      yield* equal(rows.map((row) => row.entry), entries.map(json), "the entries")
      yield* equal((yield* client.entries(key, { last: 2 })).map((row) => row.index), [1998, 1999], "the last two")
    }
  },
  {
    id: "append.keepsSchemaOfEach",
    title: "entries of two appends in one change keep the schema version of their own append",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(key, 1))
      yield* client.commit(append(key, ["a"], { schemaVersion: 1 }), append(key, ["b"], { schemaVersion: 2 }))
      const rows = yield* client.entries(key)
      yield* equal(rows.map((row) => row.schemaVersion), [1, 2], "the schema versions of the entries")
    }
  },
  {
    id: "append.keepsTimes",
    title: "entries that are copied with their times have those times, and the session has the time of the change",
    run: function*(trial) {
      const client = yield* trial.open
      const copies = [append(key, ["a", "b"], { at: 1000 }), append(key, ["c"], { at: 500 }), append(key, ["d"])]
      const first = yield* client.commit(put(key, 1), ...copies)
      yield* holds(() => first.createdAt > 1000 && first.updatedAt === first.createdAt, "the times of the session")
      const second = yield* client.commit(append(key, ["e"], { at: 0 }), put(key, 2))
      yield* equal((yield* client.read(key)).head.updatedAt, second.updatedAt, "the time of the last write")
      const { updatedAt } = yield* client.commit(append(key, ["f"]))
      const rows = yield* client.entries(key)
      const times = [1000, 1000, 500, first.updatedAt, 0, updatedAt]
      yield* equal(rows.map((row) => row.at), times, "the times of the entries")
      yield* equal(rows.map((row) => row.entry), ["a", "b", "c", "d", "e", "f"].map(json), "the entries")
    }
  },
  {
    id: "append.timesNeedState",
    title: "times for entries are refused where the change puts no state of their session, or where they are none",
    run: function*(trial) {
      const client = yield* trial.open
      const other = makeKey("other")
      yield* client.commit(put(key, 1), append(key, ["a"]))
      const timed = append(key, ["b"], { at: 1000 })
      const changes = [
        [timed],
        [timed, append(key, ["c"])],
        [timed, put(other, 1)],
        [put(key, 2), append(key, ["b"], { at: 0.5 })],
        [put(key, 2), append(key, ["b"], { at: Number.NaN })]
      ]
      for (const operations of changes) {
        const call = leavesUnchanged(client, [key, other], client.commit(...operations))
        yield* refused(call, "Unsupported", "entries with a time that has no place")
      }
    }
  },
  {
    id: "append.concurrent",
    title: "fifty writers that append at the same time lose nothing, and no batch is torn",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(key, 1))
      const writers = Array.from({ length: 50 }, (_, writer) => writer)
      yield* Effect.forEach(
        writers,
        (writer) => client.commit(append(key, [0, 1, 2].map((place) => `${writer}.${place}`))),
        { concurrency: "unbounded", discard: true }
      )
      const rows = yield* client.entries(key)
      const texts = rows.map((row) => row.entry)
      yield* equal(rows.map((row) => row.index), rows.map((_, index) => index), "the indices")
      const batches = writers.map((writer) => [0, 1, 2].map((place) => json(`${writer}.${place}`)))
      yield* equal(texts.toSorted(), batches.flat().toSorted(), "the entries, whatever their order")
      for (const batch of batches) {
        const start = texts.indexOf(batch[0]!)
        yield* equal(texts.slice(start, start + batch.length), batch, "a batch")
        yield* equal(
          new Set(rows.slice(start, start + batch.length).map((row) => row.version)).size,
          1,
          "versions of a batch"
        )
      }
    }
  }
])
