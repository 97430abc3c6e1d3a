/**
 * The laws of repeated writes: a write id that was applied changes nothing when it comes again, and is
 * answered as it was then. So whoever does not know what became of a write can send it again.
 * How long a write is remembered is part of it: sixteen writes of any kind, a thousand appends.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { KeyReceipt } from "../../errors/Receipt.ts"
import { StorageError } from "../../errors/StorageError.ts"
import { makeKey } from "../../model/SessionKey.ts"
import { appliedWritesMax } from "../../model/StoredRecord.ts"
import type { Operation, StorageChange } from "../../port/StorageChange.ts"
import { equal, holds, refused } from "../claims.ts"
import { append, json, put, remove } from "../operations.ts"
import { type Client, family, leavesUnchanged, type Trial } from "../Trial.ts"

const key = makeKey("session", ["account"])

/** What a repeated write is answered with again. */
const answerOf = ({ entryCount, updatedAt, version }: KeyReceipt) => ({ entryCount, updatedAt, version })

/** Sends a change again and claims that it changes nothing and is answered as it was. */
const repeats = Effect.fnUntraced(function*(client: Client, change: StorageChange, answer: KeyReceipt) {
  const again = yield* leavesUnchanged(client, [key], client.send({ ...change, attempt: 2 }))
  yield* equal(answerOf(again), answerOf(answer), "the answer to the repeated write")
  return again
})

const isRepeatable = (...operations: ReadonlyArray<Operation>) =>
  function*(trial: Trial) {
    const client = yield* trial.open
    yield* client.commit(put(key, "before"), append(key, ["before"]))
    const change = trial.change(...operations)
    const answer = yield* client.send(change)
    const again = yield* repeats(client, change, answer)
    if (operations.every((operation) => operation._tag !== "Remove")) {
      yield* equal(again.createdAt, answer.createdAt, "the time of creation in the answer to the repeated write")
    }
    yield* repeats(client, change, answer)
  }

/** One change of each kind with a precondition that holds only once. */
const sendOneOfEach = Effect.fnUntraced(function*(client: Client, trial: Trial) {
  const created = trial.change(put(key, "created", { expect: "absent" }))
  const createdAnswer = yield* client.send(created)
  const appended = trial.change(append(key, ["appended"], { expect: createdAnswer.version }))
  const appendedAnswer = yield* client.send(appended)
  const both = trial.change(put(key, "both", { expect: appendedAnswer.version }), append(key, ["both"]))
  const bothAnswer = yield* client.send(both)
  return [[created, createdAnswer], [appended, appendedAnswer], [both, bothAnswer]] as const
})

const laterAppendCount = 1000

