/**
 * Draining one key: its displaced record goes up, is read back there, and only then leaves the lower tiers.
 *
 * Each step can be made again after a crash at any point: what went up is recognised by its last write, a fork by
 * its key. The caller holds the key, so nothing of this process writes to it meanwhile; another process that
 * writes above makes the step be decided again.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { Unsupported } from "../../errors/reasons.ts"
import { StorageError } from "../../errors/StorageError.ts"
import { keyText, type SessionKey } from "../../model/SessionKey.ts"
import { appliedWritesMax } from "../../model/StoredRecord.ts"
import { Version } from "../../model/Version.ts"
import { readWhole, type WholeSession } from "../../port/wholeSession.ts"
import type { Board } from "./board.ts"
import { keepFork } from "./conflict.ts"
import { decideDrain } from "./decideDrain.ts"
import { versionGap } from "./displacement.ts"
import type { Graves } from "./graves.ts"
import { type Mark, withMark } from "./mark.ts"
import { expectedOf, restore, takeOut } from "./place.ts"
import { readBack } from "./readBack.ts"
import { bury, rememberingRemoval, removeEnded, writesOfBoth } from "./removing.ts"
import { type Adapter, adapterOf, heldOf, holdersOf, type Tier, unknownBelow } from "./tiers.ts"

// Another process that writes above all the time keeps the record below for the next round.
const decisionsMax = 4

/** A displaced put that nobody could read the record below of: it takes the entries that are there. */
const merged = (own: WholeSession, upper: WholeSession): WholeSession => {
  const { head: above } = upper.session
  const { session: { body, head, writes } } = own
  return {
    entries: upper.entries,
    session: {
      body,
      writes: [...upper.session.writes, ...writes].slice(-appliedWritesMax),
      head: {
        ...head,
        version: Version(Math.max(head.version, above.version + 1)),
        incarnation: above.incarnation,
        createdAt: above.createdAt,
        entryCount: above.entryCount
      }
    }
  }
}

const raisedTo = ({ entries, session }: WholeSession, version: number): WholeSession => ({
  entries,
  session: { ...session, head: { ...session.head, version: Version(version) } }
})

/** Restores a record above; over a tombstone with a higher version it goes above that. */
const bringUp = Effect.fnUntraced(function*(
  primary: Adapter,
  own: WholeSession,
  upper: Option.Option<WholeSession>
) {
  const { head } = own.session
  const expect = Option.match(upper, { onNone: () => "absent" as const, onSome: ({ session }) => session.head.version })
  // Clocks that differ may have let the version above run ahead of one whose base nobody could read.
  const above = Option.match(upper, { onNone: () => 0, onSome: ({ session }) => session.head.version })
  if (above >= head.version) {
    const raised = raisedTo(own, above + versionGap)
    yield* restore(primary, head.key, { ...raised, expect })
    return raised
  }
  const first = yield* Effect.result(restore(primary, head.key, { ...own, expect }))
  if (Result.isSuccess(first)) return own
  const { reason } = first.failure
  const isBuried = reason._tag === "Conflict" && Option.isNone(upper) && Option.isNone(reason.actual)
  if (!isBuried) return yield* first.failure
  const raised = raisedTo(own, Math.max(head.version, (yield* Clock.currentTimeMillis) * 1000) + versionGap)
  yield* restore(primary, head.key, { ...raised, expect })
  return raised
})

const unmarked = (found: WholeSession): { readonly whole: WholeSession; readonly mark: Mark } => {
  const { head, mark } = heldOf(found.session.head)
  return { mark, whole: { ...found, session: { ...found.session, head } } }
}

/** The tiers, and who is told. */
export interface Draining {
  readonly tiers: ReadonlyArray<Tier>
  readonly board: Board
  readonly graves: Graves
}

/** One decision about a displaced record, carried out above. True when nothing is left to do there. */
const settleAbove = Effect.fnUntraced(function*(
  primary: Adapter,
  own: { readonly whole: WholeSession; readonly mark: Mark },
  { board, graves }: Draining
) {
  const { mark, whole } = own
  const { key } = whole.session.head
  const upper = yield* readWhole(primary, key)
  const step = decideDrain({ mark, session: whole.session }, Option.map(upper, ({ session }) => session))
  switch (step._tag) {
    case "Drop":
      return
    case "Remove": {
      const there = Option.getOrThrow(upper)
      const { keys: [row] } = yield* removeEnded(primary, whole, there)
      graves.note(key, { version: row!.version, writes: writesOfBoth(there, whole) })
      return
    }
    case "Bury":
      graves.note(key, { version: whole.session.head.version, writes: whole.session.writes })
      return yield* bury(primary, whole)
    case "Restore": {
      const isMadeAnew = Option.isNone(upper) && mark.isVerbatim !== true
      const own = isMadeAnew ? rememberingRemoval(whole, graves.find(key)) : whole
      return yield* readBack(primary, yield* bringUp(primary, own, upper))
    }
    case "Merge": {
      const both = merged(whole, Option.getOrThrow(upper))
      return yield* readBack(primary, yield* bringUp(primary, both, upper))
    }
    case "Conflict": {
      const loser = step.winner === "displaced" ? Option.getOrThrow(upper) : whole
      const fork = mark.isRemoval ? Option.none() : Option.some(yield* keepFork(primary, key, loser))
      if (step.winner === "displaced") yield* readBack(primary, yield* bringUp(primary, whole, upper))
      return yield* board.tell({ _tag: "Conflict", key, fork })
    }
  }
})

