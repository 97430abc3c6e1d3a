/**
 * Carrying out changes of one key: read, decide, write. The caller holds the key.
 *
 * A pure append writes entry lines only. A change of both writes the lines first, waiting for a commit
 * id, then publishes the head that names it and settles the log. A removal publishes a tombstone before
 * it clears anything, so that nothing left behind comes back; so does a restore with its record. Saves that follow each other and expect
 * nothing are written as one: each gets its own version, and the last one is published.
 */
import {
  type AppliedWrite,
  type Change,
  type KeyReceipt,
  type Plan,
  planChange,
  type PlannedChange,
  randomId,
  type Reason,
  reasonOfRefusal
} from "@holdfast/core/port"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { rewriteSame } from "../io/durable.ts"
import { type Document, encodeDocument } from "../layout/envelope.ts"
import { appendBatch, type Batch, nextSegment, syncTail } from "./appendLog.ts"
import { clearRemoved } from "./clearRemoved.ts"
import { documentOf, type RemovalPlan, tombstoneOf, type WritePlan } from "./documents.ts"
import { announce, ensureFolder, readReason, recall, remember, slotPath, syncNames, type Target } from "./Place.ts"
import { publish, type Published } from "./publish.ts"
import { type Current, type KnownLog, readCurrent } from "./readCurrent.ts"
import { restoreRecord } from "./restore.ts"
import { findSave, rememberSaves } from "./saves.ts"

/** A plan that was carried out: what it did, and how. */
export interface Done {
  readonly row: KeyReceipt
  readonly published: Published
  readonly changes: ReadonlyArray<Change>
}

/** How a write that publishes no head is reported: the folder's protocol is what its session relies on. */
const inPlace = (target: Target): Published => ({
  protocol: target.place.memory.protocols.get(target.folder)?.protocol ?? target.place.protocol.first,
  durability: target.place.durability,
  failures: []
})

const logMemory = (incarnation: string, { isThere, segment, state }: KnownLog) =>
  isThere ? { incarnation, segment, state } : undefined

/**
 * Makes sure that the head that can be read is on the disk, under its name.
 *
 * Whoever wrote it may have died before its last sync: an entry, or a repeated answer, must not rest on
 * a head that a power cut takes away.
 */
const syncHead = Effect.fnUntraced(function*(target: Target, { head }: Current) {
  const known = recall(target)
  if (head._tag === "Absent" || known.headSynced >= head.document.version) return
  yield* rewriteSame(target.place.io, slotPath(target, head.slot), { offset: 0, bytes: head.bytes }).pipe(
    Effect.andThen(syncNames(target.place, target.folder)),
    Effect.mapError(readReason(target.place))
  )
  remember(target, { ...known, headSynced: head.document.version })
})

/** Writes entry lines only: the head stays as it is. */
const writeEntries = Effect.fnUntraced(function*(target: Target, current: Current, batch: Batch) {
  yield* syncHead(target, current)
  const log = yield* appendBatch(target, current.log, batch)
  remember(target, { ...recall(target), log: logMemory(batch.next.incarnation, log) })
  return inPlace(target)
})

/** What is written: the last of several saves, or a change of another kind. */
interface Writing {
  readonly plan: WritePlan
  readonly writeId: string
  /** All the saves that it answers. */
  readonly saved: ReadonlyArray<AppliedWrite>
}

/** A head that knows every save that it was written for: whoever was not answered may send his again. */
const rememberingAll = (document: Document, saved: ReadonlyArray<AppliedWrite>): Document =>
  saved.length <= document.writes.length ? document : { ...document, writes: saved }

/** Carries out a write: entry lines, a head, or both. */
const write = Effect.fnUntraced(
  function*(target: Target, current: Current, request: Writing) {
    const { plan, saved, writeId } = request
    const { entries, next } = plan
    const batch = { writeId, next, entries }
    // After a failed sync, or behind damage, a new segment is begun: later readers find its lines in order.
    const isLeft = recall(target).isLogBroken || !current.log.state.isClean
    if (Option.isNone(plan.put) && !isLeft) {
      return yield* writeEntries(target, current, { ...batch, commitId: Option.none() })
    }
    if (isLeft) yield* syncTail(target, current.log)
    const start = isLeft ? nextSegment(current.log.segment + 1, current.log.state) : current.log
    const commitId = entries.length > 0 ? Option.some(randomId()) : Option.none()
    // A tombstone that a power cut may take away must not cost its session the entries first.
    if (entries.length > 0 && current.head._tag === "Current" && current.head.document.isRemoved) {
      yield* syncHead(target, current)
    }
    // The head says how much of the log is settled, so the log is on the disk before the head is.
    const log = entries.length > 0
      ? yield* appendBatch(target, start, { ...batch, commitId })
      : yield* Effect.as(syncTail(target, start), { ...start, isSynced: true })
    const document = rememberingAll(documentOf(target.key, current, { plan, log, commitId }), saved)
    const bytes = encodeDocument(document)
    const published = yield* publish(target, current.head, bytes)
    target.place.memory.heads.keep(target.keyText, bytes, document)
    const known = { headSynced: next.version, log: logMemory(next.incarnation, log), isLogBroken: false }
    remember(target, { ...recall(target), ...known })
    return published
  }
)

const remove = Effect.fnUntraced(function*(target: Target, current: Current, plan: RemovalPlan) {
  const tombstone = encodeDocument(tombstoneOf(target.key, current, plan))
  const published = yield* publish(target, current.head, tombstone)
  const known = { headSynced: plan.tombstone.version, log: undefined, isLogBroken: false }
  remember(target, { ...recall(target), ...known })
  yield* clearRemoved(target, current.head, { protocol: published.protocol, tombstone })
  return published
})

