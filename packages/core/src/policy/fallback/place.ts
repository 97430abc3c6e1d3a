/**
 * Putting a record into a tier, and taking it out again.
 *
 * Both are one atomic write of the tier. The index of what lies where follows what is known afterwards: a write
 * whose outcome nobody can tell leaves the key in the index, because the tier may hold it.
 */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { AdapterReceipt } from "../../errors/Receipt.ts"
import type { StorageError } from "../../errors/StorageError.ts"
import type { Expect } from "../../model/operations.ts"
import { keyText, type SessionKey } from "../../model/SessionKey.ts"
import type { Version } from "../../model/Version.ts"
import { randomId } from "../../port/randomId.ts"
import type { WholeSession } from "../../port/wholeSession.ts"
import { aboveVersion, type Displacement, versionGap } from "./displacement.ts"
import { type Mark, withMark } from "./mark.ts"
import { type Adapter, adapterOf, type Tier } from "./tiers.ts"

/** Restores a record under a key, verbatim. */
export const restore = (
  adapter: Adapter,
  key: SessionKey,
  { entries, expect = "any", session, writeId = randomId() }: WholeSession & {
    readonly expect?: Expect
    readonly writeId?: string | undefined
  }
): Effect.Effect<AdapterReceipt, StorageError> =>
  adapter.commit({
    writeId,
    operations: [{ _tag: "Restore", key, expect, record: session, entries: Stream.fromIterable(entries) }]
  })

/**
 * Somebody else has written to a tier since it was looked at: nothing was written there, and what was planned has to
 * be planned again. Whoever gives up fails with the error.
 */
export class Overtaken extends Data.TaggedError("Overtaken")<{ readonly error: StorageError }> {}

/** What a tier is expected to hold of a key: what it was last seen to hold. */
export const expectedOf = ({ held }: Tier, key: SessionKey): Version | "absent" =>
  held.get(keyText(key))?.head.version ?? "absent"

/** Whether a refusal says that a tier holds something else than what was expected. */
export const isOvertaken = ({ reason }: StorageError, expected: Version | "absent"): boolean =>
  reason._tag === "Conflict" && reason.record === undefined && Option.match(reason.actual, {
    onNone: () => expected !== "absent",
    onSome: (actual) => actual !== expected
  })

/** A record that was put into a lower tier. */
export interface Placed {
  readonly receipt: AdapterReceipt
  readonly displacement: Displacement
}

/** Puts a record with its mark into a lower tier, in the place of what it was last seen to hold. */
export const putBelow = Effect.fnUntraced(function*(
  tier: Tier,
  displacement: Displacement,
  { mark, writeId }: { readonly mark: Mark; readonly writeId: string }
): Effect.fn.Return<Placed, StorageError | Overtaken> {
  const adapter = yield* adapterOf(tier)
  const expect = expectedOf(tier, displacement.whole.session.head.key)
  const attempt = Effect.fnUntraced(function*(own: Displacement) {
    const { head } = own.whole.session
    const { entries, session } = own.whole
    const whole: Mark = { ...mark, kind: own.removedKind, isVerbatim: own.isVerbatim ? true : undefined }
    const marked = { ...session, head: { ...head, summary: withMark(head.summary, whole) } }
    const putUnder = (id: string) =>
      restore(adapter, head.key, { entries, session: marked, writeId: id, expect }).pipe(
        Effect.tapError((error) =>
          error.outcome === "notApplied"
            ? Effect.void
            : Effect.sync(() => tier.held.set(keyText(head.key), { head, mark }))
        )
      )
    const answered = yield* putUnder(writeId)
    // A tier that knows the write of a life that has ended there answers as it did then, and puts nothing down. A record
    // that this write has not made anew lies above as it should.
    const isPut = own.row.version !== head.version || answered.keys[0]?.version === head.version
      || Option.isSome(yield* adapter.head(head.key))
    const receipt = isPut ? answered : yield* putUnder(randomId())
    tier.held.set(keyText(head.key), { head, mark })
    return { receipt, displacement: own }
  })
  const first = yield* Effect.result(attempt(displacement))
  if (Result.isSuccess(first)) return first.success
  if (isOvertaken(first.failure, expect)) return yield* new Overtaken({ error: first.failure })
  if (first.failure.reason._tag !== "Conflict" || displacement.isVerbatim) return yield* first.failure
  // What lay here before and was drained has left a tombstone with a higher version.
  const now = yield* Clock.currentTimeMillis
  const highest = Math.max(now * 1000, displacement.whole.session.head.version)
  return yield* attempt(aboveVersion(displacement, highest + versionGap))
})

/** Takes a record out of a lower tier if it still is the one that is expected. */
export const takeOut = Effect.fnUntraced(function*(tier: Tier, key: SessionKey, expect: Version) {
  const held = tier.held.get(keyText(key))
  if (held === undefined) return
  const adapter = yield* adapterOf(tier)
  const present = yield* adapter.head(key)
  if (Option.isSome(present)) {
    yield* adapter.commit({ writeId: randomId(), operations: [{ _tag: "Remove", key, expect }] })
  }
  tier.held.delete(keyText(key))
})
