/**
 * One round of bringing things back in order: tiers that are down are opened, and what lies below is brought up.
 *
 * It is made when a chain is opened, then time and again, and whenever an app asks for it. It holds each key only
 * while that key is drained, so writes go on beside it.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import type { StorageError } from "../../errors/StorageError.ts"
import { keyText } from "../../model/SessionKey.ts"
import { type Draining, drainKey } from "./drain.ts"
import { displacedOf, inventory, openTier, type Tier } from "./tiers.ts"
import type { Turns } from "./turns.ts"

/** What a drain brought up, and what still lies below. */
export interface DrainReport {
  readonly drainedCount: number
  readonly displacedCount: number
}

/** What a round works with. */
export interface Round extends Draining {
  readonly turns: Turns
  readonly scope: Scope.Scope
  readonly follow: (tier: Tier) => Effect.Effect<void, StorageError, Scope.Scope>
}

const refusesWrites = ({ failing }: Tier): boolean =>
  Option.exists(failing, ({ error }) => error.operation === "commit")

/** Opens a tier that is down, and lists a lower one. */
const reopen = Effect.fnUntraced(function*({ board, follow, scope }: Round, tier: Tier) {
  const wasOpen = Option.isSome(tier.adapter)
  const opened = yield* Effect.result(openTier(tier, scope))
  if (Result.isFailure(opened)) return yield* board.note(tier, Option.some(opened.failure))
  if (!wasOpen) {
    // A tier that cannot be watched is written to and read from all the same; what others do there is not told.
    yield* Effect.catch(
      Scope.provide(follow(tier), scope),
      (error) => Effect.logWarning(`holdfast: the tier ${tier.name} cannot be watched: ${error.message}`)
    )
  }
  const isLower = tier.place > 0 && wasOpen
  const listed = yield* Effect.result(isLower ? tier.inTime(inventory(tier)) : Effect.void)
  // What is written to a tier says whether it takes writes: that it can be listed says nothing of that.
  if (Result.isFailure(listed) || !refusesWrites(tier)) yield* board.note(tier, Result.getFailure(listed))
})

/** One round: opens what is down, then brings up key after key until the primary refuses. */
export const drainRound = (round: Round): Effect.Effect<DrainReport> =>
  Effect.gen(function*() {
    const { board, graves, tiers, turns } = round
    yield* Effect.forEach(tiers, (tier) => reopen(round, tier), { concurrency: "unbounded" })
    let drainedCount = 0
    let hasRefused = false
    for (const { head: { key } } of displacedOf(tiers.slice(1)).values()) {
      // While the primary refuses, only what lies below the second tier may come higher.
      if (
        Option.isSome(tiers[0]!.failing) && hasRefused && !tiers.slice(2).some(({ held }) => held.has(keyText(key)))
      ) {
        continue
      }
      const drained = yield* Effect.exit(
        turns.ofKey(tiers, key)(Effect.uninterruptible(drainKey({ tiers, board, graves }, key)))
      )
      // What breaks the drain of one key must not end that of the others.
      if (Exit.isFailure(drained) && Exit.hasDies(drained)) {
        yield* Effect.logError("holdfast: a defect in a drain", drained.cause)
      }
      if (Exit.isSuccess(drained)) {
        drainedCount++
      } else hasRefused = true
    }
    // A lower tier that nothing waits for is asked again by the next write that needs it.
    const isIdle = displacedOf(tiers.slice(1)).size === 0
    for (const tier of tiers.slice(1)) if (isIdle && refusesWrites(tier)) yield* board.note(tier, Option.none())
    yield* board.refresh
    return { drainedCount, displacedCount: displacedOf(tiers.slice(1)).size }
  })
