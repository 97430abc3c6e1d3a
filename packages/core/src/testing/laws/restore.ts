/**
 * The laws of restoring: a record that was held elsewhere is there as it was held, with all that it knows of
 * its writes, and goes on from there.
 * Moving sessions between backends, draining and importing are built on it. What is refused is in
 * `restoreRefusals.ts`, what happens beside other writers in `restoreRaces.ts`.
 */
import * as Effect from "effect/Effect"
import { makeKey, type SessionKey } from "../../model/SessionKey.ts"
import { appliedWritesMax } from "../../model/StoredRecord.ts"
import { Version } from "../../model/Version.ts"
import { equal, holds } from "../claims.ts"
import { append, put, remove, restore } from "../operations.ts"
import { entriesOf, type Held, heldAs, heldAt, sample, sampleOf } from "../records.ts"
import { type Client, family, leavesUnchanged } from "../Trial.ts"
import { tells, watch } from "../watching.ts"
import { watches } from "./changeDelivery.ts"
import { spoil } from "./isolation.ts"

const key = makeKey("session", ["account"])
const other = makeKey("other", ["account"])

/** Claims that a session is this one in every way in which it can be read. */
const reads = Effect.fnUntraced(function*(client: Client, { entries, record }: Held) {
  const { key } = record.head
  yield* equal(yield* heldAt(client, key), { record, entries } satisfies Held, "the restored session")
  const listed = (yield* client.list({ namespace: key.namespace })).filter(({ key: { id } }) => id === key.id)
  yield* equal(listed, [record.head], "the restored session in a listing")
})

const rowOf = ({ record: { head } }: Held) => {
  const { createdAt, entryCount, key, updatedAt, version } = head
  return { key, version, entryCount, createdAt, updatedAt }
}

/** Where a copy of the store within itself has a session. */
const copyKeyOf = ({ id, namespace }: SessionKey): SessionKey => makeKey(id, ["copy", ...namespace])

