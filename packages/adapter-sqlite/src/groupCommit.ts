/**
 * Group commit: changes that arrive together share one transaction and one flush.
 *
 * Nobody is answered before COMMIT, refusals included. BEGIN to COMMIT is one synchronous run, so no
 * transaction is open while anybody else runs. When a member's rows fail, the transaction is rolled back
 * and every member gets one of its own.
 */
import { type KeyReceipt, OutcomeUnknown, type Reason } from "@holdfast/core"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { applyChange, type Refused, type Request } from "./commitChange.ts"
import type { Connection } from "./connection.ts"
import { type Database, whileBusy } from "./Database.ts"
import { isBusy, isFull, reasonOf } from "./resultCode.ts"

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

/** Where a transaction failed. At `commit` it may have been applied; before, it was not. */
interface Broken {
  readonly stage: "begin" | "apply" | "commit"
  readonly cause: unknown
  /** Whether SQLite still had the transaction, and gave it up when it was told to. */
  readonly wasRolledBack: boolean
  /** Whether no transaction is left. */
  readonly isEnded: boolean
}

/** Runs members in one transaction. Nothing else runs between BEGIN and its end. */
const transact = (
  { database, journal, statements }: Connection,
  requests: ReadonlyArray<Request>
): Result.Result<ReadonlyArray<Result.Result<Committed, Refused>>, Broken> => {
  let stage: Broken["stage"] = "begin"
  return Result.try({
    try: () => {
      statements.begin.run()
      stage = "apply"
      const results = requests.map((request) => applyChange(statements, request))
      stage = "commit"
      statements.commit.run()
      return results.map(Result.map((keys) => ({ keys, journal })))
    },
    catch: (cause): Broken => {
      const stands = database.isTransaction
      const wasRolledBack = stands && Result.isSuccess(Result.try(() => statements.rollback.run()))
      return { stage, cause, wasRolledBack, isEnded: wasRolledBack || !stands }
    }
  })
}

/** What is true after a transaction failed. */
const judge = (path: string, { cause, stage, wasRolledBack }: Broken): Reason => {
  // A COMMIT that finds the disk full, or a reader in its way, has not written its last record.
  const isKnown = stage !== "commit" || isFull(cause) || (isBusy(cause) && wasRolledBack)
  return isKnown
    ? reasonOf(cause, { path, outcome: "notApplied" })
    : new OutcomeUnknown({ outcome: "unknown", why: `the commit to ${path} failed while it was flushed`, cause })
}

const textOf = ({ request }: Member): number =>
  request.change.operations.reduce((sum, operation) => {
    if (operation._tag === "Remove") return sum
    if (operation._tag === "Put") return sum + operation.body.length + operation.summary.length
    return operation.entries.reduce((size, entry) => size + entry.length, sum)
  }, 0)

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
      const done = yield* database.use((connection) => transact(connection, wanted.map(({ request }) => request)))
      if (Result.isFailure(done)) {
        // A transaction that cannot be ended must not swallow the next one.
        if (!done.failure.isEnded) yield* database.drop
        return yield* Effect.fail(judge(path, done.failure))
      }
      return wanted.map(({ answer }, index) => [answer, done.success[index]!] as const)
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
      if (reason.outcome === "unknown") yield* database.drop
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
