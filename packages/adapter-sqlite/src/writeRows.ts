/**
 * Writing what was planned for a key: its row and its entries, in a transaction that the caller holds.
 *
 * The transaction makes all of it one step, whatever it replaces. A restore needs no staging therefore: its
 * entries were read before, and until COMMIT everybody else sees what was there.
 */
import type { AppliedWrite, KeyReceipt, Plan, SessionKey } from "@holdfast/core/port"
import * as Option from "effect/Option"
import { placeOf } from "./keyBytes.ts"
import { entryChecksum, headChecksum, textChecksum } from "./rowChecksum.ts"
import { states } from "./schema.ts"
import type { EntryRow, FactsRow, HeadRow, Statements } from "./statements.ts"
import { encodeWrites } from "./writesColumn.ts"

/** What is to be made of a key. */
export interface Planned {
  readonly key: SessionKey
  /** The row of the key, where it has one. */
  readonly row: FactsRow | undefined
  readonly plan: Plan
}

type WritePlan = Extract<Plan, { _tag: "Write" }>
type RemovalPlan = Extract<Plan, { _tag: "Removal" }>
type RestoralPlan = Extract<Plan, { _tag: "Restoral" }>

// Write ids may hold anything, a zero byte and lone surrogates included; their JSON text is plain.
/** A write id as its column holds it. */
export const idText = (writeId: string): string => JSON.stringify(writeId)

type Content = Omit<HeadRow, "checksum" | "namespace" | "id" | "body_checksum">

/** Whether a live session goes on: then it keeps its kind, its incarnation and when it was made. */
const isOneLife = (row: FactsRow, next: Content): boolean =>
  row.state === states.live && next.state === states.live && row.incarnation === next.incarnation
  && row.kind === next.kind && row.created_at === next.created_at

/** Writes the row of a key whole and gives its number. */
const writeRow = (statements: Statements, { key, row }: Planned, next: {
  readonly head: Content
  readonly writes: ReadonlyArray<AppliedWrite>
  readonly body: string
}): number => {
  const [namespace, id] = placeOf(key)
  const head = { ...next.head, namespace, id, body_checksum: textChecksum(next.body) }
  const checksum = headChecksum(head)
  const writes = encodeWrites(next.writes)
  const times = [head.version, head.incarnation, head.created_at, head.updated_at]
  const values = [head.kind, head.schema_version, ...times, head.entry_count, head.state, head.summary]
  const checked = [head.body_checksum, checksum, writes, next.body]
  if (row === undefined) return statements.insert.get(namespace, id, ...values, ...checked)!.session
  if (isOneLife(row, head)) {
    const changed = [head.schema_version, head.version, head.updated_at, head.entry_count, head.summary]
    statements.put.run(...changed, ...checked, row.session)
  } else statements.replace.run(...values, ...checked, row.session)
  return row.session
}

const liveHead = (next: WritePlan["next"], summary: string): Content => ({
  kind: next.kind,
  schema_version: next.schemaVersion,
  version: next.version,
  incarnation: next.incarnation,
  created_at: next.createdAt,
  updated_at: next.updatedAt,
  entry_count: next.entryCount,
  state: states.live,
  summary
})

/** Makes or updates the row of a session and gives its number. */
const writeSession = (statements: Statements, planned: Planned, { next, put }: WritePlan): number => {
  if (Option.isSome(put)) {
    const { body, summary } = put.value
    return writeRow(statements, planned, { head: liveHead(next, summary), writes: next.writes, body })
  }
  // Without a put there is a row: an append needs a session.
  const row = planned.row!
  const times = { version: next.version, updated_at: next.updatedAt, entry_count: next.entryCount }
  const values = [next.version, next.updatedAt, next.entryCount, headChecksum({ ...row, ...times })]
  statements.touch.run(...values, encodeWrites(next.writes), row.session)
  return row.session
}

const addEntry = (statements: Statements, row: Omit<EntryRow, "checksum">): void => {
  const { at, entry, index, schema_version, session, version, write_id } = row
  statements.addEntry.run(session, index, at, version, schema_version, entryChecksum(row), write_id, entry)
}

const addEntries = (statements: Statements, session: number, { plan, writeId }: {
  readonly plan: WritePlan
  readonly writeId: string
}): void => {
  const { entries, next } = plan
  const first = next.entryCount - entries.length
  for (const [offset, { at = next.updatedAt, entry, schemaVersion }] of entries.entries()) {
    const row = { session, index: first + offset, at, version: next.version, schema_version: schemaVersion, entry }
    // The last entry of a batch carries its write's id: one row of the index for each write.
    const write_id = offset === entries.length - 1 ? idText(writeId) : null
    addEntry(statements, { ...row, write_id })
  }
}

/** Replaces whatever the key has by a record and its entries, as they are. */
const restoreSession = (statements: Statements, planned: Planned, { next, restoration }: RestoralPlan): void => {
  const { head: { summary }, body } = restoration.record
  const session = writeRow(statements, planned, { head: liveHead(next, summary), writes: next.writes, body })
  statements.removeEntries.run(session)
  for (const { at, entry, index, schemaVersion, version, writeId } of restoration.entries) {
    const write_id = writeId === undefined ? null : idText(writeId)
    addEntry(statements, { session, index, at, version, schema_version: schemaVersion, entry, write_id })
  }
}

/** Leaves a tombstone: the row without its content. */
const removeSession = (statements: Statements, planned: Planned, { tombstone }: RemovalPlan): void => {
  const row = planned.row!
  const head = { ...row, version: tombstone.version, entry_count: 0, state: states.removed, summary: "" }
  writeRow(statements, planned, { head, writes: tombstone.writes, body: "" })
  statements.removeEntries.run(row.session)
}

/** What the receipt says of a key. */
export const receiptOf = ({ key: { id, namespace }, plan }: Planned): KeyReceipt => {
  // A receipt is the caller's to keep, and so is the key of the change: they share nothing.
  const key: SessionKey = { namespace: [...namespace], id }
  if (plan._tag === "Write" || plan._tag === "Restoral") {
    const { createdAt, entryCount, updatedAt, version } = plan.next
    return { key, version, createdAt, updatedAt, entryCount }
  }
  const { at: updatedAt, entryCount, version } = plan.applied
  return { key, version, createdAt: plan._tag === "Unchanged" ? plan.createdAt : updatedAt, updatedAt, entryCount }
}

/** Writes what was planned for a key. Throws what SQLite throws. */
export const carryOut = (statements: Statements, planned: Planned, writeId: string): void => {
  const { plan } = planned
  if (plan._tag === "Restoral") restoreSession(statements, planned, plan)
  if (plan._tag === "Removal") removeSession(statements, planned, plan)
  if (plan._tag === "Write") addEntries(statements, writeSession(statements, planned, plan), { plan, writeId })
}
