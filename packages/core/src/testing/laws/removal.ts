/**
 * The laws of removal: what was removed is gone, what stands beside it stays, and a session that is
 * created again has nothing of its former life.
 * A version is the only thing that outlives a removal; the laws of versions watch it.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { makeKey } from "../../model/SessionKey.ts"
import { equal, holds, refused } from "../claims.ts"
import { append, json, put, remove } from "../operations.ts"
import { family, leavesUnchanged } from "../Trial.ts"

const key = makeKey("session", ["account"])

export const removalLaws = family("removal", [
  {
    id: "remove.isGone",
    title: "a removed session is none, has no entries and is not listed",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(key, 1), append(key, ["a", "b"]))
      const receipt = yield* client.commit(remove(key))
      yield* equal(receipt.entryCount, 0, "the entry count in the receipt of the removal")
      yield* equal(yield* client.adapter.head(key), Option.none(), "the head of a removed session")
      yield* equal(yield* client.snapshot(key), { session: Option.none(), entries: [] }, "the removed session")
      yield* equal(yield* client.list(), [], "the listing after the removal")
    }
  },
  {
    id: "remove.ofAbsent",
    title: "removing what is absent changes nothing",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(makeKey("other", ["account"]), 1))
      yield* leavesUnchanged(client, [key], client.commit(remove(key)))
      yield* client.commit(remove(key, { expect: "absent" }))
      const call = leavesUnchanged(client, [key], client.commit(remove(key, { expect: "present" })))
      yield* refused(call, "Conflict", "removing an absent session that is expected to be there")
    }
  },
  {
    id: "remove.leavesOthers",
    title: "a removal leaves the sessions beside, above and below it",
    run: function*(trial) {
      const client = yield* trial.open
      const others = [
        makeKey("session"),
        makeKey("session", ["account", "session"]),
        makeKey("a", ["account", "session"]),
        makeKey("session2", ["account"]),
        makeKey("sessio", ["account"]),
        makeKey("SESSION", ["account"]),
        makeKey("session", ["account2"])
      ]
      for (const other of others) yield* client.commit(put(other, { other }), append(other, ["kept"]))
      const before = yield* Effect.forEach(others, client.snapshot)
      yield* client.commit(put(key, 1), append(key, ["gone"]))
      yield* client.commit(remove(key))
      yield* equal(yield* Effect.forEach(others, client.snapshot), before, "the other sessions")
    }
  },
  {
    id: "recreate.isNew",
    title: "a session that is created again has another incarnation, none of the old entries and new times",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(
        put(key, "old", { kind: "draft", schemaVersion: 7 }),
        append(key, ["a", "b"], { kind: "draft" })
      )
      const old = yield* client.read(key)
      const removed = yield* client.commit(remove(key))
      const created = yield* client.commit(put(key, "new"))
      const { body, head } = yield* client.read(key)
      yield* equal([body, head.kind, head.schemaVersion], [json("new"), "note", 1], "body, kind and schema version")
      yield* holds(() => head.incarnation !== old.head.incarnation, "the incarnation is another one")
      yield* equal([head.entryCount, yield* client.texts(key)], [0, []], "the entries of the new life")
      yield* holds(() => head.createdAt >= removed.updatedAt, "the new life begins no earlier than the old one ends")
      yield* equal([created.createdAt, created.updatedAt], [head.createdAt, head.updatedAt], "the times in the receipt")
      yield* client.commit(append(key, ["c"]))
      const rows = yield* client.entries(key)
      yield* equal(rows.map((row) => [row.index, row.entry]), [[0, json("c")]], "the first entry of the new life")
    }
  },
  {
    id: "incarnation.isKept",
    title: "a session keeps its incarnation until it is removed, and no two sessions share one",
    run: function*(trial) {
      const client = yield* trial.open
      const other = makeKey("other", ["account"])
      yield* client.commit(put(key, 1))
      yield* client.commit(put(other, 1))
      const { incarnation } = (yield* client.read(key)).head
      for (const operations of [[put(key, 2)], [append(key, [1])], [put(key, 3), append(key, [2])]]) {
        yield* client.commit(...operations)
        yield* equal((yield* client.read(key)).head.incarnation, incarnation, "the incarnation after a write")
      }
      const { head } = yield* client.read(other)
      yield* holds(() => head.incarnation !== incarnation, "another session has another incarnation")
    }
  },
  {
    id: "recreate.knowsNoOldIds",
    title: "an append under a write id of the former life is applied to the new one",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(key, "old"))
      const change = trial.change(append(key, ["first"]))
      yield* client.send(change)
      yield* client.commit(remove(key))
      yield* client.commit(put(key, "new"))
      const receipt = yield* client.send(change)
      yield* equal(receipt.entryCount, 1, "the entry count in the receipt")
      yield* equal(yield* client.texts(key), [json("first")], "the entries of the new life")
      yield* leavesUnchanged(client, [key], client.send({ ...change, attempt: 2 }))
    }
  },
  {
    id: "recreate.outlivesRepeatedRemoval",
    title: "a removal that is sent again changes nothing in the life that began after it",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(key, "old"))
      const removal = trial.change(remove(key, { expect: "any" }))
      yield* client.send(removal)
      yield* client.commit(put(key, "new", { expect: "absent" }), append(key, ["kept"]))
      yield* leavesUnchanged(client, [key], client.send({ ...removal, attempt: 2 }))
    }
  }
])