/** Carries out above what a displaced record asks for, until nobody changes the record above in between. */
const settle = Effect.fnUntraced(function*(
  primary: Adapter,
  own: { readonly whole: WholeSession; readonly mark: Mark },
  draining: Draining
) {
  for (let decision = 1;; decision++) {
    const settled = yield* Effect.result(settleAbove(primary, own, draining))
    if (Result.isSuccess(settled)) return
    if (settled.failure.reason._tag !== "Conflict" || decision === decisionsMax) return yield* settled.failure
  }
})

/** Moves a record to a higher one of the lower tiers, mark and all. */
const lift = Effect.fnUntraced(function*(target: Tier, { mark, whole }: ReturnType<typeof unmarked>) {
  const adapter = yield* adapterOf(target)
  const { entries, session } = whole
  const head = { ...session.head, summary: withMark(session.head.summary, mark) }
  const expect = expectedOf(target, head.key)
  yield* restore(adapter, head.key, { entries, session: { ...session, head }, expect })
  yield* readBack(adapter, { entries, session: { ...session, head } })
  target.held.set(keyText(head.key), { head: session.head, mark })
})

const durabilityOf = ({ adapter }: Tier) => Option.map(adapter, ({ capability }) => capability.durability)

/** A volatile tier never takes the only durable copy. Any other one takes what was meant for it. */
const isAsDurable = (target: Tier, source: Tier): boolean =>
  !Option.contains(durabilityOf(target), "volatile") || Option.contains(durabilityOf(source), "volatile")

/** Whether a record may take the place of one that a higher lower tier has: it was made over all that is above it. */
const mayReplace = ({ key, mark: { base }, source, target }: {
  readonly target: Tier
  readonly source: Tier
  readonly key: SessionKey
  readonly mark: Mark
}): boolean =>
  target.isInventoried && target.place < source.place && isAsDurable(target, source)
  && (base !== "unknown" || !target.held.has(keyText(key)))

const lessDurable = ({ name: adapter }: Adapter, key: SessionKey): StorageError =>
  new StorageError({
    adapter,
    operation: "commit",
    key,
    reason: new Unsupported({ outcome: "notApplied", capability: "holding what a more durable tier holds" })
  })

/** Whether a failure says something of the whole tier, and not of one session alone. */
const isOfTier = ({ reason, remedy }: StorageError): boolean =>
  remedy !== "caller" && reason._tag !== "Corrupt" && reason._tag !== "Busy"

/** Brings the record of one lower tier as far up as it gets; to the primary only when nothing older lies in between. */
const drainTier = Effect.fnUntraced(function*(draining: Draining, source: Tier, { key, stuck }: {
  readonly key: SessionKey
  /** Why a record that lies in between could not be brought up, if one could not. */
  readonly stuck: Option.Option<StorageError>
}) {
  const { board, tiers } = draining
  const primary = tiers[0]!
  const found = yield* readWhole(yield* adapterOf(source), key)
  if (Option.isNone(found)) {
    source.held.delete(keyText(key))
    return
  }
  const own = unmarked(found.value)
  const leave = (to: Tier) =>
    takeOut(source, key, found.value.session.head.version).pipe(
      Effect.tapError((error) => board.note(source, Option.some(error))),
      Effect.andThen(board.tell({ _tag: "Drained", key, from: source.name, to: to.name }))
    )
  const up = yield* Effect.result(
    Option.match(stuck, {
      onNone: () =>
        Effect.flatMap(
          adapterOf(primary),
          (adapter) =>
            isAsDurable(primary, source) ? settle(adapter, own, draining) : Effect.fail(lessDurable(adapter, key))
        ),
      onSome: Effect.fail
    })
  )
  if (Option.isNone(stuck)) {
    yield* board.note(primary, Option.filter(Result.getFailure(up), isOfTier))
  }
  if (Result.isSuccess(up)) return yield* leave(primary)
  for (const target of tiers.slice(1).filter((tier) => mayReplace({ target: tier, source, key, mark: own.mark }))) {
    if (Result.isSuccess(yield* Effect.result(lift(target, own)))) return yield* leave(target)
  }
  return yield* up.failure
})

/**
 * Brings what lower tiers hold of a key as far up as it gets. Fails when no tier above takes it; it then stays.
 *
 * **Details**
 *
 * The highest tier goes first: a reader looks at the lowest, and never finds an older version there. As long as it is
 * not known what a tier above the lowest one holds, nothing goes up: it may be what the lowest was put over.
 */
export const drainKey = Effect.fnUntraced(function*(draining: Draining, key: SessionKey) {
  const lower = draining.tiers.slice(1)
  const holders = holdersOf(lower, key)
  const [lowest] = holders
  if (lowest === undefined) return
  const unknown = unknownBelow(lower.filter(({ place }) => place < lowest.place))
  if (Option.isSome(unknown)) return yield* unknown.value
  let stuck = Option.none<StorageError>()
  for (const holder of holders.toReversed()) {
    const drained = yield* Effect.result(drainTier(draining, holder, { key, stuck }))
    stuck = Option.orElse(stuck, () => Result.getFailure(drained))
  }
  if (Option.isSome(stuck)) return yield* stuck.value
})

// Reading a long session for every write that cannot be drained anyway would cost more than the write.
const restNanos = 500_000_000n

/** Drains a key before it is written to, unless the primary has refused to take something back a moment ago. */
export const drainInTime = Effect.fnUntraced(function*(draining: Draining, key: SessionKey) {
  const primary = draining.tiers[0]!
  const now = yield* Clock.monotonicTimeNanos
  if (Option.isSome(primary.failing) && now < primary.restsUntil) return yield* primary.failing.value.error
  yield* Effect.tapError(drainKey(draining, key), () =>
    Effect.map(Clock.monotonicTimeNanos, (then) => {
      primary.restsUntil = then + restNanos
    }))
})
