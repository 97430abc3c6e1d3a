/**
 * Writing through tiers. The caller holds the key, and nothing interrupts a write that has begun.
 *
 * A key that lies below is drained first, so that no upper tier goes on to a version that a lower one does not
 * know of. What the primary refuses, or may have refused, becomes a whole record in the next tier that takes it;
 * what needs the record above, and cannot read it, fails with the primary's error.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { Unsupported } from "../../errors/reasons.ts"
import type { AdapterReceipt, KeyReceipt } from "../../errors/Receipt.ts"
import { StorageError } from "../../errors/StorageError.ts"
import { keyText, type SessionKey } from "../../model/SessionKey.ts"
import { appliedWritesMax } from "../../model/StoredRecord.ts"
import { reasonOfRefusal } from "../../port/checks.ts"
import { randomId } from "../../port/randomId.ts"
import { refusedByRole } from "../../port/StoreRole.ts"
import { readWhole } from "../../port/wholeSession.ts"
import { answerOnly, degradedReceipt, nobodyTook, toChange, type Write } from "./answers.ts"
import { type Chain, createBelow, descend, type Descent, sendMarked } from "./descent.ts"
import {
  type Above,
  type Displacement,
  isBlind,
  isFresh,
  planDisplacement,
  type PlannedDisplacement
} from "./displacement.ts"
import { drainInTime } from "./drain.ts"
import { type Mark, originOf } from "./mark.ts"
import { Overtaken } from "./place.ts"
import { adapterOf, heldOf, holdersOf, lookBelow, type Tier, unknownBelow } from "./tiers.ts"

const nothingAbove: Above = { _tag: "Known", whole: Option.none(), removed: Option.none() }

type KnownAbove = Extract<Above, { readonly _tag: "Known" }>

const primaryOf = ({ tiers }: Chain): Tier => tiers[0]!

const errorAt = (tier: Tier, key: SessionKey, reason: StorageError["reason"]) =>
  new StorageError({ adapter: tier.name, operation: "commit", key, reason })

const isRemoval = ({ change }: Write): boolean => change.operations.some(({ _tag }) => _tag === "Remove")

const isSentAgain = ({ change: { attempt = 1 } }: Write): boolean => attempt > 1

/** What lies at a tier under a key, where it can be read. */
const lookAt = Effect.fnUntraced(function*(tier: Tier, key: SessionKey): Effect.fn.Return<Above> {
  const read = yield* Effect.result(Effect.flatMap(adapterOf(tier), (adapter) => readWhole(adapter, key)))
  return Result.isSuccess(read) ? { _tag: "Known", whole: read.success, removed: Option.none() } : { _tag: "Unknown" }
})

/** What a removal is about to end. Its entries go with it, so nobody reads them. */
const lookBeforeRemoval = Effect.fnUntraced(function*(tier: Tier, key: SessionKey): Effect.fn.Return<Above> {
  const read = yield* Effect.result(Effect.flatMap(adapterOf(tier), ({ load }) => load(key)))
  if (Result.isFailure(read)) return { _tag: "Unknown" }
  const whole = Option.map(read.success, (session) => ({ session, entries: [] }))
  return { _tag: "Known", whole, removed: Option.none() }
})

const markOver = (above: Above, removes: boolean): Mark => {
  if (above._tag === "Unknown") return { base: "unknown", isRemoval: removes }
  return {
    base: Option.match(above.whole, { onNone: () => "absent", onSome: ({ session }) => originOf(session) }),
    isRemoval: removes
  }
}

// What came to nothing above is at most one write old; the others are for removals that follow each other.
const pastMax = 16

// Ids of our own have 20 characters; a mark must not grow with what an app calls its writes.
const pastIdMax = 64

/** The mark of a record that takes the place of a displaced one. */
const markAfter = (mark: Mark, { removed }: KnownAbove, removes: boolean): Mark => {
  const isMadeAgain = mark.isRemoval && !removes
  if (!isMadeAgain) return { ...mark, isRemoval: removes }
  const ended = Option.match(removed, { onNone: () => [], onSome: ({ writes }) => writes.map(({ id }) => id) })
  const past = [...new Set([...(mark.past ?? []), ...ended])].filter((id) => id.length <= pastIdMax).slice(-pastMax)
  return { base: mark.base === "unknown" ? "any" : mark.base, isRemoval: removes, past }
}

