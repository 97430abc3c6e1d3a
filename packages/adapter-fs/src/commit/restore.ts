/**
 * Restoring a record: its log first, in a segment that counts for nothing, then the head that names it.
 *
 * At any moment the key holds what it held before or the whole record. The head is on the disk before anything of
 * the older log is taken away, and what of that may be another life's is kept aside first.
 */
import { type Plan, randomId, type Reason } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { removeFile, writeNew } from "../io/durable.ts"
import { isMissing } from "../io/errno.ts"
import { decodeLine } from "../layout/entryLine.ts"
import { type Document, encodeDocument } from "../layout/envelope.ts"
import { readReason, recall, remember, segmentPath, syncNames, type Target, unmake } from "./Place.ts"
import { publish, type WritableHead } from "./publish.ts"
import { encodeRestored, freeSegment, segmentsThere } from "./restoredLog.ts"
import { setAside } from "./setAside.ts"

type RestoralPlan = Extract<Plan, { readonly _tag: "Restoral" }>

/** The document that is there, a tombstone included. */
const documentOf = (head: WritableHead): Option.Option<Document> =>
  head._tag === "Current" ? Option.some(head.document) : Option.none()

const segmentsOf = ({ isRemoved, log }: Document): ReadonlyArray<number> =>
  isRemoved ? [] : log.segments.length > 0 ? log.segments.map(({ segment }) => segment) : [0]

/** Writes the lines, which count for nothing until a head names their commit; a failure leaves none of them. */
const writeLog = (target: Target, path: string, bytes: Uint8Array): Effect.Effect<void, Reason> =>
  bytes.length === 0 ? Effect.void : writeNew(target.place.io, path, bytes).pipe(
    Effect.andThen(syncNames(target.place, target.folder)),
    Effect.tapError((failure) => failure.syscall === "open" ? Effect.void : Effect.exit(unmake(target, path))),
    Effect.mapError(readReason(target.place))
  )

/** Whether a file holds lines of a life that the key's head does not tell of: they may be all that is left of it. */
const holdsOtherLife = (bytes: Uint8Array, incarnation: string): boolean =>
  Buffer.from(bytes).toString("utf8").split("\n").some((line) =>
    Option.exists(decodeLine(line), (found) => found.incarnation !== incarnation)
  )

const clearSegment = Effect.fnUntraced(function*(target: Target, path: string, incarnation: string) {
  const { io } = target.place
  const bytes = yield* Effect.mapError(io.readFile(path), readReason(target.place))
  if (holdsOtherLife(bytes, incarnation)) yield* setAside(target.place, path, bytes)
  yield* Effect.catchIf(removeFile(io, path), isMissing, () => Effect.void)
})

const noted = (path: string) => (failure: { readonly message: string }) =>
  Effect.logDebug("holdfast: could not clear", path, failure.message)

/** Takes away what the record has replaced. What cannot be taken away is named by no head and counts for nothing. */
const clearReplaced = Effect.fnUntraced(
  function*(target: Target, segments: ReadonlyArray<number>, before: Option.Option<Document>) {
    const incarnation = Option.match(before, { onNone: () => "", onSome: (document) => document.incarnation })
    for (const segment of segments) {
      const path = segmentPath(target, segment)
      const isThere = yield* Effect.isSuccess(target.place.io.stat(path))
      if (isThere) yield* Effect.catch(clearSegment(target, path, incarnation), noted(path))
    }
    if (segments.length > 0) yield* Effect.catch(syncNames(target.place, target.folder), noted(target.folder))
  }
)

/** Writes a record in the place of what a key holds. The caller holds the key. */
export const restoreRecord = Effect.fnUntraced(function*(target: Target, head: WritableHead, plan: RestoralPlan) {
  const { next, restoration } = plan
  const before = documentOf(head)
  const older = yield* segmentsThere(target, Option.match(before, { onNone: () => [], onSome: segmentsOf }))
  const segment = yield* freeSegment(target, older)
  const path = segmentPath(target, segment)
  const commitId = randomId()
  const bytes = encodeRestored(restoration, commitId)
  yield* writeLog(target, path, bytes)
  const { entryCount: count, ...facts } = next
  const document: Document = {
    ...facts,
    key: target.key,
    // Named also when it has no lines: a log that is not named is the first one, and that may be an older one's.
    log: { segments: [{ segment, bytes: bytes.length }], count },
    commitId: Option.some(commitId),
    adoptedFrom: Option.flatMap(before, ({ adoptedFrom }) => adoptedFrom),
    isRemoved: false,
    summary: restoration.record.head.summary,
    body: restoration.record.body
  }
  const published = yield* publish(target, head, encodeDocument(document)).pipe(
    // A head that may be there names the segment.
    Effect.tapError(({ outcome }) => outcome === "notApplied" ? Effect.exit(unmake(target, path)) : Effect.void)
  )
  remember(target, {
    ...recall(target),
    headSynced: next.version,
    log: undefined,
    isLogBroken: false,
    // What this process saved before is not what the record holds, also where the record is of the same life.
    saves: { incarnation: next.incarnation, writes: new Map() }
  })
  yield* clearReplaced(target, older, before)
  return published
})
