/**
 * What a writer must know of a key before it changes it. The caller holds the key's lock.
 *
 * The first look of this process at a log reads back from its end as far as repeated writes are
 * recognised; later looks read only what was added since. A last line without its end gets it here.
 */
import { type AppliedWrite, Corrupt, type KeyFacts, type Reason } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Document } from "../layout/envelope.ts"
import { emptyLog, type LogState } from "../layout/logFold.ts"
import { closeLine } from "./appendLog.ts"
import { checkAcknowledged, recall, segmentPath, type Target } from "./Place.ts"
import type { WritableHead } from "./publish.ts"
import type { Found, IsEnough } from "./readBack.ts"
import { readHead } from "./readHead.ts"
import { factsOf, liveSegment, readEnd, readFurther, relyIfOvertaken } from "./readLog.ts"
import { checkCommits } from "./storeRole.ts"

/** The log that a writer goes on with. */
export interface KnownLog {
  readonly segment: number
  readonly settledBytes: number
  readonly isThere: boolean
  /** Whether this process has synced all of it. */
  readonly isSynced: boolean
  /** From here on the segment may be in memory only. */
  readonly unsyncedFrom: number
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

const trimmed = (state: LogState): LogState => ({
  ...state,
  lines: [],
  writes: state.writes.length > entryWritesMax ? state.writes.slice(-entryWritesMax) : state.writes
})

/** Whether the writes that must be recognised are found, or no write can have been before these lines. */
const hasWrites: IsEnough = (found) => {
  const first = found[0]?.line
  const isAll = first !== undefined && first.index + 1 === first.place[0]
  return isAll || found.filter(({ line }) => line.place[0] === line.place[1]).length >= entryWritesMax
    ? "enough"
    : "more"
}

/**
 * Where the last batch of a segment begins, or a place before. Whoever wrote it has synced all that was
 * before it, or had it synced by a first look of his own, so it alone may be in memory only.
 */
const lastBatchStart = ({ end, lines }: LogState, settledBytes: number): number => {
  const last = lines.at(-1)
  if (end <= settledBytes || last?._tag !== "Entry") return Math.min(settledBytes, end)
  const start = lines.findLast((counted): counted is Found[number] =>
    counted._tag === "Entry" && counted.line.place[0] === 1
  )
  const isSame = start !== undefined && start.line.writeId === last.line.writeId
    && last.line.index - start.line.index + 1 === last.line.place[1]
  return isSame ? Math.max(settledBytes, start.offset) : settledBytes
}

const readKnownLog = Effect.fnUntraced(
  function*(target: Target, document: Document): Effect.fn.Return<KnownLog, Reason> {
    yield* relyIfOvertaken(target, document)
    const { bytes: settledBytes, segment } = liveSegment(document)
    const { isLogBroken, log: known } = recall(target)
    const isKnown = known !== undefined && known.incarnation === document.incarnation && known.segment === segment
      && known.state.end >= settledBytes
    // What follows a failed sync may be lost: the log ends for this process where it was synced last.
    if (isKnown && isLogBroken) {
      return { segment, settledBytes, isThere: true, isSynced: true, unsyncedFrom: known.state.end, state: known.state }
    }
    const log = isKnown
      ? yield* readFurther(target, document, known.state)
      : yield* readEnd(target, document, hasWrites)
    if (log.isShort) {
      const at = segmentPath(target, segment)
      return yield* new Corrupt({ at, problem: "is shorter than its session says", outcome: "notApplied" })
    }
    // What another process added since is not known to be synced.
    const isSynced = isKnown && log.state.end === known.state.end
    const unsyncedFrom = isKnown ? known.state.end : lastBatchStart(log.state, settledBytes)
    const found = { segment, settledBytes, isThere: log.isThere, isSynced, unsyncedFrom, state: trimmed(log.state) }
    return found.state.isOpen ? yield* closeLine(target, found, document.incarnation) : found
  }
)

const noLog: KnownLog = {
  segment: 0,
  settledBytes: 0,
  isThere: false,
  isSynced: true,
  unsyncedFrom: 0,
  state: emptyLog(0, 0)
}

// Every append goes through a thousand of them: a call for each would take longer than all the rest of this look.
const findWrite = ({ writes }: LogState, writeId: string): Option.Option<AppliedWrite> => {
  for (let at = writes.length - 1; at >= 0; at--) {
    if (writes[at]!.id === writeId) return Option.some(writes[at]!)
  }
  return Option.none()
}

/** Reads a key for a change with this write id. Fails with the read's error where the key cannot be read. */
export const readCurrent = Effect.fnUntraced(
  function*(target: Target, writeId: string): Effect.fn.Return<Current, Reason> {
    // Another store mounted over this one has keys of its own: nothing is written into it, nor into a retired one.
    yield* checkCommits(target.place)
    const head = yield* readHead(target)
    if (head._tag === "Unreadable") return yield* head.reason
    if (head._tag === "Absent") {
      if (head.isTaken.alt) yield* checkAcknowledged(target, 0)
      // Whoever was told a version of a session whose files were taken away is told a later one.
      const { version: versionFloor } = yield* target.place.acknowledged(target)
      return { head, log: noLog, facts: { live: Option.none(), removed: Option.none(), versionFloor } }
    }
    const { document } = head
    if (document.isRemoved) {
      yield* checkAcknowledged(target, document.version)
      const removed = Option.some({ version: document.version, writes: document.writes })
      return { head, log: noLog, facts: { live: Option.none(), removed } }
    }
    const log = yield* readKnownLog(target, document)
    yield* checkAcknowledged(target, Math.max(document.version, log.state.version))
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