export const idempotenceLaws = family("idempotence", [
  {
    id: "repeat.put",
    title: "a repeated put changes nothing and is answered as it was then",
    run: isRepeatable(put(key, "put"))
  },
  {
    id: "repeat.append",
    title: "a repeated append adds nothing and is answered as it was then",
    run: isRepeatable(append(key, ["a", "b"]))
  },
  {
    id: "repeat.both",
    title: "a repeated put and append changes nothing and is answered as it was then",
    run: isRepeatable(put(key, "both"), append(key, ["both"]))
  },
  {
    id: "repeat.remove",
    title: "a repeated removal changes nothing and is answered as it was then",
    run: isRepeatable(remove(key, { expect: "present" }))
  },
  {
    id: "repeat.beforeExpect",
    title: "a repeated write is recognised before its precondition is judged",
    run: function*(trial) {
      const client = yield* trial.open
      for (const [change, answer] of yield* sendOneOfEach(client, trial)) yield* repeats(client, change, answer)
    }
  },
  {
    id: "repeat.afterOthers",
    title: "a repeated write is answered as it was then, whatever was written since",
    run: function*(trial) {
      const client = yield* trial.open
      const sent = yield* sendOneOfEach(client, trial)
      for (let n = 0; n < 5; n++) yield* client.commit(put(key, n), append(key, [n]))
      for (const [change, answer] of sent) yield* repeats(client, change, answer)
    }
  },
  {
    id: "repeat.afterReopen",
    title: "a repeated write is recognised by an instance that was opened since",
    run: function*(trial) {
      const sent = yield* trial.visit((client) => sendOneOfEach(client, trial))
      yield* trial.visit((client) =>
        Effect.forEach(sent, ([change, answer]) => repeats(client, change, answer), { discard: true })
      )
      const removal = trial.change(remove(key, { expect: "present" }))
      const answer = yield* trial.visit((client) => client.send(removal))
      yield* trial.visit((client) => repeats(client, removal, answer))
    }
  },
  {
    id: "repeat.afterRemoval",
    title: "a write that is repeated after its session was removed does not bring it back",
    run: function*(trial) {
      const client = yield* trial.open
      const sent = yield* sendOneOfEach(client, trial)
      yield* client.commit(remove(key))
      for (const [change, answer] of sent) yield* repeats(client, change, answer)
      yield* equal((yield* client.snapshot(key)).session, Option.none(), "the removed session")
    }
  },
  {
    id: "repeat.longAgo",
    title: "a repeated append is recognised a thousand appends later",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(key, 1))
      const change = trial.change(append(key, ["first"]))
      const answer = yield* client.send(change)
      yield* Effect.forEach(
        Array.from({ length: laterAppendCount }, (_, n) => n),
        (n) => client.commit(append(key, [n])),
        { concurrency: 50, discard: true }
      )
      const again = yield* client.send({ ...change, attempt: 2 })
      yield* equal(answerOf(again), answerOf(answer), "the answer to the repeated append")
      yield* equal((yield* client.read(key)).head.entryCount, laterAppendCount + 1, "the entry count")
    }
  },
  {
    id: "repeat.scrolledOut",
    title: "a repeated write that may have been forgotten is not answered by a conflict",
    run: function*(trial) {
      const client = yield* trial.open
      const change = trial.change(put(key, "first", { expect: "absent" }))
      const answer = yield* client.send(change)
      for (let n = 0; n <= appliedWritesMax; n++) yield* client.commit(put(key, n))
      const again = yield* Effect.result(leavesUnchanged(client, [key], client.send({ ...change, attempt: 2 })))
      if (Result.isSuccess(again)) {
        yield* equal(answerOf(again.success), answerOf(answer), "the answer to the repeated write")
      } else {
        const error = again.failure
        yield* holds(
          () => error instanceof StorageError && error.reason._tag === "OutcomeUnknown" && error.outcome === "unknown",
          `the outcome of a write that may have been forgotten is unknown, not ${error.message}`
        )
      }
      const fresh = leavesUnchanged(client, [key], client.commit(put(key, "fresh", { expect: "absent" })))
      yield* refused(fresh, "Conflict", "the first try of another write")
    }
  },
  {
    id: "repeat.afterRefusal",
    title: "a write id that was refused is not remembered",
    run: function*(trial) {
      const client = yield* trial.open
      const change = trial.change(put(key, "late", { expect: "present" }), append(key, ["late"]))
      yield* refused(client.send(change), "Conflict", "a put that expects a record where there is none")
      yield* client.commit(put(key, "early"))
      yield* client.send({ ...change, attempt: 2 })
      yield* equal((yield* client.read(key)).body, json("late"), "the body")
      yield* equal(yield* client.texts(key), [json("late")], "the entries")
    }
  },
  {
    id: "repeat.atOnce",
    title: "one write that is sent several times at once is applied once",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(key, "before"))
      const change = trial.change(put(key, "once"), append(key, ["once"]))
      const copies = Array.from({ length: 8 }, (_, index) => ({ ...change, attempt: index + 1 }))
      const answers = yield* Effect.forEach(copies, client.send, { concurrency: "unbounded" })
      for (const answer of answers) yield* equal(answerOf(answer), answerOf(answers[0]!), "the answer to each copy")
      const { entryCount, version } = (yield* client.read(key)).head
      yield* equal([entryCount, version], [1, answers[0]?.version], "entry count and version")
    }
  }
])