export const restoreLaws = family("restore", [
  {
    id: "restore.isVerbatim",
    title: "a restored record is read as it was held: version, times, incarnation, content, entries, ids of its writes",
    run: function*(trial) {
      const client = yield* trial.open
      const samples = [sample(key, 7), sampleOf(other, 20, 0), sampleOf(makeKey("many"), 30, 50)]
      for (const held of samples) {
        const row = yield* client.commit(restore(held.record.head.key, held, { expect: "absent" }))
        yield* equal({ ...row }, rowOf(held), "the row of the receipt")
      }
      for (const held of samples) yield* reads(client, held)
      for (const held of samples) yield* trial.visit((later) => reads(later, held))
    }
  },
  {
    id: "restore.isCopied",
    title: "changing a record after it was restored changes nothing that is stored",
    run: function*(trial) {
      const client = yield* trial.open
      const own = () => makeKey(key.id, [...key.namespace])
      const held = sample(own(), 7)
      const operation = restore(own(), held)
      yield* client.commit(operation)
      spoil(held)
      spoil(operation.key)
      yield* reads(client, sample(key, 7))
    }
  },
  {
    id: "restore.replaces",
    title: "a restore replaces whatever the key held, its entries and its kind included, and a removal too",
    run: function*(trial) {
      const client = yield* trial.open
      const before = [
        [put(key, 1), append(key, ["x", "y", "z", "more"])],
        [put(key, 1, { kind: "another", schemaVersion: 9 })],
        [remove(key)]
      ]
      for (const operations of before) {
        yield* client.commit(remove(key))
        yield* client.commit(put(key, 0, { kind: operations[0]!._tag === "Put" ? operations[0]!.kind : "note" }))
        const { version } = yield* client.commit(...operations)
        const held = sample(key, version + 10)
        yield* client.commit(restore(key, held))
        yield* reads(client, held)
        const empty = sampleOf(key, version + 40, 0)
        yield* client.commit(restore(key, empty))
        yield* reads(client, empty)
      }
      yield* trial.visit((later) =>
        Effect.flatMap(heldAt(later, key), (held) => equal(held.entries, [], "the entries"))
      )
    }
  },
  {
    id: "restore.isUnderItsKey",
    title: "a record that is restored under another key is there under that one, and the first one is as it was",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(other, 1), append(other, ["a"]))
      const held = yield* heldAt(client, other)
      const row = yield* client.commit(restore(key, held))
      yield* equal(row.key, key, "the key in the receipt")
      yield* reads(client, heldAs(key, held))
      yield* reads(client, held)
    }
  },
  {
    id: "restore.ofSame",
    title: "restoring what is there already changes nothing and is answered as its last write, whatever it expects",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(key, 1), append(key, ["a"]))
      yield* client.commit(append(key, ["b"]))
      const held = yield* heldAt(client, key)
      for (const expect of ["any", "absent", Version(3)] as const) {
        const row = yield* leavesUnchanged(client, [key], client.commit(restore(key, held, { expect })))
        yield* equal({ ...row }, rowOf(held), "the row of the receipt")
      }
      const change = trial.change(restore(other, sample(other, 7), { expect: "absent" }))
      yield* client.send(change)
      const row = yield* leavesUnchanged(client, [other], client.send({ ...change, attempt: 2 }))
      yield* equal({ ...row }, rowOf(sample(other, 7)), "the row of the repeated restore")
    }
  },
  {
    id: "restore.knowsWrites",
    title: "a write that made a record is recognised where the record was restored, also an append of long ago",
    run: function*(trial) {
      const client = yield* trial.open
      const writes = [[put(other, 0, { expect: "absent" }), append(other, ["a", "b"])], [append(other, ["c"])]]
      const changes = writes.map((operations) => trial.change(...operations))
      for (let n = 0; n < appliedWritesMax; n++) changes.push(trial.change(put(other, n)))
      changes.push(trial.change(append(other, ["d"])), trial.change(put(other, "last", { expect: "present" })))
      const rows = yield* Effect.forEach(changes, client.send)
      yield* client.commit(restore(key, yield* heldAt(client, other)))
      // Those that the record remembers, and before them those that added entries.
      for (const index of [0, 1, 5, changes.length - 2, changes.length - 1]) {
        const { operations, writeId } = changes[index]!
        const again = { writeId, attempt: 2, operations: operations.map((operation) => ({ ...operation, key })) }
        const visit = (later: Client) => leavesUnchanged(later, [key], later.send(again))
        for (const row of [yield* visit(client), yield* trial.visit(visit)]) {
          yield* equal({ ...row }, { ...rows[index]!, key }, `the answer to write ${index} when it is sent again`)
        }
      }
    }
  },
  {
    id: "restore.goesOn",
    title: "the next write of a restored record makes a version above it, and the next life one above that",
    clock: "goingBack",
    run: function*(trial) {
      const client = yield* trial.open
      // Years ahead of what a clock gives.
      const held = sample(key, 5e15)
      yield* client.commit(restore(key, held))
      const as = { kind: "draft", schemaVersion: 3 }
      const next = yield* client.commit(put(key, "next", as), append(key, ["d"], as))
      yield* holds(() => next.version > held.record.head.version, `${next.version} is above the record's version`)
      const { entries, record } = yield* heldAt(client, key)
      yield* equal(record.writes.slice(0, 3), held.record.writes, "the writes before the restore")
      yield* equal(record.head.incarnation, held.record.head.incarnation, "the incarnation")
      yield* equal(record.head.createdAt, held.record.head.createdAt, "the time of creation")
      yield* equal(entries.slice(0, 3), held.entries, "the entries before the restore")
      yield* equal(
        entries.slice(3).map(({ index, version }) => [index, version]),
        [[3, next.version]],
        "the next entry"
      )
      const removed = yield* client.commit(remove(key))
      const created = yield* client.commit(put(key, "created"))
      yield* holds(() => removed.version > next.version, "the version of the removal rises")
      yield* holds(() => created.version > removed.version, "the version of the next life rises")
    }
  },
  {
    id: "restore.isTold",
    title: "a restore is reported with the record's kind and version, and one that changes nothing is not",
    needs: watches,
    run: function*(trial) {
      const client = yield* trial.open
      const watching = yield* watch(client.adapter)
      yield* client.commit(restore(key, sample(key, 7)))
      yield* client.commit(restore(key, sample(key, 7)))
      const { version } = yield* client.commit(put(other, 1))
      yield* watching.until(tells(other, version), "the write after the restores is reported")
      const expected = [
        { _tag: "Changed", key, kind: "draft", version: Version(7) },
        { _tag: "Changed", key: other, kind: "note", version }
      ]
      yield* equal(watching.seen, expected, "what is reported")
    }
  },
  {
    id: "restore.copiesStore",
    title: "a store that is listed, read and restored session by session reads the same where it was copied to",
    run: function*(trial) {
      const client = yield* trial.open
      const keys = [key, other, makeKey("top"), makeKey("session", ["account", "below"]), makeKey("again")]
      for (const [index, each] of keys.entries()) {
        yield* client.commit(put(each, { index }, { kind: `kind ${index}`, schemaVersion: index + 1 }))
        const as = { kind: `kind ${index}`, schemaVersion: index + 1 }
        yield* client.commit(append(each, Array.from({ length: index * 3 }, (_, at) => at), as))
      }
      yield* client.commit(remove(makeKey("again")))
      yield* client.commit(put(makeKey("again"), "once more"), append(makeKey("again"), ["z"]))
      const listed = yield* client.list()
      for (const { key: from } of listed) {
        const record = yield* client.read(from)
        const entries = entriesOf(client.adapter, from)
        yield* client.commit({ _tag: "Restore", key: copyKeyOf(from), expect: "absent", record, entries })
      }
      yield* trial.visit((later) =>
        Effect.gen(function*() {
          const copies = yield* later.list({ namespace: ["copy"] })
          const expected = listed.map((head) => ({ ...head, key: copyKeyOf(head.key) }))
          yield* equal(copies, expected, "the listing of the copy")
          for (const each of keys) {
            const copy = heldAs(copyKeyOf(each), yield* heldAt(later, each))
            yield* equal(yield* heldAt(later, copyKeyOf(each)), copy, `the copy of ${each.id}`)
          }
        })
      )
    }
  },
  {
    id: "writes.areTold",
    title: "a session tells its last sixteen writes, those that added entries included, the newest last",
    run: function*(trial) {
      const client = yield* trial.open
      const expected: Array<unknown> = []
      for (let n = 0; n < appliedWritesMax + 3; n++) {
        const operations = [[put(key, n)], [append(key, [n, "more"])], [put(key, n), append(key, [n])]][n % 3]!
        const change = trial.change(...operations)
        const { entryCount, updatedAt: at, version } = yield* client.send(change)
        expected.push({ id: change.writeId, version, at, entryCount })
        yield* equal((yield* client.read(key)).writes, expected.slice(-appliedWritesMax), `what write ${n + 1} leaves`)
        const last = (yield* heldAt(client, key)).entries.at(-1)?.writeId
        if (n % 3 > 0) yield* equal(last, change.writeId, "the write id on the last entry")
      }
      yield* client.commit(append(key, []))
      const { writes } = yield* trial.visit((later) => later.read(key))
      yield* equal(writes, expected.slice(-appliedWritesMax), "what a later instance is told")
    }
  }
])
