/**
 * What a change does to one key: the semantics of the port as a pure function.
 *
 * Adapters read what they hold of a key, ask here what the change makes of it, and write that. So
 * preconditions, repeated writes, versions, incarnations and times mean the same over every backend.
 * How the result becomes durable is the adapter's business.
 */
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { Append, Expect, PlannedOperation, Put, Remove, Restoration } from "./operations.ts"
import { type AppliedWrite, appliedWritesMax, type StoredSession } from "./StoredRecord.ts"
import { nextVersion, Version } from "./Version.ts"

/** What a plan needs to know of a live record. */
export interface RecordFacts {
  readonly kind: string
  readonly schemaVersion: number
  readonly version: Version
  readonly incarnation: string
  readonly createdAt: number
  readonly updatedAt: number
  readonly entryCount: number
  readonly writes: ReadonlyArray<AppliedWrite>
}

/** What a removal leaves of a key. */
export interface Tombstone {
  readonly version: Version
  readonly writes: ReadonlyArray<AppliedWrite>
}

/** What an adapter holds of one key. At most one of the two is there. */
export interface KeyFacts {
  readonly live: Option.Option<RecordFacts>
  readonly removed: Option.Option<Tombstone>
  /** The write with this change's id, where the adapter remembers writes outside the record (a log of entries). */
  readonly applied?: Option.Option<AppliedWrite> | undefined
  /** The newest version that was handed out for the key, also to a write that came to nothing. */
  readonly versionFloor?: number | undefined
}

/** What is drawn or read once for a change: its id, the clock in milliseconds, a random id for a new record. */
export interface PlanContext {
  readonly writeId: string
  readonly attempt: number
  readonly now: number
  readonly incarnation: string
}

/** An entry to add, in the schema version of its append. `at` is set for a copy of an older entry. */
export interface PlannedEntry {
  readonly schemaVersion: number
  readonly entry: string
  readonly at?: number | undefined
}

/** What the adapter must write, or that there is nothing to write. */
export type Plan =
  | { readonly _tag: "Unchanged"; readonly applied: AppliedWrite; readonly createdAt: number }
  | {
    readonly _tag: "Write"
    readonly next: RecordFacts
    readonly put: Option.Option<Put>
    readonly entries: ReadonlyArray<PlannedEntry>
  }
  | { readonly _tag: "Removal"; readonly tombstone: Tombstone; readonly applied: AppliedWrite }
  /** The record and its entries replace what the key holds. */
  | { readonly _tag: "Restoral"; readonly next: RecordFacts; readonly restoration: Restoration }

/** Why a change is refused. `Forgotten`: it was sent before, and whether it was applied is no longer known. */
export type Refusal =
  | { readonly _tag: "VersionMismatch"; readonly expected: Expect; readonly actual: Option.Option<Version> }
  | { readonly _tag: "OtherKind"; readonly expected: string; readonly actual: string }
  | { readonly _tag: "NewerSchema"; readonly expected: number; readonly actual: number }
  | { readonly _tag: "Forgotten" }
  | { readonly _tag: "NotAlone"; readonly operation: "Remove" | "Restore" }

const holds = (expect: Expect, live: Option.Option<RecordFacts>): boolean =>
  expect === "any"
  || (expect === "absent" && Option.isNone(live))
  || (expect === "present" && Option.isSome(live))
  || (Option.isSome(live) && live.value.version === expect)

/** Whether a write of this id may have been applied and then scrolled out of what the record remembers. */
const mayBeForgotten = ({ live, removed }: KeyFacts, context: PlanContext): boolean =>
  context.attempt > 1 && Option.orElse(live, () => removed).pipe(
    Option.exists(({ writes }) => writes.length >= appliedWritesMax)
  )

/** An append needs a session, which a put in the same change may make. */
const expectOf = (operation: PlannedOperation, hasPut: boolean, live: Option.Option<RecordFacts>): Expect =>
  operation._tag === "Append" && !hasPut && Option.isNone(live) && holds(operation.expect, live)
    ? "present"
    : operation.expect

