/**
 * Turns among the chains of one process: two chains over the same tier never work on one session at a time.
 *
 * A tier that others can open as well is known by the place where it stores; one that lives in a process alone by
 * the layer that it is built of. Chains of other processes are not locked out: each step of theirs is a
 * compare-and-set against ours.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { keyText, type SessionKey } from "../../model/SessionKey.ts"
import { makeKeyedLock, makeKeyedPermits } from "../../port/keyedLock.ts"
import { randomId } from "../../port/randomId.ts"
import type { Tier } from "./tiers.ts"

type Around = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** The turns that chains of one process share. */
export interface Turns {
  /** Runs an effect while nobody else works on the key in any of the tiers. */
  readonly ofKey: (tiers: ReadonlyArray<Tier>, key: SessionKey) => Around
  /** Runs a write beside others, and not while somebody has the primary alone. */
  readonly besideOthers: (primary: Tier) => Around
  /** Runs an effect while no write through the primary is under way. */
  readonly alone: (primary: Tier) => Around
}

// More writes than can be under way at a time.
const writesMax = 1_000_000

const makeTurns: Effect.Effect<Turns> = Effect.gen(function*() {
  const lock = yield* makeKeyedLock
  const door = yield* makeKeyedLock
  const writes = yield* makeKeyedPermits(writesMax)
  const layers = new WeakMap<object, string>()

  const nameOf = ({ adapter, layer }: Tier): string => {
    const shared = Option.filter(adapter, ({ capability }) => capability.sharedBy !== "process")
    if (Option.isSome(shared)) return `at ${shared.value.location}`
    const name = layers.get(layer) ?? randomId()
    layers.set(layer, name)
    return `layer ${name}`
  }

  const ofKey: Turns["ofKey"] = (tiers, key) => (effect) =>
    Effect.suspend(() => {
      // One order for everybody, so that nobody waits for somebody who waits for him.
      const names = [...new Set(tiers.map((tier) => `${nameOf(tier)} ${keyText(key)}`))].toSorted()
      return names.reduceRight((inner, name) => lock(name)(inner), effect)
    })

  // Who waits for all permits is never served while others go on taking single ones: they wait at the door then.
  const besideOthers: Turns["besideOthers"] = (primary) => (effect) =>
    Effect.suspend(() => {
      const name = nameOf(primary)
      return Effect.andThen(door(name)(Effect.void), writes(name, 1)(effect))
    })

  const alone: Turns["alone"] = (primary) => (effect) =>
    Effect.suspend(() => {
      const name = nameOf(primary)
      return door(name)(writes(name, writesMax)(effect))
    })

  return { ofKey, besideOthers, alone }
})

/** The turns of this process. */
export const ProcessTurns: Context.Reference<Turns> = Context.Reference<Turns>(
  "@holdfast/core/policy/fallback/turns/ProcessTurns",
  { defaultValue: () => Effect.runSync(makeTurns) }
)
