/**
 * What a writer must know of a key before it changes it. The caller holds the key's lock.
 *
 * The first look of this process at a log reads all of it, so that a repeated write is recognised; later
 * looks read only what was added since.
 */
import { type AppliedWrite, Corrupt, type KeyFacts, type Reason } from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Document } from "../layout/envelope.ts"
import type { LogState } from "../layout/logFold.ts"
import { checkRoot, recall, segmentPath, type Target } from "./Place.ts"
import type { WritableHead } from "./publish.ts"
import { readHead } from "./readHead.ts"
import { factsOf, liveSegment, readFurther, readWhole } from "./readLog.ts"

/** The log that a writer goes on with. */
export interface KnownLog {
  readonly segment: number
  readonly settledBytes: number
  readonly isThere: boolean
  /** Whether this process has synced all of it. */
  readonly isSynced: boolean
  readonly state: LogState
}

/** A key as its writer finds it. */
export interface Current {
  readonly head: WritableHead
  readonly log: KnownLog
  readonly facts: KeyFacts
}

// As many entry writes are remembered, so that repeating one of them does not double it.
const entryWritesMax = 1024

const trimmed = (state: LogState): LogState => ({ ...state, lines: [], writes: state.writes.slice(-entryWritesMax) })

const readKnownLog = Effect.fnUntraced(
  function*(target: Target, document: Document): Effect.fn.Return<KnownLog, Reason> {
    const { bytes: settledBytes, segment } = liveSegment(document)
    const { isLogBroken, log: known } = recall(target)
    const isKnown = known !== undefined && known.incarnation === document.incarnation && known.segment === segment
      && known.state.end >= settledBytes
    // What follows a failed sync may be lost: the log ends for this process where it was synced last.
    if (isKnown && isLogBroken) return { segment, settledBytes, isThere: true, isSynced: true, state: known.state }
    const log = isKnown
      ? yield* readFurther(target, document, known.state)
      : yield* readWhole(target, document)
    if (log.isShort) {
      const at = segmentPath(target, segment)
      return yield* new Corrupt({ at, problem: "is shorter than its session says", outcome: "notApplied" })
    }
    // What another process added since is not known to be synced.
    const isSynced = isKnown && log.state.end === known.state.end
    return { segment, settledBytes, isThere: log.isThere, isSynced, state: trimmed(log.state) }
  }
)

const noLog: KnownLog = {
  segment: 0,
  settledBytes: 0,
  isThere: false,
  isSynced: true,
  state: { end: 0, size: 0, count: 0, version: 0, at: 0, versionSeen: 0, writes: [], lines: [], hasWaiting: false }
}

const findWrite = (state: LogState, writeId: string): Option.Option<AppliedWrite> =>
  Option.fromUndefinedOr(state.writes.findLast((write) => write.id === writeId))

/** Reads a key for a change with this write id. Fails with the read's error where the key cannot be read. */
export const readCurrent = Effect.fnUntraced(
  function*(target: Target, writeId: string): Effect.fn.Return<Current, Reason> {
    // Another store mounted over this one has keys of its own: nothing is written into it.
    yield* checkRoot(target.place)
    const head = yield* readHead(target)
    if (head._tag === "Unreadable") return yield* head.reason
    if (head._tag === "Absent") {
      return { head, log: noLog, facts: { live: Option.none(), removed: Option.none() } }
    }
    const { document } = head
    if (document.isRemoved) {
      const removed = Option.some({ version: document.version, writes: document.writes })
      return { head, log: noLog, facts: { live: Option.none(), removed } }
    }
    const log = yield* readKnownLog(target, document)
    return {
      head,
      log,
      facts: {
        live: Option.some(factsOf(document, log.state)),
        removed: Option.none(),
        applied: findWrite(log.state, writeId),
        versionFloor: log.state.versionSeen
      }
    }
  }
)
