/**
 * The reading methods of a store: load, find and entries.
 *
 * Absent is what the adapter knows to be absent; everything that cannot be read is a typed error, and an
 * entry that cannot be read is a row between those that can.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type SessionInvalid, SessionNotFound } from "../errors/SessionErrors.ts"
import type { UnreadableEntry } from "../errors/Unreadable.ts"
import type { StoredEntry, StoredHead, StoredSession } from "../model/StoredRecord.ts"
import { traced } from "../port/tracing.ts"
import { type StoreParts, toKey, toTime } from "./parts.ts"
import type { Entry, PlainSchema, Session } from "./Session.ts"
import type { SessionStore } from "./SessionStore.ts"

/** Makes the reading methods of a store. */
export const makeReads = <S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema>(
  { adapter, codec }: StoreParts<S, E, Summary>
) => {
  type Store = SessionStore<S, E, Summary>
  type Loaded = Effect.Effect<Session<S["Type"]>, SessionNotFound | SessionInvalid>
  type ReadEntry = Entry<E["Type"]> | UnreadableEntry

  const sessionOf = ({ body, head }: StoredSession) =>
    Effect.mapEager(codec.decodeState(head, body), (state): Session<S["Type"]> => ({
      key: head.key,
      version: head.version,
      createdAt: toTime(head.createdAt),
      updatedAt: toTime(head.updatedAt),
      state,
      entryCount: head.entryCount
    }))

  const find: Store["find"] = traced(
    "SessionStore.find",
    (input) =>
      Effect.flatMap(
        adapter.load(toKey(input)),
        (stored) => Option.isSome(stored) ? Effect.mapEager(sessionOf(stored.value), Option.some) : Effect.succeedNone
      )
  )

  const load: Store["load"] = traced(
    "SessionStore.load",
    (input) =>
      Effect.flatMap(
        adapter.load(toKey(input)),
        (stored): Loaded =>
          Option.isSome(stored) ? sessionOf(stored.value) : Effect.fail(new SessionNotFound({ key: toKey(input) }))
      )
  )

  const decodeEntry = (head: StoredHead) => (stored: StoredEntry | UnreadableEntry): Effect.Effect<ReadEntry> => {
    if (stored._tag === "UnreadableEntry") return Effect.succeed(stored)
    const { at, index } = stored
    return Effect.match(Effect.andThen(codec.checkOwn(head), codec.decodeEntry(head.key, stored)), {
      onFailure: (error): ReadEntry => ({ _tag: "UnreadableEntry", index, error }),
      onSuccess: (decoded): ReadEntry => ({ _tag: "Entry", index, at: toTime(at), entry: decoded })
    })
  }

  const entries: Store["entries"] = (input, range = {}) =>
    Stream.unwrap(Effect.gen(function*() {
      const key = toKey(input)
      const head = yield* adapter.head(key)
      if (Option.isNone(head)) return yield* new SessionNotFound({ key })
      return Stream.mapEffect(adapter.entries(key, range), decodeEntry(head.value))
    }))

  return { load, find, entries }
}