const refusalOf = (
  facts: KeyFacts,
  operations: ReadonlyArray<PlannedOperation>,
  context: PlanContext
): Option.Option<Refusal> => {
  const { live } = facts
  const hasPut = operations.some((operation) => operation._tag === "Put")
  const lonely = operations.find((operation): operation is Remove | Restoration =>
    operation._tag === "Remove" || operation._tag === "Restore"
  )
  if (operations.length > 1 && lonely !== undefined) return Option.some({ _tag: "NotAlone", operation: lonely._tag })
  for (const operation of operations) {
    const expected = expectOf(operation, hasPut, live)
    if (!holds(expected, live)) {
      return Option.some(
        mayBeForgotten(facts, context)
          ? { _tag: "Forgotten" }
          : { _tag: "VersionMismatch", expected, actual: Option.map(live, (record) => record.version) }
      )
    }
    if (operation._tag === "Remove" || operation._tag === "Restore" || Option.isNone(live)) continue
    const { kind, schemaVersion } = live.value
    if (operation.kind !== kind) return Option.some({ _tag: "OtherKind", expected: operation.kind, actual: kind })
    if (operation.schemaVersion < schemaVersion) {
      return Option.some({ _tag: "NewerSchema", expected: operation.schemaVersion, actual: schemaVersion })
    }
  }
  return Option.none()
}

const remember = (writes: ReadonlyArray<AppliedWrite>, applied: AppliedWrite): ReadonlyArray<AppliedWrite> => [
  ...writes.slice(-(appliedWritesMax - 1)),
  applied
]

const withId = (held: Option.Option<Tombstone>, writeId: string): AppliedWrite | undefined =>
  Option.isSome(held) ? held.value.writes.find((write) => write.id === writeId) : undefined

/** The write of this id, as far as the key's holder remembers it; asked before any precondition. */
const appliedBefore = ({ applied, live, removed }: KeyFacts, writeId: string): Option.Option<AppliedWrite> => {
  const found = withId(live, writeId) ?? withId(removed, writeId)
  return found === undefined ? applied ?? Option.none() : Option.some(found)
}

const planRemoval = (live: RecordFacts, version: Version, context: PlanContext): Plan => {
  const applied = { id: context.writeId, version, at: context.now, entryCount: 0 }
  return { _tag: "Removal", tombstone: { version, writes: remember(live.writes, applied) }, applied }
}

/** Nothing is written: the answer is what an earlier write of this id did, or what is there. */
const unchanged = ({ live, removed }: KeyFacts, context: PlanContext, before: Option.Option<AppliedWrite>): Plan => {
  const applied = Option.getOrElse(before, (): AppliedWrite => ({
    id: context.writeId,
    version: Option.match(Option.orElse(live, () => removed), { onNone: () => Version(0), onSome: (at) => at.version }),
    at: Option.match(live, { onNone: () => context.now, onSome: (record) => record.updatedAt }),
    entryCount: Option.match(live, { onNone: () => 0, onSome: (record) => record.entryCount })
  }))
  const createdAt = Option.match(live, { onNone: () => applied.at, onSome: (record) => record.createdAt })
  return { _tag: "Unchanged", applied, createdAt }
}

/**
 * What a record remembers of writes before this one. A new life remembers the removal before it: a
 * removal that is sent again must not take the new life.
 */
const writesBefore = ({ live, removed }: KeyFacts): ReadonlyArray<AppliedWrite> =>
  Option.match(live, {
    onNone: () => Option.match(removed, { onNone: () => [], onSome: (tombstone) => tombstone.writes.slice(-1) }),
    onSome: (record) => record.writes
  })

/** Whether the record is there already: the last write that made it is the last one that the key knows of. */
const isRestored = ({ live }: KeyFacts, { record: { head, writes } }: Restoration): boolean =>
  Option.exists(live, (held) =>
    held.version === head.version && held.incarnation === head.incarnation
    && held.entryCount === head.entryCount && held.writes.at(-1)?.id === writes.at(-1)?.id)

const factsOfRecord = ({ head, writes }: StoredSession): RecordFacts => ({
  kind: head.kind,
  schemaVersion: head.schemaVersion,
  version: head.version,
  incarnation: head.incarnation,
  createdAt: head.createdAt,
  updatedAt: head.updatedAt,
  entryCount: head.entryCount,
  writes: writes.slice(-appliedWritesMax).map((write) => ({ ...write }))
})

