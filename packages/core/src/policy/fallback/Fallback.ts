/**
 * Fallback: one adapter over several, of which the first that takes a write has it.
 *
 * A lower tier holds only what an upper one refused, or may have. A write that had to go lower says so in its
 * receipt, and a background drain brings it up again: up by compare-and-set, read back, then deleted below, so a
 * crash at any point loses nothing. Two versions that arose on both sides both survive.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { StorageEvent } from "../../errors/StorageEvent.ts"
import { copyKey, type SessionKey } from "../../model/SessionKey.ts"
import { checkChange, checkKey, checkNamespace } from "../../port/checks.ts"
import { makeKeyedLock } from "../../port/keyedLock.ts"
import { readRestorations } from "../../port/restorations.ts"
import { StorageAdapter } from "../../port/StorageAdapter.ts"
import { makeWrites } from "../../port/writes.ts"
import { makeBoard } from "./board.ts"
import { capabilityOf } from "./capability.ts"
import { type Chain, makeNextFloor } from "./descent.ts"
import { makeGraves } from "./graves.ts"
import { listThrough } from "./listing.ts"
import { makeReading } from "./reading.ts"
import { makeRole } from "./role.ts"
import { type DrainReport, drainRound } from "./round.ts"
import { makeTelling } from "./telling.ts"
import { type Adapter, makeTier, type TierOptions } from "./tiers.ts"
import { ProcessTurns } from "./turns.ts"
import { upkeepOf } from "./upkeep.ts"
import { writeThrough } from "./writing.ts"

export type { DrainReport }

/** What an app can do with a fallback beside using it as an adapter. */
export interface FallbackControl {
  /** What happens from the moment of subscribing on. */
  readonly events: Stream.Stream<StorageEvent>
  /** Opens tiers that are down and brings up what lies below, once; it goes on by itself as well. */
  readonly drain: Effect.Effect<DrainReport>
}

/** A tier of any layer. */
type AnyTier<R = never> = TierOptions<unknown, R>

export interface FallbackOptions<R = never> {
  /** From the primary to the last resort. At least one; two of the same name are a defect. */
  readonly tiers: readonly [AnyTier<R>, ...ReadonlyArray<AnyTier<R>>]
  /** How often what lies below is tried to be brought up, and a tier that is down to be opened; 1 second by default. */
  readonly drainEvery?: Duration.Input | undefined
  /**
   * How long opening a tier may take; 10 seconds by default. For as long, opening the chain waits for the first drain,
   * which otherwise goes on behind.
   */
  readonly openTimeout?: Duration.Input | undefined
  /** How long closing waits for writes in flight; 10 seconds by default. */
  readonly closeTimeout?: Duration.Input | undefined
}

