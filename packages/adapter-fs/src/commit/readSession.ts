/**
 * Reading a session without its lock: its head and its log as of one moment.
 *
 * The head is read first. If the log then holds anything that the head does not account for, the head is
 * read again: a save may have come between the two, and a state must not be shown with a later version.
 */
import type { Reason } from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Document } from "../layout/envelope.ts"
import type { Target } from "./Place.ts"
import { type HeadState, readHead, readHeadUnlocked } from "./readHead.ts"
import { type Log, readTail, readWhole } from "./readLog.ts"

/** A live session's head and its log. */
export interface SessionFiles {
  readonly document: Document
  readonly log: Log
}

// Each round means that a save came in between; under the lock no save of this process can.
const roundsMax = 5

const liveDocument = (head: HeadState): Effect.Effect<Option.Option<Document>, Reason> => {
  if (head._tag === "Unreadable") return Effect.fail(head.reason)
  return Effect.succeed(
    head._tag === "Current" && !head.document.isRemoved ? Option.some(head.document) : Option.none()
  )
}

const mayHaveMoved = (document: Document, log: Log): boolean =>
  log.state.version > document.version || log.state.hasWaiting || log.isShort

const isSame = (self: Document, that: Document): boolean =>
  self.version === that.version && self.incarnation === that.incarnation

/** Reads a session's files; none when it is known to be absent or removed. */
export const readSession = (
  target: Target,
  how: "tail" | "whole"
): Effect.Effect<Option.Option<SessionFiles>, Reason> => {
  const readLog = (document: Document) => how === "tail" ? readTail(target, document) : readWhole(target, document)

  const settled = Effect.gen(function*() {
    const document = yield* Effect.flatMap(readHead(target), liveDocument)
    if (Option.isNone(document)) return Option.none<SessionFiles>()
    return Option.some({ document: document.value, log: yield* readLog(document.value) })
  })

  return Effect.gen(function*() {
    for (let round = 0; round < roundsMax; round++) {
      const document = yield* Effect.flatMap(readHeadUnlocked(target), liveDocument)
      if (Option.isNone(document)) return Option.none()
      const log = yield* readLog(document.value)
      if (!mayHaveMoved(document.value, log)) return Option.some({ document: document.value, log })
      const again = yield* Effect.flatMap(readHeadUnlocked(target), liveDocument)
      if (Option.isSome(again) && isSame(again.value, document.value)) {
        return Option.some({ document: document.value, log })
      }
    }
    return yield* target.place.memory.lock(target.keyText)(settled)
  })
}
