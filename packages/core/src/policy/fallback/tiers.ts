/**
 * The tiers of a fallback as one process knows them: what is built, what fails and why, and what lies displaced where.
 *
 * Lower tiers are asked for every key, because another instance may have written to them. What they were seen to
 * hold stands for them while they cannot be read; a tier that could not be built or listed yet may hold anything.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { TimedOut, Unavailable } from "../../errors/reasons.ts"
import { StorageError } from "../../errors/StorageError.ts"
import { keyText, type SessionKey } from "../../model/SessionKey.ts"
import type { StoredHead } from "../../model/StoredRecord.ts"
import { StorageAdapter } from "../../port/StorageAdapter.ts"
import { type Mark, splitMark } from "./mark.ts"

export type Adapter = StorageAdapter["Service"]

/** A record that lies in a lower tier, without the mark in its summary. */
export interface Held {
  readonly head: StoredHead
  readonly mark: Mark
}

/** Why a tier does not do its part, and since when, in epoch milliseconds. */
export interface Failing {
  readonly error: StorageError
  readonly since: number
}

/** One tier, as it is at the moment. */
export interface Tier {
  readonly name: string
  /** 0 for the primary. */
  readonly place: number
  /** What it is built of. */
  readonly layer: object
  readonly build: Effect.Effect<Adapter, StorageError, Scope.Scope>
  /** Bounds how long opening it is waited for. */
  readonly inTime: <A>(effect: Effect.Effect<A, StorageError>) => Effect.Effect<A, StorageError>
  adapter: Option.Option<Adapter>
  failing: Option.Option<Failing>
  /** Since when it does its part. */
  healthySince: number
  /** Until when nobody asks again whether it takes what was displaced, on the monotonic clock in nanoseconds. */
  restsUntil: bigint
  /** Whether all that it holds is in `held`; always for the primary, which holds nothing that is displaced. */
  isInventoried: boolean
  readonly held: Map<string, Held>
}

/** A tier as an app gives it. */
export interface TierOptions<E, R> {
  /** How receipts, events and health name it. */
  readonly name: string
  readonly layer: Layer.Layer<StorageAdapter, E, R>
}

const failureOf = (name: string, cause: Cause.Cause<unknown>): StorageError => {
  const error = Cause.squash(cause)
  // A tier that asks its caller for something else is as down as any other: no caller can give it that.
  if (error instanceof StorageError && error.remedy !== "caller") return error
  return new StorageError({
    adapter: name,
    operation: "open",
    reason: new Unavailable({ outcome: "notApplied", what: `the tier ${name}`, cause: error })
  })
}

/** A tier that is not built yet. Each building has a memory of its own: a layer that failed is tried anew. */
export const makeTier = Effect.fnUntraced(function*<E, R>(
  { layer, name }: TierOptions<E, R>,
  place: number,
  timeout: Duration.Duration
): Effect.fn.Return<Tier, never, R> {
  const context = yield* Effect.context<R>()
  const tooLong = () =>
    new StorageError({
      adapter: name,
      operation: "open",
      reason: new TimedOut({ outcome: "notApplied", limitMillis: Duration.toMillis(timeout) })
    })
  const inTime: Tier["inTime"] = (effect) =>
    Effect.timeoutOrElse(effect, { duration: timeout, orElse: () => Effect.fail(tooLong()) })
  const build: Tier["build"] = Effect.flatMap(
    Effect.scope,
    (scope) =>
      Layer.buildWithMemoMap(layer, Layer.makeMemoMapUnsafe(), scope).pipe(
        Effect.provideContext(context),
        Effect.map((built) => Context.get(built, StorageAdapter)),
        Effect.catchCause((cause) =>
          Cause.hasInterruptsOnly(cause) ? Effect.interrupt : Effect.fail(failureOf(name, cause))
        ),
        inTime
      )
  )
  return {
    name,
    place,
    layer,
    build,
    inTime,
    adapter: Option.none(),
    failing: Option.none(),
    healthySince: yield* Clock.currentTimeMillis,
    restsUntil: 0n,
    isInventoried: place === 0,
    held: new Map()
  }
})

// What is found without a mark was there before the tier became a lower one: it is brought up like a new session.
const foundMark: Mark = { base: "absent", isRemoval: false }

/** What a record in a lower tier is. */
export const heldOf = (head: StoredHead): Held => {
  const { mark, summary } = splitMark(head.summary)
  return { head: { ...head, summary }, mark: Option.getOrElse(mark, () => foundMark) }
}

/** Lists a lower tier. A row that cannot be read may be any session, so its error is the inventory's. */
export const inventory = Effect.fnUntraced(function*(tier: Tier) {
  const adapter = yield* adapterOf(tier)
  const before = new Map(tier.held)
  const rows = yield* Stream.runCollect(adapter.list({ namespace: [], order: "id" }))
  const listed = new Set<string>()
  let problem = Option.none<StorageError>()
  for (const row of rows) {
    if (row._tag === "Unreadable") {
      problem = Option.orElse(problem, () => Option.some(unreadableOf(tier, row.error)))
      continue
    }
    const name = keyText(row.key)
    listed.add(name)
    // What was put here while the listing was read is newer than what it shows.
    if (tier.held.get(name) === before.get(name)) tier.held.set(name, heldOf(row))
  }
  if (Option.isSome(problem)) return yield* problem.value
  for (const [name, held] of before) if (!listed.has(name) && tier.held.get(name) === held) tier.held.delete(name)
  tier.isInventoried = true
})

