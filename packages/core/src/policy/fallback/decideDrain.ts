/**
 * What to do with a displaced record: a pure function of it and of what lies above.
 *
 * A record above is an ancestor when it is the base, or when its last write is among those of the displaced
 * one: a write that the upper tier took although it was called refused. It is a descendant when it knows the
 * displaced record's last write: then that was drained before. Everything else is a conflict, in which both survive.
 */
import * as Option from "effect/Option"
import type { StoredSession } from "../../model/StoredRecord.ts"
import { isOrigin, type Mark } from "./mark.ts"

/** `Restore`: the displaced record goes up. `Merge`: it goes up and keeps the entries above. */
export type DrainStep =
  | { readonly _tag: "Restore" | "Merge" }
  /** The removal is carried out above. */
  | { readonly _tag: "Remove" }
  /** What was removed is not above: the tier learns of the removal and its version, which later ones are above. */
  | { readonly _tag: "Bury" }
  /** Nothing is left to do above: the displaced record goes. */
  | { readonly _tag: "Drop" }
  /** Both changed: the loser is kept under a key of its own first. */
  | { readonly _tag: "Conflict"; readonly winner: "upper" | "displaced" }

/** The write of a record that is made above only to be removed by the write `id`; a round may end in between. */
export const buriedId = (id: string): string => `${id}~`

/** Whether two records are the same one: what remembers no writes is told from others by what it is. */
const isSame = (self: StoredSession, that: StoredSession): boolean =>
  self.head.incarnation === that.head.incarnation && self.head.version === that.head.version
  && self.head.entryCount === that.head.entryCount && self.head.summary === that.head.summary && self.body === that.body

/** Whether a state may be put over a record that nobody could read when it was displaced. */
const mayMerge = ({ head }: StoredSession, upper: StoredSession): boolean =>
  upper.head.kind === head.kind && upper.head.schemaVersion <= head.schemaVersion

/** Decides how one displaced record is drained. */
export const decideDrain = (
  { mark: { base, isRemoval, past = [] }, session }: { readonly mark: Mark; readonly session: StoredSession },
  above: Option.Option<StoredSession>
): DrainStep => {
  if (Option.isNone(above)) {
    if (isRemoval) return { _tag: "Bury" }
    // A later life than the base's was made over a removal of it.
    const isMade = typeof base === "string" || base.incarnation !== session.head.incarnation
    // Who else removed it above did not know of this one: it is kept, under a key of its own.
    return isMade ? { _tag: "Restore" } : { _tag: "Conflict", winner: "upper" }
  }
  const upper = above.value
  const lastId = session.writes.at(-1)?.id
  const upperId = upper.writes.at(-1)?.id
  if (!isRemoval && isSame(session, upper)) return { _tag: "Drop" }
  const isMadeOver = typeof base !== "string" && isOrigin(base, upper)
  const isUpper = (id: string): boolean => id === upperId || buriedId(id) === upperId
  // The same write may have been told with a higher version below: then that version goes up.
  const isBehind = lastId === upperId && upper.head.version < session.head.version
  // What was put over the record that is there, or over its removal, is newer, also when its last write is one that a
  // former life knew and that was sent again.
  const isOlder = isMadeOver || isBehind || (lastId !== upperId && past.some(isUpper))
  if (lastId !== undefined && !isOlder && upper.writes.some(({ id }) => id === lastId)) return { _tag: "Drop" }
  const isAncestor = isMadeOver || [...past, ...session.writes.map(({ id }) => id)].some(isUpper)
  if (isRemoval) {
    if (isAncestor || base === "unknown" || base === "any") return { _tag: "Remove" }
    return { _tag: "Conflict", winner: "upper" }
  }
  // Whatever it was put over, the entries above are the session's.
  if (base === "unknown") return mayMerge(session, upper) ? { _tag: "Merge" } : { _tag: "Conflict", winner: "upper" }
  if (isAncestor || base === "any") return { _tag: "Restore" }
  return { _tag: "Conflict", winner: session.head.version > upper.head.version ? "displaced" : "upper" }
}
