/**
 * Forks: a source that another program changed after its adoption becomes a session of its own.
 *
 * The session that was adopted from it may have been saved since, so neither of the two replaces the other.
 * The fork's key follows from the document's bytes: the same document is forked once, by whoever looks first.
 */
import type { Reason } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Target, targetOf } from "../commit/Place.ts"
import { readHead } from "../commit/readHead.ts"
import { forkKeyOf } from "../layout/forkKey.ts"
import { adoptForeign } from "./adopt.ts"
import type { Looked } from "./look.ts"

/** Makes a changed source of the session `target` a session of its own, unless it is one or was one. */
export const forkChanged = (
  { key, place }: Target,
  { adopted, bytes, modifiedAt }: Looked
): Effect.Effect<void, Reason> => {
  const fork = targetOf(place, forkKeyOf(key, bytes))
  const turn = Effect.gen(function*() {
    const head = yield* readHead(fork)
    if (head._tag !== "Absent" || Option.isNone(adopted)) return
    yield* adoptForeign(fork, { bytes, modifiedAt, replaced: Option.none(), isTaken: head.isTaken }, adopted.value)
  })
  return place.lock(fork)(Effect.uninterruptible(turn))
}
