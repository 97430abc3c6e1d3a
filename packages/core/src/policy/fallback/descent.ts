/**
 * The way down: putting a write into the highest lower tier that takes it, with the mark of what it displaces.
 *
 * A tier that was not listed is passed over, because it may hold a version of its own. What a tier refuses for a
 * mistake of the caller is the caller's answer; for any other reason the next tier is asked.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { AdapterReceipt, KeyReceipt } from "../../errors/Receipt.ts"
import type { StorageError } from "../../errors/StorageError.ts"
import type { PlannedOperation, Put } from "../../model/operations.ts"
import { keyText, type SessionKey } from "../../model/SessionKey.ts"
import { Version } from "../../model/Version.ts"
import type { PlannedChange } from "../../port/restorations.ts"
import { degradedReceipt, nobodyTook, type Refused, toChange, type Write } from "./answers.ts"
import { aboveVersion, type Displacement, floorUnseen, raise, versionGap } from "./displacement.ts"
import type { Draining } from "./drain.ts"
import { type Mark, withMark } from "./mark.ts"
import { expectedOf, isOvertaken, Overtaken, putBelow } from "./place.ts"
import type { ChainRole } from "./role.ts"
import { adapterOf, type Held, readTier, type Tier } from "./tiers.ts"

/** The tiers, with versions for what is written over records that nobody can read. */
export interface Chain extends Draining {
  /** A version above all that a key had; each one is higher than the one before. */
  readonly nextFloor: (key: SessionKey) => Effect.Effect<number>
  /** The newest version of a session that was told, which is one that was acknowledged; 0 where none is remembered. */
  readonly toldOf: (key: SessionKey) => number
  readonly role: ChainRole
}

/** Where a write may go: to the tiers below `above`, after these refused it. */
export interface Descent {
  readonly above: Tier
  readonly refusals: readonly [Refused, ...ReadonlyArray<Refused>]
  readonly mark: Mark
}

// More than the writes that one reading of the clock leaves room for.
const floorStep = 1024

/**
 * Versions rise faster than sessions are written to within one reading of the clock, and are above what was told of a
 * session, also when the clock goes back.
 */
export const makeNextFloor = (toldOf: (key: SessionKey) => number): Chain["nextFloor"] => {
  let lastFloor = 0
  return (key) =>
    Effect.map(
      Clock.currentTimeMillis,
      (now) => lastFloor = Math.max(lastFloor + floorStep, floorUnseen(now), toldOf(key) + versionGap)
    )
}

/** What a tier holds by its receipt, where it cannot be read again. */
const heldBy = (
  { change, key }: Write,
  { createdAt, entryCount, updatedAt, version }: Omit<KeyReceipt, "key">,
  { mark, tier }: { readonly tier: Tier; readonly mark: Mark }
): Held => {
  const before = tier.held.get(keyText(key))
  const put = change.operations.find((operation): operation is Put => operation._tag === "Put")
  const { kind, schemaVersion, summary } = put ?? before?.head ?? { kind: "", schemaVersion: 1, summary: "{}" }
  const incarnation = before?.head.incarnation ?? ""
  const times = { version, createdAt, updatedAt, entryCount }
  return { mark, head: { _tag: "StoredHead", key, kind, schemaVersion, incarnation, summary, ...times } }
}

/** What is told by a tier that may have taken a write and does not say so. */
const nothingTold: Omit<KeyReceipt, "key"> = { version: Version(0), createdAt: 0, updatedAt: 0, entryCount: 0 }

/** An operation over what a tier was last seen to hold: nobody's write in between is written over. */
const guarded = (operation: PlannedOperation, expect: Version | "absent"): PlannedOperation =>
  operation.expect === "any" || operation.expect === "present" ? { ...operation, expect } : operation

