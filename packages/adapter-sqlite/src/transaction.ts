/**
 * One transaction as one synchronous run, and what is true of it when it failed.
 *
 * Nothing else runs between BEGIN and its end. A failure before COMMIT changed nothing; one at COMMIT is unknown
 * unless SQLite is known not to have written its last record. The connection is given up where it cannot be
 * relied on afterwards.
 */
import { OutcomeUnknown, type Reason } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Connection } from "./connection.ts"
import type { Database } from "./Database.ts"
import { isBusy, isFull, reasonOf } from "./resultCode.ts"

/** Where a transaction failed. At `commit` it may have been applied; before, it was not. */
interface Broken {
  readonly stage: "begin" | "apply" | "commit"
  readonly cause: unknown
  /** Whether SQLite still had the transaction, and gave it up when it was told to. */
  readonly wasRolledBack: boolean
  /** Whether no transaction is left. */
  readonly isEnded: boolean
}

const transact = <A>(connection: Connection, run: (connection: Connection) => A): Result.Result<A, Broken> => {
  const { database, statements } = connection
  let stage: Broken["stage"] = "begin"
  return Result.try({
    try: () => {
      statements.begin.run()
      stage = "apply"
      const answer = run(connection)
      stage = "commit"
      statements.commit.run()
      return answer
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

/** Runs over the open connection in one transaction that writes. Fails with what it met, and what that means. */
export const inTransaction = <A>(
  database: Database,
  run: (connection: Connection) => A
): Effect.Effect<A, Reason> =>
  Effect.uninterruptible(
    Effect.flatMap(database.use((connection) => transact(connection, run)), (done) => {
      if (Result.isSuccess(done)) return Effect.succeed(done.success)
      const reason = judge(database.options.path, done.failure)
      const refused = Effect.fail(reason)
      // A transaction that cannot be ended must not swallow the next one.
      const isOver = done.failure.isEnded && reason.outcome !== "unknown"
      return isOver ? refused : Effect.andThen(database.drop, refused)
    })
  )