/** A key as it was read, and what some changes make of it, one after the other. */
interface Prepared {
  readonly current: Current
  readonly steps: readonly [Step, ...Array<Step>]
}

interface Step {
  readonly plan: Plan
  readonly writeId: string
}

const isPlainSave = (plan: Plan): plan is WritePlan =>
  plan._tag === "Write" && Option.isSome(plan.put) && plan.entries.length === 0

const saveOf = ({ plan, writeId }: Step): ReadonlyArray<AppliedWrite> =>
  isPlainSave(plan)
    ? [{ id: writeId, version: plan.next.version, at: plan.next.updatedAt, entryCount: plan.next.entryCount }]
    : []

/** Decides about the first change, and about those after it for as long as they are plain saves. */
const prepare = Effect.fnUntraced(function*(
  target: Target,
  changes: readonly [PlannedChange, ...Array<PlannedChange>]
): Effect.fn.Return<Prepared, Reason> {
  const [first, ...others] = changes
  const current = yield* readCurrent(target, first.writeId)
  const applied = Option.orElse(
    current.facts.applied ?? Option.none(),
    () => findSave(target, current.facts, first.writeId)
  )
  const now = yield* Clock.currentTimeMillis
  const incarnation = randomId()
  const contextOf = ({ attempt = 1, writeId }: PlannedChange) => ({ writeId, attempt, now, incarnation })
  let plan = yield* Effect.mapError(
    Effect.fromResult(planChange({ ...current.facts, applied }, first.operations, contextOf(first))),
    reasonOfRefusal
  )
  const steps: [Step, ...Array<Step>] = [{ plan, writeId: first.writeId }]
  if (others.length === 0) return { current, steps }
  const known = new Set([first.writeId, ...current.log.state.writes.map((write) => write.id)])
  for (const change of others) {
    if (!isPlainSave(plan) || known.has(change.writeId)) break
    known.add(change.writeId)
    const live = Option.some(plan.next)
    const applied = findSave(target, current.facts, change.writeId)
    const facts = { ...current.facts, live, removed: Option.none(), applied }
    const next = planChange(facts, change.operations, contextOf(change))
    if (Result.isFailure(next) || !isPlainSave(next.success)) break
    plan = next.success
    steps.push({ plan, writeId: change.writeId })
  }
  return { current, steps }
})

const doneOf = (target: Target, published: Published) => ({ plan }: Step): Done => {
  const { key } = target
  if (plan._tag === "Write" || plan._tag === "Restoral") {
    const { createdAt, entryCount, kind, updatedAt, version } = plan.next
    return {
      row: { key, version, createdAt, updatedAt, entryCount },
      published,
      changes: [{ _tag: "Changed", key, kind, version }]
    }
  }
  const { at: updatedAt, entryCount, version } = plan.applied
  const createdAt = plan._tag === "Unchanged" ? plan.createdAt : updatedAt
  return { row: { key, version, createdAt, updatedAt, entryCount }, published, changes: [] }
}

/** Carries out what was prepared: nothing else was written to the key in between. */
const carryOut = Effect.fnUntraced(function*(
  target: Target,
  { current, steps }: Prepared
): Effect.fn.Return<ReadonlyArray<Done>, Reason> {
  const last = steps.at(-1)!
  const { plan } = last
  if (plan._tag === "Write") {
    yield* announce(target, plan.next.kind)
    yield* ensureFolder(target.place, target.key.namespace)
    const published = yield* write(target, current, { plan, writeId: last.writeId, saved: steps.flatMap(saveOf) })
    rememberSaves(target, steps.flatMap(saveOf), plan.next.incarnation)
    return steps.map(doneOf(target, published))
  }
  if (plan._tag === "Restoral") {
    yield* announce(target, plan.next.kind)
    yield* ensureFolder(target.place, target.key.namespace)
    return [doneOf(target, yield* restoreRecord(target, current.head, plan))(last)]
  }
  if (plan._tag === "Removal") {
    const kind = Option.match(current.facts.live, { onNone: () => "", onSome: (record) => record.kind })
    yield* announce(target, kind)
    const published = yield* remove(target, current, plan)
    const changes: ReadonlyArray<Change> = [{ _tag: "Removed", key: target.key, kind, version: plan.applied.version }]
    return [{ ...doneOf(target, published)(last), changes }]
  }
  // A repeated write is acknowledged only when what it did is on the disk for sure.
  yield* syncTail(target, current.log)
  yield* syncHead(target, current)
  return [doneOf(target, inPlace(target))(last)]
})

/** What became of the first few of some changes: as many as were decided about together. */
export interface Carried {
  readonly count: number
  readonly exit: Exit.Exit<ReadonlyArray<Done>, Reason>
}

/** Carries out the first of some changes of a key, with those after it that can be written as one with it. */
export const carryOutFirst = Effect.fnUntraced(function*(
  target: Target,
  changes: readonly [PlannedChange, ...Array<PlannedChange>]
): Effect.fn.Return<Carried> {
  const prepared = yield* Effect.exit(prepare(target, changes))
  if (Exit.isFailure(prepared)) return { count: 1, exit: Exit.failCause(prepared.cause) }
  return { count: prepared.value.steps.length, exit: yield* Effect.exit(carryOut(target, prepared.value)) }
})