/** Sends a change to a lower tier as it is, with the mark of what it displaces. */
export const sendMarked = Effect.fnUntraced(function*(
  tier: Tier,
  { change, key }: Write,
  mark: Mark
): Effect.fn.Return<AdapterReceipt, StorageError | Overtaken> {
  const name = keyText(key)
  const expect = expectedOf(tier, key)
  const operations = change.operations.map((operation) =>
    guarded(operation._tag === "Put" ? { ...operation, summary: withMark(operation.summary, mark) } : operation, expect)
  )
  const adapter = yield* adapterOf(tier)
  const sent = yield* Effect.result(adapter.commit(toChange({ ...change, operations })))
  if (Result.isFailure(sent)) {
    const error = sent.failure
    if (isOvertaken(error, expect)) return yield* new Overtaken({ error })
    // A tier that may hold it is asked for it before anything above is believed.
    if (error.outcome !== "notApplied") tier.held.set(name, heldBy({ key, change }, nothingTold, { tier, mark }))
    return yield* error
  }
  const receipt = sent.success
  const seen = yield* Effect.option(readTier(tier, key, { read: () => adapter.head(key), headOf: (head) => head }))
  if (Option.isNone(Option.flatten(seen))) {
    tier.held.set(name, heldBy({ key, change }, receipt.keys[0]!, { tier, mark }))
  }
  return receipt
})

/** Asks the tiers below, from the highest on, to take a write. */
const askInTurn = Effect.fnUntraced(function*(
  { board, tiers }: Chain,
  { above, refusals: before }: Descent,
  put: (tier: Tier) => Effect.Effect<AdapterReceipt, StorageError | Overtaken>
): Effect.fn.Return<AdapterReceipt, StorageError | Overtaken> {
  const refusals: Array<Refused> = [...before]
  for (const tier of tiers) {
    if (tier.place <= above.place || !tier.isInventoried) continue
    const answer = yield* Effect.result(put(tier))
    if (Result.isSuccess(answer)) {
      yield* board.note(tier, Option.none())
      const { key } = answer.success.keys[0]!
      yield* board.tell({ _tag: "Displaced", key, tier: tier.name, because: before[0].error })
      return degradedReceipt(answer.success, tier, refusals)
    }
    if (answer.failure._tag === "Overtaken") return yield* new Overtaken({ error: nobodyTook(refusals) })
    const error = answer.failure
    // Where a tier above may have taken it, nobody can say that nothing was changed.
    if (error.remedy === "caller" && refusals.every(({ error: { outcome } }) => outcome === "notApplied")) {
      return yield* error
    }
    yield* board.note(tier, Option.some(error))
    refusals.push({ tier, error })
  }
  return yield* nobodyTook(refusals)
})

/** A displacement for the tiers below one that may hold it: never under a lower version than there. */
const notBelow = (displacement: Displacement, { held }: Tier): Displacement => {
  const { key, version } = displacement.whole.session.head
  const there = held.get(keyText(key))?.head.version ?? 0
  return there > version && !displacement.isVerbatim ? aboveVersion(displacement, there - 1) : displacement
}

/** Puts a whole record into the highest tier below that takes it. */
export const descend = (chain: Chain, descent: Descent, { displacement, writeId }: {
  readonly displacement: Displacement
  readonly writeId: string
}): Effect.Effect<AdapterReceipt, StorageError | Overtaken> => {
  let own = displacement
  return askInTurn(
    chain,
    descent,
    (tier) =>
      Effect.suspend(() => putBelow(tier, own, { mark: descent.mark, writeId })).pipe(
        Effect.tapError(() =>
          Effect.sync(() => {
            own = notBelow(own, tier)
          })
        ),
        Effect.map(({ displacement: { row }, receipt }): AdapterReceipt => ({ ...receipt, keys: [row] }))
      )
  )
}

/** Makes a session in the highest tier below that takes it: there is nothing above that it would have to keep. */
export const createBelow = Effect.fnUntraced(function*(chain: Chain, descent: Descent, { change, key }: Write) {
  // What the key had above cannot be seen: its versions began with the clock and count on by one.
  const floor = yield* chain.nextFloor(key)
  const raised: PlannedChange = {
    ...change,
    operations: change.operations.map((operation) => raise(operation, floor))
  }
  return yield* askInTurn(chain, descent, (tier) => sendMarked(tier, { key, change: raised }, descent.mark))
})
