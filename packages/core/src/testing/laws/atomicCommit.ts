/**
 * The laws of atomic commits: a change is there whole or not at all, for those who read meanwhile, after a
 * refusal and after an interruption.
 * A change of one key is whole with every adapter; one of several keys where the capability says so.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import { makeKey } from "../../model/SessionKey.ts"
import { equal, holds, refused } from "../claims.ts"
import { append, json, put, remove } from "../operations.ts"
import { type Client, family, leavesUnchanged } from "../Trial.ts"

const key = makeKey("session", ["account"])
const keys = [makeKey("first", ["account"]), makeKey("second", ["account"]), makeKey("third")]

/** A session whose state says how many entries it has: a mixture of two versions is recognised. */
const numbered = (n: number) => [put(key, n), append(key, [n])] as const

const isWhole = Effect.fnUntraced(function*(client: Client) {
  const { body, head } = yield* client.read(key)
  yield* equal(head.entryCount, Number(body), "the entry count of the version that wrote this body")
  return head.entryCount
})

export const atomicCommitLaws = family("atomic commit", [
  {
    id: "commit.oneVersion",
    title: "a put and an append of one change are one version",
    run: function*(trial) {
      const client = yield* trial.open
      const before = yield* client.commit(put(key, 0))
      const receipt = yield* client.commit(put(key, 1), append(key, ["a", "b"]), append(key, ["c"]))
      const { body, head } = yield* client.read(key)
      const entries = yield* client.entries(key)
      yield* equal([body, head.entryCount, receipt.entryCount], [json(1), 3, 3], "body and entry counts")
      yield* equal(entries.map((row) => row.entry), ["a", "b", "c"].map(json), "the entries of both appends")
      yield* holds(() => receipt.version > before.version, "the version rises")
      const versions = [head.version, ...entries.map((row) => row.version)]
      yield* equal(versions, versions.map(() => receipt.version), "the versions of head and entries")
    }
  },
  {
    id: "commit.judgesBefore",
    title: "every precondition of a change is judged against the state before it",
    run: function*(trial) {
      const client = yield* trial.open
      const late = leavesUnchanged(client, [key], client.commit(put(key, 1), append(key, [1], { expect: "present" })))
      yield* refused(late, "Conflict", "an append that expects what its own change would make")
      yield* client.commit(put(key, 1, { expect: "absent" }), append(key, [1], { expect: "absent" }))
      const { version } = (yield* client.read(key)).head
      yield* client.commit(put(key, 2, { expect: version }), append(key, [2], { expect: version }))
      yield* equal((yield* client.read(key)).head.entryCount, 2, "the entry count")
    }
  },
  {
    id: "commit.allOrNothing",
    title: "one precondition that does not hold refuses the whole change",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(key, 0), append(key, [0]))
      const changes = [
        [put(key, 1), append(key, [1], { expect: "absent" })],
        [append(key, [1]), put(key, 1, { expect: "absent" })],
        [append(key, [1]), put(key, 1, { kind: "other" })],
        [put(key, 1), append(key, [1], { kind: "other" })]
      ]
      for (const operations of changes) {
        const call = leavesUnchanged(client, [key], client.commit(...operations))
        yield* refused(call, "Conflict", "a change with one operation that is refused")
      }
    }
  },
  {
    id: "commit.mixesNoRemoval",
    title: "removing and writing one key in one change is refused",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(key, 0), append(key, [0]))
      for (
        const operations of [[remove(key), put(key, 1)], [put(key, 1), remove(key)], [append(key, [1]), remove(key)]]
      ) {
        const call = leavesUnchanged(client, [key], client.commit(...operations))
        yield* refused(call, "Unsupported", "a change that removes and writes one key")
      }
    }
  },
  {
    id: "commit.wholeForReaders",
    title: "who reads while others write sees whole versions, and never an older one after a newer one",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(key, 0))
      const writer = yield* Effect.forkChild(Effect.gen(function*() {
        for (let n = 1; n <= 25; n++) {
          yield* client.commit(...numbered(n))
          yield* Effect.yieldNow
        }
      }))
      const reader = Effect.gen(function*() {
        let seen = 0
        while (writer.pollUnsafe() === undefined) {
          const count = yield* isWhole(client)
          yield* holds(() => count >= seen, `version ${count} is not older than version ${seen}`)
          seen = count
          yield* Effect.yieldNow
        }
      })
      yield* Effect.all([reader, reader, reader], { concurrency: "unbounded", discard: true })
      yield* Fiber.join(writer)
      yield* equal(yield* isWhole(client), 25, "the entry count in the end")
    }
  },
  {
    id: "commit.interrupted",
    title: "an interrupted commit leaves the old version or the new one, and can be sent again",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(key, 0))
      for (let n = 1; n <= 10; n++) {
        const change = trial.change(...numbered(n))
        const fiber = yield* Effect.forkChild(client.send(change), { startImmediately: true })
        for (let turns = 1; turns < n; turns++) yield* Effect.yieldNow
        yield* Fiber.interrupt(fiber)
        const seen = yield* isWhole(client)
        yield* holds(() => seen === n - 1 || seen === n, `version ${seen} is the one before or after commit ${n}`)
        const receipt = yield* client.send({ ...change, attempt: 2 })
        yield* equal(receipt.entryCount, n, "the entry count after sending the change again")
      }
      yield* equal(yield* isWhole(client), 10, "the entry count in the end")
      yield* equal(yield* client.texts(key), Array.from({ length: 10 }, (_, n) => json(n + 1)), "the entries")
    }
  },
  {
    id: "commit.manyKeys",
    title: "a change of several keys is one step: all of them or none",
    needs: ({ atomicity }) => atomicity === "manyKeys",
    run: function*(trial) {
      const client = yield* trial.open
      const created = yield* client.adapter.commit(
        trial.change(...keys.map((key) => put(key, 1)), append(keys[0]!, ["a"]))
      )
      yield* equal(
        created.keys.map((row) => [row.key.id, row.entryCount]),
        [["first", 1], ["second", 0], ["third", 0]],
        "the rows"
      )
      for (const row of created.keys) {
        yield* equal((yield* client.read(row.key)).head.version, row.version, "the version in the row and in the head")
      }
      const refusable = [put(keys[0]!, 2), put(keys[1]!, 2), put(keys[2]!, 2, { expect: "absent" })]
      for (const operations of [refusable, refusable.toReversed()]) {
        const call = leavesUnchanged(client, keys, client.commit(...operations))
        yield* refused(call, "Conflict", "a change of several keys with one that is refused")
      }
      yield* client.commit(remove(keys[0]!), put(keys[1]!, 3))
      yield* equal((yield* client.snapshot(keys[0]!)).session, Option.none(), "the removed session")
      yield* equal((yield* client.read(keys[1]!)).body, json(3), "the session that was written beside a removal")
    }
  },
  {
    id: "commit.manyKeysRefused",
    title: "an adapter that is atomic per key refuses a change of several keys and changes nothing",
    needs: ({ atomicity }) => atomicity === "oneKey",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(keys[0]!, 1))
      const call = leavesUnchanged(client, keys, client.commit(...keys.map((key) => put(key, 2))))
      yield* refused(call, "Unsupported", "a change of several keys")
    }
  }
])
