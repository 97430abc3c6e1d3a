/**
 * Writing what was planned for a key: its row and its entries, in a transaction that the caller holds.
 *
 * The transaction makes all of it one step, whatever it replaces. A restore needs no staging therefore: its
 * entries were read before, and until COMMIT everybody else sees what was there.
 */
import type { AppliedWrite, KeyReceipt, Plan, SessionKey } from "@holdfast/core"
import * as Option from "effect/Option"
import { placeOf } from "./keyBytes.ts"
import { entryChecksum, headChecksum, textChecksum } from "./rowChecksum.ts"
import { states } from "./schema.ts"
import { encodeWrites } from "./sessionRow.ts"
import type { EntryRow, FactsRow, HeadRow, Statements } from "./statements.ts"

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

const nextSeq = ({ lastSeq }: Statements): number => lastSeq.get()!.seq + 1

/** Writes the row of a key whole and gives its number. */
const writeRow = (statements: Statements, { key, row }: Planned, next: {
  readonly head: Content
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
  statements.touch.run(...values, nextSeq(statements), encodeWrites(next.writes), row.session)
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

/** Writes what was planned for a key, and gives the row of the receipt for it. Throws what SQLite throws. */
export const carryOut = (statements: Statements, planned: Planned, writeId: string): KeyReceipt => {
  const { plan } = planned
  // A receipt is the caller's to keep, and so is the key of the change: they share nothing.
  const key: SessionKey = { namespace: [...planned.key.namespace], id: planned.key.id }
  if (plan._tag === "Write" || plan._tag === "Restoral") {
    if (plan._tag === "Restoral") restoreSession(statements, planned, plan)
    else addEntries(statements, writeSession(statements, planned, plan), { plan, writeId })
    const { createdAt, entryCount, updatedAt, version } = plan.next
    return { key, version, createdAt, updatedAt, entryCount }
  }
  const { at: updatedAt, entryCount, version } = plan.applied
  if (plan._tag === "Unchanged") return { key, version, createdAt: plan.createdAt, updatedAt, entryCount }
  removeSession(statements, planned, plan)
  return { key, version, createdAt: updatedAt, updatedAt, entryCount }
}
