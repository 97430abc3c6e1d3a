/**
 * Repairing a session whose newest version is gone: what is left of it becomes current, with a version that
 * nobody was told before.
 *
 * Until then the session cannot be read or written, because an older version must not pass for the newest.
 * What is left of the newer one is copied to `lost-found/` first.
 */
import { type Reason, Version } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isMissing } from "../io/errno.ts"
import { type Document, encodeDocument } from "../layout/envelope.ts"
import { otherSlot } from "../layout/files.ts"
import {
  checkRoot,
  nothingSaved,
  readReason,
  recall,
  remember,
  type Saved,
  segmentPath,
  slotPath,
  type Target,
  unmake
} from "./Place.ts"
import { publish } from "./publish.ts"
import { type HeadState, readHead } from "./readHead.ts"
import { factsOf, hasNewestWrites, type Log, readTail } from "./readLog.ts"
import { setAside } from "./setAside.ts"

type CurrentHead = Extract<HeadState, { readonly _tag: "Current" }>

/** A session that is older than it was, as it was found. */
interface Older {
  readonly head: Option.Option<CurrentHead>
  /** Of a session that was not removed. */
  readonly log: Option.Option<Log>
  /** What was on the disk last. */
  readonly lost: Saved
}

const findOlder = Effect.fnUntraced(function*(target: Target): Effect.fn.Return<Option.Option<Older>, Reason> {
  yield* checkRoot(target.place)
  const lost = yield* target.place.acknowledged(target)
  const head = yield* readHead(target)
  if (head._tag === "Unreadable" || lost.version === 0) return Option.none()
  if (head._tag === "Absent") {
    return head.isTaken.alt ? Option.some({ head: Option.none(), log: Option.none(), lost }) : Option.none()
  }
  const log = head.document.isRemoved
    ? Option.none()
    : Option.some(yield* readTail(target, head.document, hasNewestWrites(head.document)))
  const found = Math.max(
    head.document.version,
    Option.match(log, { onNone: () => 0, onSome: ({ state }) => state.version })
  )
  return found < lost.version ? Option.some({ head: Option.some(head), log, lost }) : Option.none()
})

/** Whether a session is older than one of its versions that was on the disk. The caller holds the key. */
export const isOlder = (target: Target): Effect.Effect<boolean, Reason> => Effect.map(findOlder(target), Option.isSome)

const keep = Effect.fnUntraced(function*(target: Target, path: string) {
  const bytes = yield* target.place.io.readFile(path).pipe(
    Effect.catchIf(isMissing, () => Effect.succeed(new Uint8Array())),
    Effect.mapError(readReason(target.place))
  )
  if (bytes.length > 0) yield* setAside(target.place, path, bytes)
})

/** The document with as much of its log as is there; entries that are gone keep their places. */
const raised = (document: Document, log: Option.Option<Log>, lost: Saved): Document => ({
  ...document,
  version: Version(lost.version + 1),
  commitId: Option.none(),
  ...Option.match(log, {
    onNone: () => ({}),
    onSome: ({ isThere, segment, state }) => ({
      updatedAt: state.version > document.version && state.at > 0 ? state.at : document.updatedAt,
      writes: factsOf(document, state).writes,
      log: {
        segments: isThere
          ? [...document.log.segments.slice(0, -1), { segment, bytes: state.end }]
          : document.log.segments,
        count: Math.max(state.count, document.log.count, lost.entryCount)
      }
    })
  })
})

/**
 * Makes what is there of a session current, and says whether there was need. The caller holds the key.
 *
 * A repair that fails has changed nothing, or its reason's outcome says that it is unknown; running it again
 * goes on.
 */
export const repairOlder = Effect.fnUntraced(function*(target: Target): Effect.fn.Return<boolean, Reason> {
  const found = yield* findOlder(target)
  if (Option.isNone(found)) return false
  const { head, log, lost } = found.value
  if (Option.isNone(head)) {
    yield* keep(target, slotPath(target, "alt"))
    yield* Effect.mapError(unmake(target, slotPath(target, "alt")), readReason(target.place))
    target.place.published(target, nothingSaved)
    return true
  }
  const { document, other, slot } = head.value
  if (other === "Torn") yield* keep(target, slotPath(target, otherSlot(slot)))
  if (Option.isSome(log)) yield* keep(target, segmentPath(target, log.value.segment))
  const next = raised(document, log, lost)
  yield* publish(target, head.value, encodeDocument(next))
  remember(target, { ...recall(target), headSynced: next.version, log: undefined, isLogBroken: false })
  target.place.published(target, { version: next.version, entryCount: next.log.count })
  return true
})
