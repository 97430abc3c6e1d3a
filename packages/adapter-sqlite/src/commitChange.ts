/**
 * Applying a change inside a transaction that the caller holds.
 *
 * All keys are planned before any row is written, so a refused operation leaves all of them as they
 * were. What `planChange` decides is written row by row; SQLite's transaction makes it one step.
 */
import {
  type AppliedWrite,
  type KeyFacts,
  type KeyReceipt,
  type Operation,
  operationsByKey,
  type Plan,
  planChange,
  randomId,
  type Reason,
  reasonOfRefusal,
  type SessionKey,
  type StorageChange,
  Version
} from "@holdfast/core"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { placeOf } from "./keyBytes.ts"
import { entryChecksum, headChecksum, textChecksum } from "./rowChecksum.ts"
import { states } from "./schema.ts"
import { encodeWrites, factsOf, lostReason } from "./sessionRow.ts"
import { type FactsRow, type HeadRow, rowOf, type Statements } from "./statements.ts"

/** A change to apply: the clock's reading is its caller's. */
export interface Request {
  readonly change: StorageChange
  readonly now: number
  /** The database's path, for errors. */
  readonly path: string
}

/** A refused operation. */
export interface Refused {
  readonly key: SessionKey
  readonly reason: Reason
}

interface Planned {
  readonly key: SessionKey
  /** The row of the key, where it has one. */
  readonly row: FactsRow | undefined
  readonly plan: Plan
}

type WritePlan = Extract<Plan, { _tag: "Write" }>
type RemovalPlan = Extract<Plan, { _tag: "Removal" }>

// Write ids may hold anything, a zero byte and lone surrogates included; their JSON text is plain.
const idText = (writeId: string): string => JSON.stringify(writeId)

/** The write of this id among a session's entries, however long ago it was. */
const entryWriteOf = (statements: Statements, session: number, id: string) =>
  Option.map(
    Option.fromUndefinedOr(statements.entryWrite.get(session, idText(id))),
    ({ at, index, version }) => ({ id, version: Version(version), at, entryCount: index + 1 })
  )

/** What the key's row says, for a change that may be made over it. */
const factsFor = (
  row: FactsRow | undefined,
  operations: ReadonlyArray<Operation>,
  path: string
): Result.Result<KeyFacts, Reason> =>
  // Removing what is lost is the only way on: nobody can say what a write would replace.
  row?.state === states.lost && operations.some(({ _tag }) => _tag !== "Remove")
    ? Result.fail(lostReason(path, row))
    : factsOf(path, row)

const planKey = (
  statements: Statements,
  operations: ReadonlyArray<Operation>,
  { change, now, path }: Request
): Result.Result<Planned, Refused> => {
  const { key } = operations[0]!
  const row = rowOf(statements, placeOf(key), statements.facts)
  const context = { writeId: change.writeId, attempt: change.attempt ?? 1, now, incarnation: randomId() }
  return factsFor(row, operations, path).pipe(
    Result.flatMap((facts) => {
      // The newest writes are in the record, with their own times: an entry may have the time of its original.
      const isKnown = Option.exists(facts.live, ({ writes }) => writes.some(({ id }) => id === change.writeId))
      const applied = row === undefined || row.entry_count === 0 || isKnown
        ? Option.none()
        : entryWriteOf(statements, row.session, change.writeId)
      return Result.mapError(planChange({ ...facts, applied }, operations, context), reasonOfRefusal)
    }),
    Result.mapBoth({
      onFailure: (reason): Refused => ({ key, reason }),
      onSuccess: (plan): Planned => ({ key, row, plan })
    })
  )
}

const nextSeq = ({ lastSeq }: Statements): number => lastSeq.get()!.seq + 1

