/**
 * Reading a session without its lock: its head and its log as of one moment.
 *
 * The head is read first. If the log then holds anything that the head does not account for, the head is
 * read again: a save may have come between the two, and a state must not be shown with a later version.
 */
import type { EntryRange, Reason } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Document } from "../layout/envelope.ts"
import { checkAcknowledged, type Target } from "./Place.ts"
import { type HeadState, readHead, readHeadUnlocked } from "./readHead.ts"
import { hasNewestWrites, type Log, readEntries, readTail } from "./readLog.ts"

/** A live session's head and its log. */
export interface SessionFiles {
  readonly document: Document
  readonly log: Log
}

// Each round means that a save came in between; under the lock no save of this process can.
const roundsMax = 5

const mayHaveMoved = (document: Document, log: Log): boolean =>
  log.state.version > document.version || log.state.hasWaiting || log.isShort

const isSame = (head: HeadState, that: Document): boolean =>
  head._tag === "Current" && head.document.version === that.version && head.document.incarnation === that.incarnation

/** How much of a session's log is read: what its head needs, what it remembers of its writes too, or entries. */
export type Reading = "head" | "writes" | EntryRange

const readLog = (target: Target, document: Document, how: Reading): Effect.Effect<Log, Reason> => {
  if (how === "head") return readTail(target, document)
  return how === "writes" ? readTail(target, document, hasNewestWrites(document)) : readEntries(target, document, how)
}

/** What is there of a key, and its version: a tombstone has one, too. None where nothing of ours is there. */
interface Seen {
  readonly files: Option.Option<SessionFiles>
  readonly version: Option.Option<number>
}

/** What a head says where there is no log to read. */
const seeHead = (head: Exclude<HeadState, { readonly _tag: "Unreadable" }>): Seen => ({
  files: Option.none(),
  version: head._tag === "Current"
    ? Option.some(head.document.version)
    // A second name alone that is cut off was never acknowledged, unless something says so.
    : head.isTaken.alt
    ? Option.some(0)
    : Option.none()
})

const seeLive = (document: Document, log: Log): Seen => ({
  files: Option.some({ document, log }),
  version: Option.some(Math.max(document.version, log.state.version))
})

/** Whether what was seen is at least what is known to have been on the disk. */
const isNewEnough = (target: Target, { version }: Seen): Effect.Effect<boolean> =>
  Option.isNone(version)
    ? Effect.succeed(true)
    : Effect.map(target.place.acknowledged(target), (known) => version.value >= known.version)

/**
 * Reads a session's head with the end of its log, or with a range of its entries; none when it is known to
 * be absent or removed. An older version than one that was on the disk is damage.
 */
export const readSession = (
  target: Target,
  how: Reading
): Effect.Effect<Option.Option<SessionFiles>, Reason> => {
  const see = Effect.fnUntraced(function*(head: HeadState): Effect.fn.Return<Seen, Reason> {
    if (head._tag === "Unreadable") return yield* head.reason
    if (head._tag === "Absent" || head.document.isRemoved) return seeHead(head)
    return seeLive(head.document, yield* readLog(target, head.document, how))
  })

  const settled = target.place.lock(target)(Effect.gen(function*() {
    const seen = yield* Effect.flatMap(readHead(target), see)
    if (Option.isSome(seen.version)) yield* checkAcknowledged(target, seen.version.value)
    return seen.files
  }))

  return Effect.gen(function*() {
    for (let round = 0; round < roundsMax; round++) {
      const seen = yield* Effect.flatMap(readHeadUnlocked(target), see)
      const isHeld = target.place.memory.held.has(target.keyText)
      // A save of this process may be known before a reader that began earlier has seen it.
      if (!(yield* isNewEnough(target, seen))) continue
      if (Option.isNone(seen.files)) return seen.files
      const { document, log } = seen.files.value
      // A log that is not there may have been cleared by a removal, or a restore, that is under way.
      const mayBeCleared = isHeld && !log.isThere
      if ((!mayHaveMoved(document, log) && !mayBeCleared) || isSame(yield* readHeadUnlocked(target), document)) {
        return seen.files
      }
    }
    return yield* settled
  })
}
