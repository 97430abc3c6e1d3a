/**
 * Applying the changes of a group, in the order in which they came.
 *
 * Saves of one session that come one after the other are planned one by one, each over what the one before
 * made of it, and the last one is written: nobody can read between two changes of a transaction. Every
 * save has its own version and its own answer. Whatever is no plain save ends such a run.
 */
import { type KeyFacts, type KeyReceipt, type PlannedChange, sameKey } from "@holdfast/core/port"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { applyChange, factsFor, planOver, type Refused, type Request } from "./commitChange.ts"
import { placeOf } from "./keyBytes.ts"
import { rowOf, type Statements } from "./statements.ts"
import { carryOut, type Planned, receiptOf } from "./writeRows.ts"

type Applied = Result.Result<ReadonlyArray<KeyReceipt>, Refused>

/** A change that only puts a state, whatever is there. */
const isPlainSave = ({ operations: [first, second] }: PlannedChange): boolean =>
  second === undefined && first?._tag === "Put" && first.expect === "any"

/** Whether a save may take the place of the one before it. */
const goesOn = ({ change: before }: Request, { change }: Request): boolean =>
  isPlainSave(before) && isPlainSave(change) && sameKey(before.operations[0]!.key, change.operations[0]!.key)

/** Where the run that begins at an index ends. */
const endOfRun = (requests: ReadonlyArray<Request>, from: number): number => {
  let end = from + 1
  while (end < requests.length && goesOn(requests[end - 1]!, requests[end]!)) end++
  return end
}

/** Plans saves of one session one after the other and writes what the last of them leaves. */
const applyRun = (statements: Statements, requests: ReadonlyArray<Request>): ReadonlyArray<Applied> => {
  const { change: { operations }, path } = requests[0]!
  const { key } = operations[0]!
  const row = rowOf(statements, placeOf(key), statements.facts)
  let facts: Result.Result<KeyFacts, Refused> = Result.mapError(
    factsFor(row, operations, path),
    (reason) => ({ key, reason })
  )
  let last: { readonly planned: Planned; readonly writeId: string } | undefined
  const answers = requests.map((request): Applied => {
    if (Result.isFailure(facts)) return Result.fail(facts.failure)
    const known = { operations: request.change.operations, row, facts: facts.success }
    const planned = planOver(statements, known, request)
    if (Result.isFailure(planned)) return Result.fail(planned.failure)
    const { plan } = planned.success
    if (plan._tag === "Write") {
      facts = Result.succeed({ live: Option.some(plan.next), removed: Option.none() })
      last = { planned: planned.success, writeId: request.change.writeId }
    }
    return Result.succeed([receiptOf(planned.success)])
  })
  if (last !== undefined) carryOut(statements, last.planned, last.writeId)
  return answers
}

/** Applies changes and gives for each of them a row for each of its keys, or why it was refused. Throws what SQLite throws. */
export const applyChanges = (statements: Statements, requests: ReadonlyArray<Request>): ReadonlyArray<Applied> => {
  const answers: Array<Applied> = []
  while (answers.length < requests.length) {
    const run = requests.slice(answers.length, endOfRun(requests, answers.length))
    if (run.length === 1) answers.push(applyChange(statements, run[0]!))
    else answers.push(...applyRun(statements, run))
  }
  return answers
}