/** Writes the row of a key whole and gives its number. */
const writeRow = (statements: Statements, { key, row }: Planned, next: {
  readonly head: Omit<HeadRow, "checksum" | "namespace" | "id" | "body_checksum">
  readonly writes: ReadonlyArray<AppliedWrite>
  readonly body: string
}): number => {
  const [namespace, id] = placeOf(key)
  const head = { ...next.head, namespace, id, body_checksum: textChecksum(next.body) }
  const values = [
    head.kind,
    head.schema_version,
    head.version,
    head.incarnation,
    head.created_at,
    head.updated_at,
    head.entry_count,
    head.state,
    head.summary,
    head.body_checksum,
    headChecksum(head),
    nextSeq(statements),
    encodeWrites(next.writes),
    next.body
  ]
  if (row === undefined) return statements.insert.get(namespace, id, ...values)!.session
  statements.put.run(...values, row.session)
  return row.session
}

/** Makes or updates the row of a session and gives its number. */
const writeSession = (statements: Statements, planned: Planned & { readonly plan: WritePlan }): number => {
  const { plan: { next, put }, row } = planned
  const times = { version: next.version, updated_at: next.updatedAt, entry_count: next.entryCount }
  if (Option.isSome(put)) {
    const { body, summary } = put.value
    const { createdAt: created_at, incarnation, kind, schemaVersion: schema_version } = next
    const head = { ...times, kind, schema_version, incarnation, created_at, summary, state: states.live }
    return writeRow(statements, planned, { head, writes: next.writes, body })
  }
  // Without a put there is a row: an append needs a session.
  const { session } = row!
  const checksum = headChecksum({ ...row!, ...times })
  const values = [next.version, next.updatedAt, next.entryCount, checksum, nextSeq(statements)]
  statements.touch.run(...values, encodeWrites(next.writes), session)
  return session
}

const addEntries = (statements: Statements, session: number, { plan, writeId }: {
  readonly plan: WritePlan
  readonly writeId: string
}): void => {
  const { entries, next } = plan
  const first = next.entryCount - entries.length
  for (const [offset, { at = next.updatedAt, entry, schemaVersion }] of entries.entries()) {
    const row = { index: first + offset, at, version: next.version, schema_version: schemaVersion, entry }
    // The last entry of a batch carries its write's id: one row of the index for each write.
    const id = offset === entries.length - 1 ? idText(writeId) : null
    const { index, schema_version, version } = row
    statements.addEntry.run(session, index, at, version, schema_version, entryChecksum(row), id, entry)
  }
}

/** Leaves a tombstone: the row without its content. */
const removeSession = (statements: Statements, planned: Planned, { tombstone }: RemovalPlan): void => {
  const row = planned.row!
  const head = { ...row, version: tombstone.version, entry_count: 0, state: states.removed, summary: "" }
  writeRow(statements, planned, { head, writes: tombstone.writes, body: "" })
  statements.removeEntries.run(row.session)
}

const carryOut = (statements: Statements, planned: Planned, writeId: string): KeyReceipt => {
  const { plan } = planned
  // A receipt is the caller's to keep, and so is the key of the change: they share nothing.
  const key: SessionKey = { namespace: [...planned.key.namespace], id: planned.key.id }
  if (plan._tag === "Write") {
    const session = writeSession(statements, { ...planned, plan })
    addEntries(statements, session, { plan, writeId })
    const { createdAt, entryCount, updatedAt, version } = plan.next
    return { key, version, createdAt, updatedAt, entryCount }
  }
  const { at: updatedAt, entryCount, version } = plan.applied
  if (plan._tag === "Unchanged") return { key, version, createdAt: plan.createdAt, updatedAt, entryCount }
  removeSession(statements, planned, plan)
  return { key, version, createdAt: updatedAt, updatedAt, entryCount }
}

/** Applies a change and gives a row for each of its keys, or writes nothing and gives why. Throws what SQLite throws. */
export const applyChange = (
  statements: Statements,
  request: Request
): Result.Result<ReadonlyArray<KeyReceipt>, Refused> => {
  const { operations, writeId } = request.change
  const planned = Result.all(operationsByKey(operations).map((group) => planKey(statements, group, request)))
  return Result.map(planned, (plans) => plans.map((each) => carryOut(statements, each, writeId)))
}
