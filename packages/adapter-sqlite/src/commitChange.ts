/**
 * Applying a change inside a transaction that the caller holds.
 *
 * All keys are planned before any row is written, so a refused operation leaves all of them as they
 * were. What `planChange` decides is then written row by row.
 */
import {
  type KeyFacts,
  type KeyReceipt,
  operationsByKey,
  planChange,
  type PlannedChange,
  type PlannedOperation,
  randomId,
  type Reason,
  reasonOfRefusal,
  type SessionKey,
  Version
} from "@holdfast/core/port"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { placeOf } from "./keyBytes.ts"
import { states } from "./schema.ts"
import { factsOf, lostReason } from "./sessionRow.ts"
import { type FactsRow, rowOf, type Statements } from "./statements.ts"
import { carryOut, idText, type Planned, receiptOf } from "./writeRows.ts"

/** A change to apply: the clock's reading is its caller's. */
export interface Request {
  readonly change: PlannedChange
  readonly now: number
  /** The database's path, for errors. */
  readonly path: string
}

/** A refused operation. */
export interface Refused {
  readonly key: SessionKey
  readonly reason: Reason
}

/** The write of this id among a session's entries, however long ago it was. */
const entryWriteOf = (statements: Statements, session: number, id: string) =>
  Option.map(
    Option.fromUndefinedOr(statements.entryWrite.get(session, idText(id))),
    ({ at, index, version }) => ({ id, version: Version(version), at, entryCount: index + 1 })
  )

/** What the key's row says, for a change that may be made over it. */
export const factsFor = (
  row: FactsRow | undefined,
  operations: ReadonlyArray<PlannedOperation>,
  path: string
): Result.Result<KeyFacts, Reason> =>
  // Removing what is lost is the only way on: nobody can say what a write would replace.
  row?.state === states.lost && operations.some(({ _tag }) => _tag !== "Remove")
    ? Result.fail(lostReason(path, row))
    : factsOf(path, row)

/** What is known of a key before a change, with the row that says so, and the change's operations on it. */
interface Known {
  readonly operations: ReadonlyArray<PlannedOperation>
  readonly row: FactsRow | undefined
  readonly facts: KeyFacts
}

/** Plans a change of one key over what is known of it. */
export const planOver = (
  statements: Statements,
  { facts, operations, row }: Known,
  { change, now }: Request
): Result.Result<Planned, Refused> => {
  const { key } = operations[0]!
  const { writeId } = change
  // The newest writes are in the record, with their own times: an entry may have the time of its original.
  const isKnown = Option.isSome(facts.live) && facts.live.value.writes.some(({ id }) => id === writeId)
  const applied = row === undefined || row.entry_count === 0 || isKnown
    ? Option.none()
    : entryWriteOf(statements, row.session, writeId)
  const context = { writeId, attempt: change.attempt ?? 1, now, incarnation: randomId() }
  const plan = planChange({ ...facts, applied }, operations, context)
  return Result.isSuccess(plan)
    ? Result.succeed({ key, row, plan: plan.success })
    : Result.fail({ key, reason: reasonOfRefusal(plan.failure) })
}

const planKey = (
  statements: Statements,
  operations: ReadonlyArray<PlannedOperation>,
  request: Request
): Result.Result<Planned, Refused> => {
  const { key } = operations[0]!
  const row = rowOf(statements, placeOf(key), statements.facts)
  const facts = factsFor(row, operations, request.path)
  return Result.isSuccess(facts)
    ? planOver(statements, { operations, row, facts: facts.success }, request)
    : Result.fail({ key, reason: facts.failure })
}

/** Applies a change and gives a row for each of its keys, or writes nothing and gives why. Throws what SQLite throws. */
export const applyChange = (
  statements: Statements,
  request: Request
): Result.Result<ReadonlyArray<KeyReceipt>, Refused> => {
  const { operations, writeId } = request.change
  const planned = Result.all(operationsByKey(operations).map((group) => planKey(statements, group, request)))
  return Result.map(planned, (plans) => {
    for (const each of plans) carryOut(statements, each, writeId)
    return plans.map(receiptOf)
  })
}
