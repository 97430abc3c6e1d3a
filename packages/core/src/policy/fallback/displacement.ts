/**
 * What a displaced write is as a record: a pure function of what lay above and of the change.
 *
 * A displaced record is whole: it is made from the record above with all its entries, so that reading it needs
 * nobody else, and draining it is one step. Only a change that would mean the same over anything is made over a
 * record that nobody can read.
 */
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { KeyReceipt } from "../../errors/Receipt.ts"
import type { PlannedOperation } from "../../model/operations.ts"
import {
  type KeyFacts,
  type Plan,
  planChange,
  type PlanContext,
  type RecordFacts,
  type Refusal,
  type Tombstone
} from "../../model/plan.ts"
import type { SessionKey } from "../../model/SessionKey.ts"
import type { StoredEntry, StoredHead, StoredSession } from "../../model/StoredRecord.ts"
import { Version } from "../../model/Version.ts"
import type { WholeSession } from "../../port/wholeSession.ts"

/**
 * How far a displaced version is above its base. A write that the upper tier still carries out after it was given
 * up for refused counts on from the base, as a removal below does; the displaced one must be newer than those.
 */
export const versionGap = 16

/**
 * How far above the clock, in microseconds, a version is whose base nobody can read. Versions begin with the clock
 * and count on by less than time goes on, so this is above the base unless clocks differ by more than a second.
 */
const unseenGap = 1_000_000

/** What the version of a write over an unseen record has to be above. */
export const floorUnseen = (nowMillis: number): number => nowMillis * 1000 + unseenGap

/** What lies above, as far as it can be told. */
export type Above =
  | {
    readonly _tag: "Known"
    readonly whole: Option.Option<WholeSession>
    /** What a displaced removal left of the key. */
    readonly removed: Option.Option<Tombstone>
  }
  | { readonly _tag: "Unknown" }

/** A record for a lower tier, and what the write did to its key. */
export interface Displacement {
  readonly whole: WholeSession
  readonly isRemoval: boolean
  /** Whether the record keeps its version whatever a tier says: it is somebody's restore. */
  readonly isVerbatim: boolean
  /** The kind of what was removed. */
  readonly removedKind?: string | undefined
  readonly row: KeyReceipt
}

/** What a change comes to: a record to write, or an answer alone. `Repeated`: the record above knows the write. */
export type PlannedDisplacement =
  | { readonly _tag: "Write"; readonly displacement: Displacement }
  | { readonly _tag: "Repeated"; readonly row: KeyReceipt; readonly displacement: Option.Option<Displacement> }
  | { readonly _tag: "Nothing"; readonly row: KeyReceipt }

/** Whether operations make a session under an id that was drawn for it: nothing can lie under that anywhere. */
export const isFresh = ([first, ...others]: ReadonlyArray<PlannedOperation>): boolean =>
  first?._tag === "Put" && first.isFreshId === true && first.expect === "absent"
  && others.every(({ _tag }) => _tag === "Append")

/** Whether operations mean the same over any record. */
export const isBlind = (operations: ReadonlyArray<PlannedOperation>): boolean =>
  isFresh(operations) || (operations.length === 1 && operations[0]?._tag === "Put" && operations[0].expect === "any")

const factsOf = ({ entries, session: { head, writes } }: WholeSession, writeId: string): KeyFacts => {
  const { createdAt, entryCount, incarnation, kind, schemaVersion, updatedAt, version } = head
  const live: RecordFacts = {
    kind,
    schemaVersion,
    version,
    incarnation,
    createdAt,
    updatedAt,
    entryCount,
    writes
  }
  const added = entries.find((entry) => entry.writeId === writeId)
  return {
    live: Option.some(live),
    removed: Option.none(),
    applied: Option.map(Option.fromNullishOr(added), (entry) => ({
      id: writeId,
      version: entry.version,
      at: entry.at,
      entryCount: entry.index + 1
    }))
  }
}

const headOf = (key: SessionKey, { writes: _, ...facts }: RecordFacts, summary: string): StoredHead => ({
  _tag: "StoredHead",
  key,
  summary,
  ...facts
})

const entriesOf = (plan: Extract<Plan, { _tag: "Write" }>, writeId: string): ReadonlyArray<StoredEntry> => {
  const { entryCount, updatedAt, version } = plan.next
  const from = entryCount - plan.entries.length
  return plan.entries.map(({ at = updatedAt, entry, schemaVersion }, offset) => ({
    _tag: "StoredEntry",
    index: from + offset,
    at,
    version,
    schemaVersion,
    entry,
    writeId: offset === plan.entries.length - 1 ? writeId : undefined
  }))
}

const rowOf = (key: SessionKey, { createdAt, entryCount, updatedAt, version }: RecordFacts): KeyReceipt => ({
  key,
  version,
  createdAt,
  updatedAt,
  entryCount
})

interface Request {
  readonly key: SessionKey
  readonly operations: ReadonlyArray<PlannedOperation>
  readonly context: PlanContext
}