/** What a change comes to over what lies above. */
const planOver = Effect.fnUntraced(function*(chain: Chain, { change, key }: Write, above: Above) {
  const { attempt = 1, operations, writeId } = change
  const context = { writeId, attempt, now: yield* Clock.currentTimeMillis, incarnation: randomId() }
  const planned = planDisplacement(above, { key, operations, context })
  if (Result.isSuccess(planned)) return planned.success
  return yield* errorAt(primaryOf(chain), key, reasonOfRefusal(planned.failure))
})

/**
 * The record to put lower. What a tier took although it called it refused is put there as well: nobody knows how
 * durable it is.
 */
const displacementOf = (planned: PlannedDisplacement): Option.Option<Displacement> => {
  switch (planned._tag) {
    case "Write":
      return Option.some(planned.displacement)
    case "Repeated":
      return planned.displacement
    case "Nothing":
      return Option.none()
  }
}

const isTold = ({ toldOf }: Chain, key: SessionKey, above: Above): boolean =>
  above._tag === "Known" && Option.exists(above.whole, ({ session }) => session.head.version <= toldOf(key))

/** A store that was retired takes no writes, and neither do the tiers below it. */
const checkRole = Effect.fnUntraced(function*(chain: Chain, key: SessionKey) {
  const refused = refusedByRole(yield* chain.role.known)
  if (Option.isSome(refused)) return yield* errorAt(primaryOf(chain), key, refused.value)
})

/** A write that the primary refused, or may have. `before` is what a removal was about to end. */
const displace = Effect.fnUntraced(function*(
  chain: Chain,
  write: Write,
  { before, error }: { readonly error: StorageError; readonly before: Above }
) {
  const { change: { operations, writeId }, key } = write
  const primary = primaryOf(chain)
  yield* checkRole(chain, key)
  // A removal that may have been made leaves nothing by which it could be told from one that was not.
  const seen = error.outcome === "unknown" && isRemoval(write) ? before : yield* lookAt(primary, key)
  const grave = chain.graves.find(key)
  const above: Above = seen._tag === "Known" && Option.isNone(seen.whole) ? { ...seen, removed: grave } : seen
  const isRepeat = isSentAgain(write)
  if (above._tag === "Unknown" && (!isBlind(operations) || isRepeat)) return yield* error
  const planned = yield* planOver(chain, write, above)
  if (planned._tag === "Nothing") return yield* answerOnly(planned.row, primary)
  // What was acknowledged lies above as it should, and is only told again.
  if (planned._tag === "Repeated" && isTold(chain, key, above)) return yield* answerOnly(planned.row, primary)
  const whole = displacementOf(planned)
  // The removal of the session came after it.
  if (planned._tag === "Repeated" && Option.isNone(whole)) return yield* answerOnly(planned.row, primary)
  // It may have been made before the removal of something that nobody has read.
  const isUnseen = Option.exists(grave, (removed) => removed.isUnseen === true)
  if (isRepeat && isUnseen && above._tag === "Known" && Option.isNone(above.whole)) return yield* error
  if (Option.isNone(whole)) return yield* error
  const isNew = isFresh(operations) && above._tag === "Unknown"
  // What may be carried out above later is no conflict then, however many writes have followed it.
  const past = error.outcome === "unknown" && writeId.length <= pastIdMax ? [writeId] : undefined
  const mark: Mark = { ...markOver(isNew ? nothingAbove : above, whole.value.isRemoval), past }
  const descent: Descent = { above: primary, refusals: [{ tier: primary, error }], mark }
  // What is made over a removal that is known remembers it, as every tier does.
  const isMade = above._tag === "Unknown" || (Option.isNone(above.whole) && Option.isNone(above.removed))
  if (isMade && operations.every(({ _tag }) => _tag !== "Restore")) return yield* createBelow(chain, descent, write)
  return yield* descend(chain, descent, { displacement: whole.value, writeId })
})

