/**
 * Group commit: changes that arrive together share one transaction and one flush.
 *
 * Nobody is answered before COMMIT, refusals included. The transaction asks first whether the store takes
 * writes at all. When a member's rows fail, it is rolled back and every member gets one of its own.
 */
import { type KeyReceipt, OutcomeUnknown, type PlannedOperation, type Reason } from "@holdfast/core"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { applyChange, type Refused, type Request } from "./commitChange.ts"
import type { Connection } from "./connection.ts"
import { type Database, whileBusy } from "./Database.ts"
import { refusalOfStore } from "./storeRecord.ts"
import { inTransaction } from "./transaction.ts"

// A transaction of this many changes, or of this much text, holds the event loop for some milliseconds.
const membersMax = 256
const textMax = 4 * 1024 * 1024

/** A change in the queue. */
interface Member {
  readonly request: Request
  readonly answer: Deferred.Deferred<Answer>
  /** Whether somebody still waits for it. */
  isWanted: boolean
}

/** What a member gets: rows for its keys, why it was refused, or what its transaction met. */
type Answer = Result.Result<Committed, Refused | Failed>

/** Rows for the keys of a change, and the journal that the commit was flushed to. */
interface Committed {
  readonly keys: ReadonlyArray<KeyReceipt>
  readonly journal: Connection["journal"]
}

/** A transaction that failed for all of its members. */
interface Failed {
  readonly reason: Reason
}

/** Applies the changes of a group, each whole or not at all. A store that takes no write refuses them all. */
const applyAll = (
  { journal, statements }: Connection,
  path: string,
  requests: ReadonlyArray<Request>
): ReadonlyArray<Result.Result<Committed, Refused>> => {
  const refusal = refusalOfStore(path, statements)
  return requests.map((request) =>
    Option.match(refusal, {
      onNone: () => Result.map(applyChange(statements, request), (keys) => ({ keys, journal })),
      onSome: (reason) => Result.fail({ key: request.change.operations[0]!.key, reason })
    })
  )
}

const lengthOf = (texts: ReadonlyArray<string>): number => texts.reduce((sum, text) => sum + text.length, 0)

const lengthOfOperation = (operation: PlannedOperation): number => {
  switch (operation._tag) {
    case "Put":
      return lengthOf([operation.body, operation.summary])
    case "Append":
      return lengthOf(operation.entries)
    case "Restore":
      return lengthOf([operation.record.body, operation.record.head.summary])
        + lengthOf(operation.entries.map(({ entry }) => entry))
    case "Remove":
      return 0
  }
}

const textOf = ({ request }: Member): number =>
  request.change.operations.reduce((sum, operation) => sum + lengthOfOperation(operation), 0)

/** The first members that fit into one transaction, at least one. */
const takeFitting = (waiting: Array<Member>): ReadonlyArray<Member> => {
  let text = 0
  const end = waiting.findIndex((member, index) => {
    text += textOf(member)
    return index > 0 && (index >= membersMax || text > textMax)
  })
  return waiting.splice(0, end < 0 ? waiting.length : end)
}

/** Takes changes and answers them when they are committed. */
export interface GroupCommit {
  /** Commits a change. Interrupting the waiting keeps a change that was not begun from beginning. */
  readonly commit: (request: Request) => Effect.Effect<Answer>
}

/** Starts the committing of a database for the length of the scope. */
export const makeGroupCommit = Effect.fnUntraced(function*(
  database: Database,
  options: { readonly busyTimeout: Duration.Duration; readonly committed: Effect.Effect<void> }
): Effect.fn.Return<GroupCommit, never, Scope.Scope> {
  const { options: { path } } = database
  const queue = yield* Queue.unbounded<Member>()

  /** One transaction of those who still wait: a caller may have gone while the database was locked. */
  const once = (members: ReadonlyArray<Member>) =>
    Effect.gen(function*() {
      const wanted = members.filter(({ isWanted }) => isWanted)
      if (wanted.length === 0) return []
      const done = yield* inTransaction(
        database,
        (connection) => applyAll(connection, path, wanted.map(({ request }) => request))
      )
      return wanted.map(({ answer }, index) => [answer, done[index]!] as const)
    })

  const answerAll = (members: ReadonlyArray<Member>, reason: Reason) =>
    Effect.forEach(members, ({ answer }) => Deferred.succeed(answer, Result.fail({ reason })), { discard: true })

  const run = (members: ReadonlyArray<Member>): Effect.Effect<void> =>
    Effect.gen(function*() {
      const done = yield* Effect.result(whileBusy(options.busyTimeout)(once(members)))
      if (Result.isSuccess(done)) {
        yield* options.committed
        yield* Effect.forEach(done.success, ([answer, result]) => Deferred.succeed(answer, result))
        return
      }
      const reason = done.failure
      // One bad member must not take the others with it; each failure is then its own.
      if (reason.outcome === "notApplied" && reason._tag !== "Busy" && members.length > 1) {
        yield* Effect.forEach(members, (member) => run([member]))
        return
      }
      yield* answerAll(members, reason)
    }).pipe(Effect.onError((cause) => {
      const why = "the committing of changes ended early"
      return answerAll(members, new OutcomeUnknown({ outcome: "unknown", why, cause }))
    }))

  yield* Effect.gen(function*() {
    const waiting: Array<Member> = yield* Queue.takeAll(queue)
    while (waiting.length > 0) {
      // What breaks one transaction was told to its members; the others go on.
      yield* Effect.catchCause(
        run(takeFitting(waiting)),
        (cause) => Cause.hasInterruptsOnly(cause) ? Effect.interrupt : Effect.logError(cause)
      )
    }
  }).pipe(
    Effect.forever,
    Effect.forkScoped
  )

  return {
    commit: (request) =>
      Effect.gen(function*() {
        const member: Member = { request, answer: yield* Deferred.make<Answer>(), isWanted: true }
        yield* Queue.offer(queue, member)
        return yield* Effect.onInterrupt(Deferred.await(member.answer), () =>
          Effect.sync(() => {
            member.isWanted = false
          }))
      })
  }
})
