/**
 * Group commit: changes that arrive together share one transaction and one flush.
 *
 * Nobody is answered before COMMIT, refusals included. The transaction asks first whether the store takes
 * writes at all. When a member's rows fail, it is rolled back and every member gets one of its own.
 */
import { type KeyReceipt, OutcomeUnknown, type PlannedOperation, type Reason } from "@holdfast/core/port"
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { applyChanges } from "./applyChanges.ts"
import type { Refused, Request } from "./commitChange.ts"
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
  readonly answer: (answer: Answer) => void
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
  return Option.match(refusal, {
    onNone: () =>
      applyChanges(statements, requests).map((done) => Result.map(done, (keys): Committed => ({ keys, journal }))),
    onSome: (reason) => requests.map(({ change }) => Result.fail({ key: change.operations[0]!.key, reason }))
  })
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
  const waiting: Array<Member> = []
  /** Set while nobody waits. */
  let wake: (() => void) | undefined

  /** Ends when somebody waits, after a turn of the event loop: who comes in the same turn shares the transaction. */
  const arrival = Effect.callback<void>((resume) => {
    const next = () => {
      wake = undefined
      setImmediate(() => resume(Effect.void))
    }
    if (waiting.length > 0) next()
    else wake = next
  })

  /** One transaction of those who still wait: a caller may have gone while the database was locked. */
  const once = (members: ReadonlyArray<Member>) =>
    Effect.suspend(() => {
      const wanted = members.filter(({ isWanted }) => isWanted)
      if (wanted.length === 0) return Effect.succeed([])
      const applied = inTransaction(
        database,
        (connection) => applyAll(connection, path, wanted.map(({ request }) => request))
      )
      return Effect.map(applied, (done) => wanted.map((member, index) => [member, done[index]!] as const))
    })

  const answerAll = (members: ReadonlyArray<Member>, reason: Reason) =>
    Effect.sync(() => members.forEach(({ answer }) => answer(Result.fail({ reason }))))

  const failAll = (members: ReadonlyArray<Member>, reason: Reason): Effect.Effect<void> => {
    // One bad member must not take the others with it; each failure is then its own.
    const isSingled = reason.outcome === "notApplied" && reason._tag !== "Busy" && members.length > 1
    return isSingled
      ? Effect.forEach(members, (member) => run([member]), { discard: true })
      : answerAll(members, reason)
  }

  const run = (members: ReadonlyArray<Member>): Effect.Effect<void> =>
    whileBusy(options.busyTimeout)(once(members)).pipe(
      Effect.matchEffect({
        onFailure: (reason) => failAll(members, reason),
        onSuccess: (done) =>
          Effect.andThen(
            options.committed,
            Effect.sync(() => done.forEach(([{ answer }, result]) => answer(result)))
          )
      }),
      Effect.onError((cause) => {
        const why = "the committing of changes ended early"
        return answerAll(members, new OutcomeUnknown({ outcome: "unknown", why, cause }))
      })
    )

  yield* Effect.forkScoped(Effect.forever(Effect.andThen(
    arrival,
    // What breaks one transaction was told to its members; the others go on.
    Effect.catchCause(
      Effect.suspend(() => run(takeFitting(waiting))),
      (cause) => Cause.hasInterruptsOnly(cause) ? Effect.interrupt : Effect.logError(cause)
    )
  )))

  return {
    commit: (request) =>
      Effect.callback((resume) => {
        const member: Member = { request, answer: (answer) => resume(Effect.succeed(answer)), isWanted: true }
        waiting.push(member)
        wake?.()
        return Effect.sync(() => {
          member.isWanted = false
        })
      })
  }
})