/** What lies in a lower tier, as what a write is made over: a removal is no record, and its version counts on. */
const lookIn = Effect.fnUntraced(function*(tier: Tier, key: SessionKey): Effect.fn.Return<KnownAbove, StorageError> {
  const found = yield* readWhole(yield* adapterOf(tier), key)
  if (Option.isNone(found)) return { _tag: "Known", whole: Option.none(), removed: Option.none() }
  const { entries, session } = found.value
  const { head, mark } = heldOf(session.head)
  if (!mark.isRemoval) {
    return { _tag: "Known", whole: Option.some({ entries, session: { ...session, head } }), removed: Option.none() }
  }
  return {
    _tag: "Known",
    whole: Option.none(),
    removed: Option.some({ version: head.version, writes: session.writes })
  }
})

/** The refusal for what needs the entries of a record that nobody could read. */
const needsAbove = (primary: Tier, key: SessionKey): StorageError =>
  Option.match(primary.failing, {
    onSome: ({ error }) => error,
    onNone: () =>
      errorAt(primary, key, new Unsupported({ outcome: "notApplied", capability: "appending before the drain" }))
  })

/** A write that the tier takes as it is, over the displaced record that it holds. */
const writePlain = Effect.fnUntraced(function*(chain: Chain, write: Write, { descent, tier }: Below) {
  const { mark, refusals } = descent
  const answer = yield* Effect.result(sendMarked(tier, write, mark))
  if (Result.isSuccess(answer)) {
    yield* chain.board.note(tier, Option.none())
    return degradedReceipt(answer.success, tier, refusals)
  }
  const { failure } = answer
  if (failure._tag === "Overtaken") return yield* new Overtaken({ error: nobodyTook(refusals) })
  if (failure.remedy === "caller" || failure.outcome === "applied") return yield* failure
  yield* chain.board.note(tier, Option.some(failure))
  // What cannot be read again may hold the write: then it is the tier's answer that counts.
  const above = yield* Effect.mapError(lookIn(tier, write.key), () => failure)
  const whole = displacementOf(yield* planOver(chain, write, above))
  if (Option.isNone(whole)) return yield* failure
  const lower: Descent = { above: tier, refusals: [...refusals, { tier, error: failure }], mark }
  return yield* descend(chain, lower, { displacement: whole.value, writeId: write.change.writeId })
})

/** The lower tier with the newest version of a key, and the way on from there. */
interface Below {
  readonly tier: Tier
  readonly descent: Descent
}

/** A write of a key whose newest version lies below; `because` is why it could not be drained. */
const writeBelow = Effect.fnUntraced(function*(chain: Chain, write: Write, { because, mark, tier }: {
  readonly tier: Tier
  readonly mark: Mark
  readonly because: StorageError
}) {
  const { change: { operations, writeId }, key } = write
  const primary = primaryOf(chain)
  yield* checkRole(chain, key)
  if (mark.base === "unknown" && operations.some(({ _tag }) => _tag === "Append")) {
    return yield* needsAbove(primary, key)
  }
  // What was sent before may be known above alone, and must not come again over what followed it.
  if (mark.base === "unknown" && isSentAgain(write)) {
    const { removed, whole } = yield* lookIn(tier, key)
    const known = Option.match(whole, {
      onNone: () => Option.match(removed, { onNone: () => [], onSome: ({ writes }) => writes }),
      onSome: ({ session: { writes } }) => writes
    })
    if (!known.some(({ id }) => id === writeId)) return yield* needsAbove(primary, key)
  }
  const descent: Descent = { above: primary, refusals: [{ tier: primary, error: because }], mark }
  const isPlain = !mark.isRemoval && operations.every(({ _tag }) => _tag === "Put" || _tag === "Append")
  if (isPlain) return yield* writePlain(chain, write, { tier, descent })
  const above = yield* lookIn(tier, key)
  const planned = yield* planOver(chain, write, above)
  if (planned._tag !== "Write") return degradedReceipt(yield* answerOnly(planned.row, tier), tier, descent.refusals)
  const { displacement } = planned
  // The tier that holds it takes it first, then those below.
  const from = chain.tiers[tier.place - 1]!
  const next = { ...descent, above: from, mark: markAfter(mark, above, displacement.isRemoval) }
  return yield* descend(chain, next, { displacement, writeId })
})