/** A restore is judged by the record's own version: one that is not above whatever the key had is refused. */
const planRestore = (
  facts: KeyFacts,
  restoration: Restoration,
  context: PlanContext
): Result.Result<Plan, Refusal> => {
  const { record: { head, writes } } = restoration
  if (isRestored(facts, restoration)) {
    const at = { id: context.writeId, version: head.version, at: head.updatedAt, entryCount: head.entryCount }
    return Result.succeed(unchanged(facts, context, Option.some(writes.at(-1) ?? at)))
  }
  const refusal = refusalOf(facts, [restoration], context)
  if (Option.isSome(refusal)) return Result.fail(refusal.value)
  const highest = Math.max(
    Option.match(facts.live, { onNone: () => 0, onSome: ({ version }) => version }),
    Option.match(facts.removed, { onNone: () => 0, onSome: ({ version }) => version }),
    facts.versionFloor ?? 0
  )
  if (head.version <= highest) {
    const actual = Option.map(facts.live, ({ version }) => version)
    return Result.fail({ _tag: "VersionMismatch", expected: restoration.expect, actual })
  }
  return Result.succeed({ _tag: "Restoral", next: factsOfRecord(restoration.record), restoration })
}

const plannedEntries = ({ at, entries, schemaVersion }: Append): ReadonlyArray<PlannedEntry> =>
  entries.map((entry) => at === undefined ? { schemaVersion, entry } : { schemaVersion, entry, at })

/** A write over a live record, or the first one of a new life. */
const planWrite = (
  facts: KeyFacts,
  context: PlanContext,
  write: { readonly put: Option.Option<Put>; readonly entries: ReadonlyArray<PlannedEntry>; readonly version: Version }
): Option.Option<Plan> => {
  const { entries, put, version } = write
  const { live } = facts
  return Option.map(Option.orElse(put, () => live), ({ kind, schemaVersion }): Plan => {
    const entryCount = entries.length + Option.match(live, { onNone: () => 0, onSome: (record) => record.entryCount })
    const applied = { id: context.writeId, version, at: context.now, entryCount }
    const identity = Option.getOrElse(live, () => ({ incarnation: context.incarnation, createdAt: context.now }))
    return {
      _tag: "Write",
      put,
      entries,
      next: {
        kind,
        schemaVersion,
        version,
        incarnation: identity.incarnation,
        createdAt: identity.createdAt,
        updatedAt: context.now,
        entryCount,
        writes: remember(writesBefore(facts), applied)
      }
    }
  })
}

const floorOf = (operation: PlannedOperation): number => operation._tag === "Restore" ? 0 : operation.floor ?? 0

/**
 * Decides what one change makes of one key.
 *
 * **Details**
 *
 * The write id comes first: a change that was applied changes nothing and is answered as it was then.
 * Then every `expect` is judged against the state before the change, then kind and schema version: a
 * record of another kind or of a newer schema is never written over. A removal of what is not there is
 * a mismatch unless it expects `any` or `absent`, which then changes nothing. A restore takes the record's own
 * version and replaces whatever kind of record is there, where that version is above all that the key had.
 */
export const planChange = (
  facts: KeyFacts,
  operations: ReadonlyArray<PlannedOperation>,
  context: PlanContext
): Result.Result<Plan, Refusal> => {
  const before = appliedBefore(facts, context.writeId)
  if (Option.isSome(before)) return Result.succeed(unchanged(facts, context, before))
  const only = operations.length === 1 ? operations[0] : undefined
  if (only?._tag === "Restore") return planRestore(facts, only, context)
  const refusal = refusalOf(facts, operations, context)
  if (Option.isSome(refusal)) return Result.fail(refusal.value)

  const { live, removed } = facts
  const version = nextVersion({
    current: Option.match(live, { onNone: () => 0, onSome: (record) => record.version }),
    removed: Option.match(removed, { onNone: () => 0, onSome: (tombstone) => tombstone.version }),
    floor: Math.max(facts.versionFloor ?? 0, ...operations.map(floorOf)),
    now: context.now
  })
  if (operations.some((operation) => operation._tag === "Remove") && Option.isSome(live)) {
    return Result.succeed(planRemoval(live.value, version, context))
  }
  const put = Option.fromNullishOr(operations.findLast((operation): operation is Put => operation._tag === "Put"))
  const entries = operations.flatMap((operation) =>
    operation._tag === "Append"
      ? plannedEntries(operation)
      : []
  )
  const planned = Option.isSome(put) || entries.length > 0
    ? planWrite(facts, context, { put, entries, version })
    : Option.none()
  return Result.succeed(Option.getOrElse(planned, () => unchanged(facts, context, Option.none())))
}
