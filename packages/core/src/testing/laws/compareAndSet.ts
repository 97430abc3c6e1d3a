/**
 * The laws of compare-and-set: a write whose precondition does not hold changes nothing and says why, and
 * of writers that race under one precondition one wins.
 * A record of another kind or of a newer schema is guarded in the same way, whatever the write expects.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { StorageError } from "../../errors/StorageError.ts"
import type { Capability } from "../../model/Capability.ts"
import { makeKey } from "../../model/SessionKey.ts"
import { Version } from "../../model/Version.ts"
import { equal, holds, refused } from "../claims.ts"
import { counted, increment } from "../counter.ts"
import { append, json, put, remove } from "../operations.ts"
import { family, leavesUnchanged } from "../Trial.ts"

const key = makeKey("session", ["account"])

/** Whether racing preconditions hold at all: among the writers of one process, or among more. */
export const comparesAndSets = (capability: Capability): boolean => capability.compareAndSet !== "none"

export const compareAndSetLaws = family("compare-and-set", [
  {
    id: "expect.absent",
    title: "a write that expects no record creates one and refuses to replace one",
    run: function*(trial) {
      const client = yield* trial.open
      const { version } = yield* client.commit(put(key, 1, { expect: "absent" }))
      for (const operation of [put(key, 2, { expect: "absent" }), append(key, [1], { expect: "absent" })]) {
        const call = leavesUnchanged(client, [key], client.commit(operation))
        const conflict = yield* refused(call, "Conflict", "expecting absent over a record")
        yield* equal(conflict.actual, Option.some(version), "the version that was found")
        yield* equal(conflict.expected, "absent", "what was expected")
      }
    }
  },
  {
    id: "expect.present",
    title: "a write that expects a record is refused where there is none",
    run: function*(trial) {
      const client = yield* trial.open
      const operations = [put(key, 1, { expect: "present" }), remove(key, { expect: "present" })]
      for (const operation of [...operations, append(key, [1], { expect: "present" })]) {
        const call = leavesUnchanged(client, [key], client.commit(operation))
        const conflict = yield* refused(call, "Conflict", "expecting a record where there is none")
        yield* equal(conflict.actual, Option.none(), "the version that was found")
      }
      yield* client.commit(put(key, 1))
      yield* client.commit(put(key, 2, { expect: "present" }))
      yield* client.commit(append(key, [1], { expect: "present" }))
      yield* equal((yield* client.read(key)).body, json(2), "the body that was written over a record")
      yield* client.commit(remove(key, { expect: "present" }))
    }
  },
  {
    id: "expect.version",
    title: "a write that expects a version is refused over every other one",
    run: function*(trial) {
      const client = yield* trial.open
      const first = yield* client.commit(put(key, 1))
      const second = yield* client.commit(put(key, 2, { expect: first.version }))
      for (const expect of [first.version, Version(second.version + 1), Version(second.version - 1)]) {
        for (const operation of [put(key, 3, { expect }), append(key, [1], { expect }), remove(key, { expect })]) {
          const call = leavesUnchanged(client, [key], client.commit(operation))
          const conflict = yield* refused(call, "Conflict", "expecting another version")
          yield* equal(conflict.actual, Option.some(second.version), "the version that was found")
        }
      }
      const third = yield* client.commit(append(key, [1], { expect: second.version }))
      yield* client.commit(remove(key, { expect: third.version }))
    }
  },
  {
    id: "expect.formerLife",
    title: "a version of a former life matches neither the absent session nor the one created again",
    clock: "standing",
    run: function*(trial) {
      const client = yield* trial.open
      const created = yield* client.commit(put(key, 1))
      const removed = yield* client.commit(remove(key))
      const versions = [created.version, removed.version]
      for (const expect of versions) {
        const call = leavesUnchanged(client, [key], client.commit(put(key, 2, { expect })))
        const conflict = yield* refused(call, "Conflict", "expecting a version of a removed session")
        yield* equal(conflict.actual, Option.none(), "the version that was found")
      }
      yield* client.commit(put(key, 3))
      for (const expect of versions) {
        const call = leavesUnchanged(client, [key], client.commit(put(key, 4, { expect })))
        yield* refused(call, "Conflict", "expecting a version of the former life")
      }
    }
  },
  {
    id: "kind.isKept",
    title: "a record of another kind is neither replaced nor appended to",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(key, 1, { kind: "note" }))
      for (const operation of [put(key, 2, { kind: "draft" }), append(key, [1], { kind: "draft" })]) {
        const call = leavesUnchanged(client, [key], client.commit(operation))
        const { record } = yield* refused(call, "Conflict", "writing another kind")
        yield* equal(record, { _tag: "OtherKind", expected: "draft", actual: "note" }, "the record in the conflict")
      }
      yield* client.commit(remove(key))
      yield* client.commit(put(key, 2, { kind: "draft" }))
      yield* equal((yield* client.read(key)).head.kind, "draft", "the kind of the session created after a removal")
    }
  },
  {
    id: "schema.isNotLowered",
    title: "a record of a newer schema version is neither replaced nor appended to by an older one",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(key, 1, { schemaVersion: 3 }))
      for (const operation of [put(key, 2, { schemaVersion: 2 }), append(key, [1], { schemaVersion: 2 })]) {
        const call = leavesUnchanged(client, [key], client.commit(operation))
        const { record } = yield* refused(call, "Conflict", "writing an older schema version")
        yield* equal(record, { _tag: "NewerSchema", expected: 2, actual: 3 }, "the record in the conflict")
      }
      yield* client.commit(put(key, 3, { schemaVersion: 3 }))
      yield* client.commit(put(key, 4, { schemaVersion: 4 }))
      const { body, head } = yield* client.read(key)
      yield* equal([body, head.schemaVersion], [json(4), 4], "body and schema version")
    }
  },
  {
    id: "refusal.isNamed",
    title: "a refusal names adapter, operation and key, and nothing of the content",
    run: function*(trial) {
      const client = yield* trial.open
      const secret = "content-of-the-session"
      yield* client.commit(put(key, secret, { summary: json(secret) }))
      const error = yield* Effect.flip(client.commit(put(key, secret, { expect: "absent", summary: json(secret) })))
      yield* holds(() => error instanceof StorageError, "a refusal is a StorageError")
      if (!(error instanceof StorageError)) return
      yield* equal([error.operation, error.key], ["commit", key], "operation and key")
      yield* holds(() => error.adapter !== "", "the error names the adapter")
      yield* holds(() => !error.message.includes(secret), "the message holds nothing of the content")
    }
  },
  {
    id: "cas.counts",
    title: "twenty writers that increment one counter under its version lose no increment",
    needs: comparesAndSets,
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(key, 0))
      const writers = Array.from({ length: 20 }, () => increment(client, key))
      yield* Effect.all(writers, { concurrency: "unbounded", discard: true })
      yield* equal(yield* counted(client, key), 20, "the counter")
    }
  },
  {
    id: "cas.oneCreates",
    title: "of writers that create one session at the same time exactly one succeeds",
    needs: comparesAndSets,
    run: function*(trial) {
      const client = yield* trial.open
      const results = yield* Effect.forEach(
        Array.from({ length: 20 }, (_, index) => index),
        (index) => Effect.result(client.commit(put(key, index, { expect: "absent" }))),
        { concurrency: "unbounded" }
      )
      const winners = results.flatMap((result, index) =>
        Result.isSuccess(result) ? [{ index, row: result.success }] : []
      )
      yield* equal(winners.length, 1, "the number of writers that created the session")
      for (const result of results) {
        if (Result.isFailure(result)) yield* refused(Effect.fail(result.failure), "Conflict", "a writer that lost")
      }
      const { body, head } = yield* client.read(key)
      yield* equal([body, head.version], [json(winners[0]?.index), winners[0]?.row.version], "what the winner wrote")
    }
  }
])
