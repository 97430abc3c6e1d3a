/**
 * One session from one store to another, so that it reads there as it reads here, or stays what it was there.
 *
 * A session of the target is replaced only by a later version of the same life; one that differs is left, and so is one
 * that was removed there. A copy that was made is read back and compared to the last entry before it counts.
 */
import {
  keyText,
  randomId,
  readWhole,
  type SessionKey,
  type StorageAdapter,
  type StorageError,
  type WholeSession
} from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { CliFailure } from "../output/CliFailure.ts"

type Adapter = StorageAdapter["Service"]

/**
 * What came of a session: `copied` and `updated` were written; `same` is there already, `newer` is a later version of
 * the same life; `different` is another session under the key, `removed` was removed in the target; `gone` was removed
 * in the source meanwhile.
 */
export type Transferred = "copied" | "updated" | "same" | "newer" | "different" | "removed" | "gone"

const sameEntries = (self: WholeSession, that: WholeSession): boolean =>
  self.entries.length === that.entries.length
  && self.entries.every(({ at, entry, schemaVersion }, index) => {
    const other = that.entries[index]!
    return at === other.at && entry === other.entry && schemaVersion === other.schemaVersion
  })

/** Whether two sessions say the same, whatever versions and keys they have. */
export const saysTheSame = (self: WholeSession, that: WholeSession): boolean => {
  const [own, other] = [self.session.head, that.session.head]
  return own.kind === other.kind && own.schemaVersion === other.schemaVersion && own.summary === other.summary
    && self.session.body === that.session.body && sameEntries(self, that)
}

/** What a copy of a session would come to, beside what the target has. */
const compareSessions = (source: WholeSession, target: Option.Option<WholeSession>): Transferred => {
  if (Option.isNone(target)) return "copied"
  if (saysTheSame(source, target.value)) return "same"
  const [own, other] = [source.session.head, target.value.session.head]
  if (own.incarnation !== other.incarnation) return "different"
  return own.version > other.version ? "updated" : "newer"
}

/** A session that is written under a key, from the first entry to the last. */
export interface Writing {
  readonly source: WholeSession
  readonly key: SessionKey
}

const write = (target: Adapter, { key, source }: Writing, there: Option.Option<WholeSession>) =>
  target.commit({
    writeId: randomId(),
    operations: [{
      _tag: "Restore",
      key,
      expect: Option.match(there, { onNone: () => "absent" as const, onSome: ({ session }) => session.head.version }),
      record: source.session,
      entries: Stream.fromIterable(source.entries)
    }]
  })

const notKept = (key: SessionKey) =>
  new CliFailure({
    code: "NotVerified",
    what: `the session ${keyText(key)} does not read in the target as it was written`,
    changed: "sessions before it were copied, and so may this one be",
    advice: "Do not trust the target's disk. The source was not changed."
  })

/** Writes a session to a store, and reads it back. */
export const writeSession = Effect.fnUntraced(function*(
  target: Adapter,
  writing: Writing
): Effect.fn.Return<Transferred, StorageError | CliFailure> {
  const there = yield* readWhole(target, writing.key)
  const step = compareSessions(writing.source, there)
  if (step !== "copied" && step !== "updated") return step
  const written = yield* Effect.result(write(target, writing, there))
  if (written._tag === "Failure") {
    // The key is free, and its former life there ended above this version.
    const isRemoved = written.failure.reason._tag === "Conflict" && Option.isNone(there)
    return isRemoved ? "removed" : yield* written.failure
  }
  const kept = yield* readWhole(target, writing.key)
  return Option.exists(kept, (copy) => saysTheSame(writing.source, copy)) ? step : yield* notKept(writing.key)
})
