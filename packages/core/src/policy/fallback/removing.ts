/**
 * Carrying a displaced removal out above: what it ended goes, and is remembered as if it had been there all the time.
 *
 * The primary has to recognise the removal and every write of the life that it ended when they are sent again, also
 * those that only a lower tier had. A record is put there for that, to be removed at once.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { Tombstone } from "../../model/plan.ts"
import { type AppliedWrite, appliedWritesMax } from "../../model/StoredRecord.ts"
import { Version } from "../../model/Version.ts"
import { randomId } from "../../port/randomId.ts"
import type { WholeSession } from "../../port/wholeSession.ts"
import { buriedId } from "./decideDrain.ts"
import { restore } from "./place.ts"
import type { Adapter } from "./tiers.ts"

/** Removes above under the id of the removal, so that it is recognised there when it is sent again. */
const removeAbove = (primary: Adapter, { session: { head, writes } }: WholeSession, expect: Version) =>
  primary.commit({
    writeId: writes.at(-1)?.id ?? randomId(),
    operations: [{ _tag: "Remove", key: head.key, expect, floor: Version(head.version - 1) }]
  })

/** The record that a displaced removal ended, as one that is made above only to be removed. */
const endedBy = ({ session }: WholeSession): WholeSession => {
  const version = Version(session.head.version - 1)
  const last = session.writes.at(-1)
  const writes = last === undefined ? [] : [...session.writes.slice(0, -1), { ...last, id: buriedId(last.id), version }]
  return { entries: [], session: { ...session, writes, head: { ...session.head, version } } }
}

/** Leaves above what a session leaves that was made and removed there. */
export const bury = Effect.fnUntraced(function*(primary: Adapter, whole: WholeSession) {
  const before = endedBy(whole)
  const { head } = before.session
  const made = yield* Effect.result(restore(primary, head.key, { ...before, expect: "absent" }))
  if (Result.isSuccess(made)) return yield* Effect.asVoid(removeAbove(primary, whole, head.version))
  // A round that did not come to its end has left it, or a later life of the key is known there.
  if (made.failure.reason._tag !== "Conflict") return yield* made.failure
})

/** The writes of a life above and of what became of it below. */
export const writesOfBoth = (upper: WholeSession, own: WholeSession): ReadonlyArray<AppliedWrite> => {
  const known = new Set(own.session.writes.map(({ id }) => id))
  const others = upper.session.writes.filter(({ id }) => !known.has(id))
  return [...others, ...own.session.writes].slice(-appliedWritesMax)
}

/** Carries a removal out above. Writes that the life it ended had below alone are remembered there as well. */
export const removeEnded = Effect.fnUntraced(function*(primary: Adapter, whole: WholeSession, upper: WholeSession) {
  const { head: { key, version }, writes } = upper.session
  const known = new Set(writes.map(({ id }) => id))
  const isAllKnown = whole.session.writes.slice(0, -1).every(({ id }) => known.has(id))
  const before = endedBy(whole)
  if (isAllKnown || before.session.head.version <= version) return yield* removeAbove(primary, whole, version)
  const session = { ...before.session, writes: writesOfBoth(upper, before) }
  yield* restore(primary, key, { entries: [], session, expect: version })
  return yield* removeAbove(primary, whole, session.head.version)
})

/** A life that was made below knows the removal before it, as it would above: sent again, that one ends nothing. */
export const rememberingRemoval = (whole: WholeSession, grave: Option.Option<Tombstone>): WholeSession => {
  const { head, writes } = whole.session
  const removal = Option.getOrUndefined(grave)?.writes.at(-1)
  const isBefore = removal !== undefined && removal.version < head.version
  if (!isBefore || writes.some(({ id }) => id === removal.id)) return whole
  return { ...whole, session: { ...whole.session, writes: [removal, ...writes].slice(-appliedWritesMax) } }
}
