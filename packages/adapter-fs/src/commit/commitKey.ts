/**
 * Committing a change of one key: read, decide, write, in one turn that nothing interrupts.
 *
 * A pure append writes entry lines only. A change of both writes the lines first, waiting for a commit
 * id, then publishes the head that names it and settles the log. A removal publishes a tombstone before
 * it clears anything, so that nothing left behind comes back.
 */
import {
  type AdapterReceipt,
  type Change,
  type KeyReceipt,
  type Operation,
  planChange,
  randomId,
  type Reason,
  reasonOfRefusal,
  type StorageChange,
  type StorageError
} from "@holdfast/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { rewriteSame } from "../io/durable.ts"
import { encodeDocument } from "../layout/envelope.ts"
import { appendBatch, type Batch, nextSegment, syncTail } from "./appendLog.ts"
import { clearRemoved } from "./clearRemoved.ts"
import { documentOf, type RemovalPlan, tombstoneOf, type WritePlan } from "./documents.ts"
import {
  adapterName,
  ensureFolder,
  readReason,
  recall,
  remember,
  slotPath,
  storageError,
  syncNames,
  type Target
} from "./Place.ts"
import { publish, type Published } from "./publish.ts"
import { type Current, type KnownLog, readCurrent } from "./readCurrent.ts"

/** A plan that was carried out: what it did, and how. */
interface Done {
  readonly row: KeyReceipt
  readonly published: Published
  readonly changes: ReadonlyArray<Change>
}

/** How a write that publishes no head is reported: the folder's protocol is what its session relies on. */
const inPlace = (target: Target): Published => ({
  protocol: target.place.memory.protocols.get(target.folder) ?? target.place.protocol.first,
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

/** Carries out a write: entry lines, a head, or both. */
const write = Effect.fnUntraced(
  function*(target: Target, current: Current, request: { readonly plan: WritePlan; readonly writeId: string }) {
    const { plan, writeId } = request
    const { isLogBroken } = recall(target)
    const { entries, next } = plan
    const batch = { writeId, next, entries }
    if (Option.isNone(plan.put) && !isLogBroken) {
      return yield* writeEntries(target, current, { ...batch, commitId: Option.none() })
    }
    const start = isLogBroken ? nextSegment(current.log.segment + 1, current.log.state) : current.log
    const commitId = entries.length > 0 ? Option.some(randomId()) : Option.none()
    // The head says how much of the log is settled, so the log is on the disk before the head is.
    const log = entries.length > 0
      ? yield* appendBatch(target, start, { ...batch, commitId })
      : yield* Effect.as(syncTail(target, start), { ...start, isSynced: true })
    const document = documentOf(target.key, current, { plan, log, commitId })
    const published = yield* publish(target, current.head, encodeDocument(document))
    remember(target, { headSynced: next.version, log: logMemory(next.incarnation, log), isLogBroken: false })
    return published
  }
)

const remove = Effect.fnUntraced(function*(target: Target, current: Current, plan: RemovalPlan) {
  const tombstone = encodeDocument(tombstoneOf(target.key, current, plan))
  const published = yield* publish(target, current.head, tombstone)
  remember(target, { headSynced: plan.tombstone.version, log: undefined, isLogBroken: false })
  yield* clearRemoved(target, current.head, { protocol: published.protocol, tombstone })
  return published
})

const carryOut = Effect.fnUntraced(function*(
  target: Target,
  change: { readonly writeId: string; readonly attempt: number; readonly operations: ReadonlyArray<Operation> }
): Effect.fn.Return<Done, Reason> {
  const { key } = target
  const current = yield* readCurrent(target, change.writeId)
  const context = { ...change, now: yield* Clock.currentTimeMillis, incarnation: randomId() }
  const plan = yield* Effect.mapError(
    Effect.fromResult(planChange(current.facts, change.operations, context)),
    reasonOfRefusal
  )
  if (plan._tag === "Write") {
    yield* ensureFolder(target.place, key.namespace)
    const published = yield* write(target, current, { plan, writeId: change.writeId })
    const { createdAt, entryCount, kind, updatedAt, version } = plan.next
    const changes: ReadonlyArray<Change> = [{ _tag: "Changed", key, kind, version }]
    return { row: { key, version, createdAt, updatedAt, entryCount }, published, changes }
  }
  const { at: updatedAt, entryCount, version } = plan.applied
  if (plan._tag === "Removal") {
    const published = yield* remove(target, current, plan)
    const kind = Option.match(current.facts.live, { onNone: () => "", onSome: (record) => record.kind })
    const changes: ReadonlyArray<Change> = [{ _tag: "Removed", key, kind, version }]
    return { row: { key, version, createdAt: updatedAt, updatedAt, entryCount }, published, changes }
  }
  // A repeated write is acknowledged only when what it did is on the disk for sure.
  yield* syncTail(target, current.log)
  yield* syncHead(target, current)
  const row = { key, version, createdAt: plan.createdAt, updatedAt, entryCount }
  return { row, published: inPlace(target), changes: [] }
})

/**
 * Commits a change whose operations all name `target`. Waiting for the key's turn can be interrupted,
 * the rest runs to its end.
 */
export const commitKey = (target: Target, change: StorageChange): Effect.Effect<AdapterReceipt, StorageError> =>
  target.place.memory.retain(
    target.place.memory.lock(target.keyText)(Effect.uninterruptible(
      carryOut(target, { ...change, attempt: change.attempt ?? 1 }).pipe(
        // Somebody may have removed the folder: the next write makes it again if the root stands.
        Effect.tapError(() => Effect.sync(() => target.place.memory.syncedFolders.delete(target.folder))),
        Effect.tapError(({ outcome }) => Effect.sync(() => outcome === "unknown" ? tellMissed(target) : undefined)),
        Effect.mapError((reason) => storageError("commit", target.key, reason)),
        Effect.map(({ changes, published, row }): AdapterReceipt => {
          rememberStem(target)
          target.place.memory.feed.publish(changes)
          return {
            adapter: adapterName,
            location: target.place.root,
            durability: published.durability,
            protocol: published.protocol,
            attempts: published.failures.length + 1,
            failures: published.failures.map((reason) => storageError("commit", target.key, reason)),
            degraded: Option.none(),
            keys: [row]
          }
        })
      )
    ))
  )

/** The write may be there or not: whoever watches the store looks for himself. */
const tellMissed = ({ place }: Target): void => place.memory.feed.publish([{ _tag: "Missed" }])

const rememberStem = (target: Target): void => {
  const stems = target.place.memory.stems.get(target.folder) ?? new Set<string>()
  target.place.memory.stems.set(target.folder, stems.add(target.stem))
}