/** Keeps the writes of what a removal above ended, so that none of them brings it back. */
const noteRemoval = (
  { graves }: Chain,
  { change: { writeId }, key }: Write,
  { before, row: { updatedAt, version } }: { readonly before: Above; readonly row: KeyReceipt }
): void => {
  const own = { id: writeId, version, at: updatedAt, entryCount: 0 }
  if (before._tag === "Unknown") {
    const isKnown = Option.exists(graves.find(key), (grave) => grave.version >= version)
    return isKnown ? undefined : graves.note(key, { version, writes: [own], isUnseen: true })
  }
  const ended = Option.filter(before.whole, ({ session: { head } }) => head.version < version)
  if (Option.isNone(ended)) return
  graves.note(key, { version, writes: [...ended.value.session.writes, own].slice(-appliedWritesMax) })
}

const writeAbove = Effect.fnUntraced(function*(chain: Chain, write: Write) {
  const primary = primaryOf(chain)
  const before: Above = isRemoval(write) ? yield* lookBeforeRemoval(primary, write.key) : { _tag: "Unknown" }
  const answer = yield* Effect.result(
    Effect.flatMap(adapterOf(primary), ({ commit }) => commit(toChange(write.change)))
  )
  if (Result.isSuccess(answer)) {
    yield* chain.board.note(primary, Option.none())
    if (isRemoval(write)) noteRemoval(chain, write, { before, row: answer.success.keys[0]! })
    return answer.success
  }
  const error = answer.failure
  if (error.remedy === "caller" || error.outcome === "applied") return yield* error
  yield* chain.board.note(primary, Option.some(error))
  return yield* displace(chain, write, { error, before })
})

/** A tier that was not listed may hold a newer version than those above it; of a new id nobody holds any. */
const checkKnown = Effect.fnUntraced(function*(lower: ReadonlyArray<Tier>, { change, key }: Write) {
  const [holder] = holdersOf(lower, key)
  const unknown = unknownBelow(lower.filter(({ place }) => place > (holder?.place ?? 0)))
  if (Option.isSome(unknown) && !isFresh(change.operations)) return yield* unknown.value
})

/** Writes a change over what the tiers are seen to hold. */
const attempt = Effect.fnUntraced(function*(chain: Chain, write: Write) {
  const lower = chain.tiers.slice(1)
  for (;;) {
    yield* lookBelow(lower, write.key)
    yield* checkKnown(lower, write)
    if (holdersOf(lower, write.key).length === 0) return yield* writeAbove(chain, write)
    const drained = yield* Effect.result(drainInTime(chain, write.key))
    // A drain that failed may have taken out below what it brought up.
    yield* lookBelow(lower, write.key)
    const [tier] = holdersOf(lower, write.key)
    const held = tier?.held.get(keyText(write.key))
    if (Result.isSuccess(drained) || tier === undefined || held === undefined) continue
    return yield* writeBelow(chain, write, { tier, mark: held.mark, because: drained.failure })
  }
})

// Somebody who writes below all the time keeps others from it; a turn of this process is not overtaken at all.
const overtakenMax = 16

/** Writes a change of one key; looks again where somebody else has written in between. */
export const writeThrough = (chain: Chain, write: Write): Effect.Effect<AdapterReceipt, StorageError> =>
  attempt(chain, write).pipe(
    Effect.retry({ while: (error) => error._tag === "Overtaken", times: overtakenMax }),
    Effect.catchTag("Overtaken", ({ error }) => Effect.fail(error)),
    Effect.tap(() => chain.board.noteWrite(Option.none())),
    Effect.tapError((error) => error.remedy === "caller" ? Effect.void : chain.board.noteWrite(Option.some(error)))
  )