/** What a plan was made over. */
interface Over {
  readonly base: Option.Option<WholeSession>
  readonly facts: KeyFacts
}

const isKnown = ({ applied, live, removed }: KeyFacts, writeId: string): boolean =>
  Option.isSome(applied ?? Option.none())
  || [live, removed].some((held) => Option.exists(held, ({ writes }) => writes.some(({ id }) => id === writeId)))

/** What a plan that writes nothing comes to. A repeated write is answered as it was then. */
const withoutWrite = (
  { base, facts }: Over,
  { applied, createdAt }: Extract<Plan, { _tag: "Unchanged" }>,
  { context, key }: Request
): PlannedDisplacement => {
  const { at: updatedAt, entryCount, version } = applied
  const row: KeyReceipt = { key, version, createdAt, updatedAt, entryCount }
  if (!isKnown(facts, context.writeId)) return { _tag: "Nothing", row }
  const displacement = Option.map(base, (whole): Displacement => ({ whole, isRemoval: false, isVerbatim: false, row }))
  return { _tag: "Repeated", row, displacement }
}

/** The kind of a record that stands for a removal: a store that opens a lower tier by itself does not list it. */
const removalKind = "@holdfast/removal"

const removalOf = (
  { session: { head } }: WholeSession,
  { tombstone: { version, writes } }: Extract<Plan, { _tag: "Removal" }>,
  { context: { now }, key }: Request
): Displacement => ({
  isRemoval: true,
  isVerbatim: false,
  removedKind: head.kind,
  row: { key, version, createdAt: now, updatedAt: now, entryCount: 0 },
  whole: {
    entries: [],
    session: {
      body: "null",
      writes,
      head: { ...head, kind: removalKind, version, updatedAt: now, summary: "{}", entryCount: 0 }
    }
  }
})

const restoredOf = ({ next, restoration }: Extract<Plan, { _tag: "Restoral" }>, key: SessionKey): Displacement => {
  const { entries, record } = restoration
  const session = { ...record, head: { ...record.head, key } }
  return { whole: { session, entries }, isRemoval: false, isVerbatim: true, row: rowOf(key, next) }
}

const writtenOf = (
  base: Option.Option<WholeSession>,
  plan: Extract<Plan, { _tag: "Write" }>,
  { context, key }: Request
): Displacement => {
  const before = Option.match(base, {
    onNone: () => ({ entries: [], body: "null", summary: "{}" }),
    onSome: ({ entries, session }) => ({ entries, body: session.body, summary: session.head.summary })
  })
  const { body, summary } = Option.getOrElse(plan.put, () => before)
  const session: StoredSession = { head: headOf(key, plan.next, summary), body, writes: plan.next.writes }
  const entries = [...before.entries, ...entriesOf(plan, context.writeId)]
  return { whole: { session, entries }, isRemoval: false, isVerbatim: false, row: rowOf(key, plan.next) }
}

const comesTo = (over: Over, plan: Plan, request: Request): PlannedDisplacement => {
  switch (plan._tag) {
    case "Unchanged":
      return withoutWrite(over, plan, request)
    case "Removal":
      return { _tag: "Write", displacement: removalOf(Option.getOrThrow(over.base), plan, request) }
    case "Restoral":
      return { _tag: "Write", displacement: restoredOf(plan, request.key) }
    case "Write":
      return { _tag: "Write", displacement: writtenOf(over.base, plan, request) }
  }
}

/** An operation whose version is above a floor. */
export const raise = (operation: PlannedOperation, floor: number): PlannedOperation =>
  operation._tag === "Restore" ? operation : { ...operation, floor: Version(Math.max(operation.floor ?? 0, floor)) }

/** Plans a change over what lies above. */
export const planDisplacement = (above: Above, request: Request): Result.Result<PlannedDisplacement, Refusal> => {
  const base = above._tag === "Known" ? above.whole : Option.none()
  const facts: KeyFacts = Option.match(base, {
    onNone: () => ({ live: Option.none(), removed: above._tag === "Known" ? above.removed : Option.none() }),
    onSome: (whole) => factsOf(whole, request.context.writeId)
  })
  const floor = Option.match(base, { onNone: () => 0, onSome: ({ session }) => session.head.version + versionGap })
  const operations = request.operations.map((operation) => raise(operation, floor))
  return Result.map(planChange(facts, operations, request.context), (plan) => comesTo({ base, facts }, plan, request))
}

/** The same displacement under a version that is above another one. */
export const aboveVersion = ({ row, whole, ...rest }: Displacement, version: number): Displacement => {
  const { session } = whole
  const raised = Version(Math.max(session.head.version, version + 1))
  const head = { ...session.head, version: raised }
  // A write that others followed is answered as it was then.
  const isLast = row.version === session.head.version
  return {
    ...rest,
    row: isLast ? { ...row, version: raised } : row,
    whole: { ...whole, session: { ...session, head } }
  }
}