const unreadableOf = (tier: Tier, error: { readonly message: string }): StorageError =>
  error instanceof StorageError ? error : failureOf(tier.name, Cause.fail(error))

/** Notes that a tier failed; true when it did its part before. */
export const noteFailure = (tier: Tier, error: StorageError): Effect.Effect<boolean> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const before = tier.failing
    tier.failing = Option.some({ error, since: Option.match(before, { onNone: () => now, onSome: (at) => at.since }) })
    return Option.isNone(before)
  })

/** Notes that a tier did its part; true when it failed before. */
export const noteSuccess = (tier: Tier): Effect.Effect<boolean> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const hasFailed = Option.isSome(tier.failing)
    if (hasFailed) tier.healthySince = now
    tier.restsUntil = 0n
    tier.failing = Option.none()
    return hasFailed
  })

/** Builds a tier that is not built, and lists a lower one that is not listed. */
export const openTier = Effect.fnUntraced(function*(tier: Tier, scope: Scope.Scope) {
  if (Option.isNone(tier.adapter)) {
    const own = yield* Scope.fork(scope)
    const built = yield* Effect.exit(Scope.provide(tier.build, own))
    if (Exit.isFailure(built)) {
      yield* Scope.close(own, built)
      return yield* Effect.failCause(built.cause)
    }
    tier.adapter = Option.some(built.value)
  }
  if (!tier.isInventoried) yield* tier.inTime(inventory(tier))
})

/** The lower tiers that are known to hold a record of the key, the lowest first: it has the newest version. */
export const holdersOf = (lower: ReadonlyArray<Tier>, key: SessionKey): ReadonlyArray<Tier> =>
  lower.filter(({ held }) => held.has(keyText(key))).toReversed()

/**
 * Reads a key from one lower tier, and remembers whether it is there. A tier that cannot be read at the moment is
 * taken for what it was known to hold: fails unless it held nothing of the key when it was last seen.
 */
export const readTier = Effect.fnUntraced(function*<A>(
  tier: Tier,
  key: SessionKey,
  { headOf, read }: {
    readonly read: (adapter: Adapter) => Effect.Effect<Option.Option<A>, StorageError>
    readonly headOf: (found: A) => StoredHead
  }
): Effect.fn.Return<Option.Option<{ readonly held: Held; readonly found: A }>, StorageError> {
  const name = keyText(key)
  const before = tier.held.get(name)
  const found = yield* Effect.result(Effect.flatMap(adapterOf(tier), read))
  // Whoever holds the key and has written to it meanwhile knows better.
  const isCurrent = tier.held.get(name) === before
  if (Result.isFailure(found)) {
    if (tier.isInventoried && !tier.held.has(name)) return Option.none()
    return yield* found.failure
  }
  if (Option.isNone(found.success)) {
    if (isCurrent) tier.held.delete(name)
    return Option.none()
  }
  const held = heldOf(headOf(found.success.value))
  if (isCurrent) tier.held.set(name, held)
  return Option.some({ held, found: found.success.value })
})

/** Looks in every lower tier for a key; what cannot be read is as it was known. */
export const lookBelow = (lower: ReadonlyArray<Tier>, key: SessionKey): Effect.Effect<void> =>
  Effect.forEach(
    lower.toReversed(),
    (tier) => Effect.exit(readTier(tier, key, { read: (adapter) => adapter.head(key), headOf: (head) => head })),
    { discard: true }
  )

/** Why it is not known what a lower tier holds, where it is not. */
export const unknownBelow = (tiers: ReadonlyArray<Tier>): Option.Option<StorageError> =>
  Option.fromNullishOr(tiers.find(({ isInventoried }) => !isInventoried)).pipe(
    Option.flatMap(({ failing, name }) =>
      Option.orElse(
        Option.map(failing, ({ error }) => error),
        () => Option.some(failureOf(name, Cause.fail("the tier was not opened yet")))
      )
    )
  )

/** The adapter of a tier, or why there is none. */
export const adapterOf = (tier: Tier): Effect.Effect<Adapter, StorageError> =>
  Option.match(tier.adapter, {
    onSome: Effect.succeed,
    onNone: () =>
      Effect.fail(
        Option.match(tier.failing, {
          onSome: ({ error }) => error,
          onNone: () => failureOf(tier.name, Cause.fail("the tier was not opened yet"))
        })
      )
  })

/** The records that lie in lower tiers: of each key the newest one. */
export const displacedOf = (tiers: ReadonlyArray<Tier>): ReadonlyMap<string, Held> =>
  new Map(tiers.flatMap(({ held }) => [...held]))