/** Composes tiers to an adapter, for the length of the scope. */
export const make = Effect.fnUntraced(function*<R>(
  options: FallbackOptions<R>
): Effect.fn.Return<{ readonly adapter: Adapter; readonly control: FallbackControl }, never, R | Scope.Scope> {
  const twice = options.tiers.find(({ name }, place) => options.tiers.findIndex((tier) => tier.name === name) !== place)
  if (twice !== undefined) return yield* Effect.die(new Error(`a fallback has two tiers named "${twice.name}"`))
  const scope = yield* Effect.scope
  const openTimeout = Duration.fromInputUnsafe(options.openTimeout ?? "10 seconds")
  const tiers = yield* Effect.forEach(options.tiers, (tier, place) => makeTier(tier, place, openTimeout))
  const board = yield* makeBoard(tiers)
  const name = `fallback(${tiers.map((tier) => tier.name).join(", ")})`
  const turns = yield* ProcessTurns
  const oneDrain = yield* makeKeyedLock
  const graves = makeGraves()
  const { follow, subscribe, telling, toldOf } = makeTelling()
  // Tiers are closed after the writes to them have ended, also those that are opened later.
  const drain = oneDrain("drain")(drainRound({ tiers, board, graves, turns, scope: yield* Scope.fork(scope), follow }))
  const reading = makeReading(tiers)
  const role = makeRole(tiers[0], turns.alone(tiers[0]))
  const chain: Chain = { tiers, board, graves, role, nextFloor: makeNextFloor(toldOf), toldOf }
  const writes = yield* makeWrites({ adapter: name, closeTimeout: options.closeTimeout })

  const opened = yield* Deferred.make<void>()
  const open = Effect.ensuring(Effect.andThen(drain, role.known), Deferred.succeed(opened, undefined))
  const goOn = Effect.forever(Effect.andThen(Effect.sleep(options.drainEvery ?? "1 second"), drain))
  const loop = yield* Effect.forkDetach(Effect.andThen(open, goOn))
  // A drain that hangs in a tier keeps the app neither from closing nor, for longer than a tier may take, from opening.
  yield* Effect.addFinalizer(() => Effect.sync(() => loop.interruptUnsafe()))
  yield* Effect.timeoutOption(Deferred.await(opened), openTimeout)

  const ready = (operation: "head" | "load" | "entries", key: SessionKey) =>
    Effect.andThen(checkKey(name, operation, key), writes.ensureOpen(operation, key))

  const upkeep = upkeepOf({ name, tiers, board })
  const adapter: Adapter = {
    name,
    get location() {
      return tiers.map((tier) =>
        Option.match(tier.adapter, { onNone: () => tier.name, onSome: ({ location }) => location })
      )
        .join(", ")
    },
    get capability() {
      return capabilityOf(tiers)
    },
    head: (key) => Effect.andThen(ready("head", key), reading.head(key)),
    load: (key) => Effect.andThen(ready("load", key), reading.load(key)),
    entries: (key, range) => Stream.unwrap(Effect.as(ready("entries", key), reading.entries(key, range))),
    list: (query) =>
      Stream.unwrap(
        Effect.as(
          Effect.andThen(checkNamespace(name, query.namespace), writes.ensureOpen("list")),
          listThrough(tiers, query)
        )
      ),
    commit: Effect.fnUntraced(function*(change) {
      const capability = capabilityOf(tiers)
      yield* checkChange(name, capability, change)
      const key = copyKey(change.operations[0]!.key)
      const read = yield* readRestorations(name, capability, change)
      const planned = { ...read, operations: read.operations.map((operation) => ({ ...operation, key })) }
      const carryOut = telling(planned, reading.head(key), writeThrough(chain, { key, change: planned }))
      const inTurn = turns.ofKey(tiers, key)(Effect.uninterruptible(carryOut))
      return yield* writes.run(key, turns.besideOthers(tiers[0])(inTurn))
    }),
    changes: Effect.andThen(writes.ensureOpen("changes"), Effect.map(subscribe, writes.whileOpen)),
    health: board.health,
    role: { read: role.read, compareAndSet: role.compareAndSet },
    ...upkeep,
    recover: (mode) => Stream.unwrap(Effect.as(writes.ensureOpen("recover"), upkeep.recover(mode)))
  }
  return { adapter, control: { events: board.events, drain } }
})

/** The control of a fallback chain; `Fallback.layer` provides it beside the `StorageAdapter`. */
export class Fallback extends Context.Service<Fallback, FallbackControl>()("@holdfast/core/policy/fallback/Fallback") {
  /**
   * A chain of tiers as one adapter.
   *
   * **Details**
   *
   * Tiers keep their order and their names: what lies in a lower one was written for it. Building never fails: a tier
   * whose layer fails is down, says so in the health, and is built again later. Reads fail with the error of the tier
   * that may hold what they ask for.
   *
   * **Gotchas**
   *
   * Chains of one process over the same tiers take turns, session by session. Those of several processes do not:
   * none of them writes over what another one put lower, but a write above while another process puts the same
   * session lower is a conflict, in which both survive as sessions of their own.
   */
  static readonly layer = <R = never>(options: FallbackOptions<R>): Layer.Layer<StorageAdapter | Fallback, never, R> =>
    Layer.effectContext(
      Effect.map(
        make(options),
        ({ adapter, control }) => Context.make(StorageAdapter, adapter).pipe(Context.add(Fallback, control))
      )
    ) as Layer.Layer<StorageAdapter | Fallback, never, R>
}
