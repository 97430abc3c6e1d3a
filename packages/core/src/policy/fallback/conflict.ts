/**
 * What loses a conflict is kept beside what won, as a session of its own.
 *
 * Its key is made of the session's and of what it holds, so a drain that ended in between makes it once. It is a
 * later life of nobody's: it has an incarnation of its own and remembers no writes.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { SessionKey } from "../../model/SessionKey.ts"
import { randomId } from "../../port/randomId.ts"
import type { WholeSession } from "../../port/wholeSession.ts"
import { conflictKey } from "../conflictKey.ts"
import { restore } from "./place.ts"
import { readBack } from "./readBack.ts"
import type { Adapter } from "./tiers.ts"

/** Keeps a record beside the one that won. It is a session of its own, so it remembers no writes. */
export const keepFork = Effect.fnUntraced(function*(primary: Adapter, key: SessionKey, whole: WholeSession) {
  const fork = conflictKey(key, whole.session)
  const { session } = whole
  const own = { ...session, writes: [], head: { ...session.head, key: fork, incarnation: randomId() } }
  const kept = yield* Effect.result(restore(primary, fork, { entries: whole.entries, session: own, expect: "absent" }))
  if (Result.isFailure(kept) && kept.failure.reason._tag !== "Conflict") return yield* kept.failure
  const there = yield* primary.head(fork)
  // A fork that a round made which did not come to its end, and that somebody has removed since, is kept as he wants it.
  if (Result.isFailure(kept) && Option.isNone(there)) return fork
  const incarnation = Option.match(there, { onNone: () => own.head.incarnation, onSome: (head) => head.incarnation })
  yield* readBack(primary, { entries: whole.entries, session: { ...own, head: { ...own.head, incarnation } } })
  return fork
})
