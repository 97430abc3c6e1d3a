/**
 * Chaos: an adapter that fails by script or by seed, to test apps and policies with.
 *
 * Whatever befalls a call, what its caller is told is true: a chaotic adapter keeps the laws of the port as a bad disk
 * or a bad network does. Delays and lateness run on Effect's clock, so tests move them; what is drawn from a
 * seed is the same for the same seed. It invents no failure that only a lying backend could have: those are the
 * broken adapters that the laws are tested with.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { Unavailable } from "../../errors/reasons.ts"
import type { StorageError } from "../../errors/StorageError.ts"
import { StorageAdapter } from "../../port/StorageAdapter.ts"
import { befallOpening } from "./befall.ts"
import type { ChaosEvent } from "./log.ts"
import { fail, type Why } from "./mishaps.ts"
import { openOver } from "./over.ts"
import type { Rule } from "./rules.ts"
import { type CallCounts, makeTrouble, type TroubleOptions } from "./trouble.ts"

export { type ChaosEvent, type Injected, type Landed, replay, show } from "./log.ts"
export {
  applyLate,
  type Call,
  delay,
  fail,
  hang,
  hide,
  type LateApplication,
  loseAnswer,
  type Mishap,
  type Others,
  tear,
  type Why
} from "./mishaps.ts"
export type { Rule } from "./rules.ts"
export type { Chances, Seed } from "./seeds.ts"
export type { CallCounts } from "./trouble.ts"

type Adapter = StorageAdapter["Service"]

/** What goes wrong: by script, by seed, or both. A call that a rule strikes is not drawn for. */
export interface Options extends TroubleOptions {
  /** How often a layer fails to build with `Unavailable` before it builds: a rule for `open`, in short. */
  readonly buildFails?: number | undefined
}

/** The test's hand on a storage in trouble. It belongs to the storage: instances that are opened over it share it. */
export class Control extends Context.Service<Control, {
  /** Wraps an instance for the length of the scope. Closing it drops the late changes that it has under way. */
  readonly over: (adapter: Adapter) => Effect.Effect<Adapter, never, Scope.Scope>
  /** Wraps a layer. Building it is a call of `open`, and fails when that is befallen or the storage is down. */
  readonly layer: <E, R>(layer: Layer.Layer<StorageAdapter, E, R>) => Layer.Layer<StorageAdapter, E | StorageError, R>

  /**
   * From here on every call fails for this reason and nothing else befalls it; streams of changes end with it. A reason
   * that is true of writes only, as `OutcomeUnknown`, leaves reads alone.
   */
  readonly down: (why: Why) => Effect.Effect<void>
  /** Ends the outage. */
  readonly up: Effect.Effect<void>
  /** Applies all late changes, in the order in which they came; comes to its end when they are. */
  readonly settle: Effect.Effect<void>
  /** Lets all calls go on that hang. */
  readonly release: Effect.Effect<void>

  /** How many calls of each operation were judged; those refused for a mistake of their caller were not. */
  readonly calls: Effect.Effect<CallCounts>
  /** How many late changes are under way. */
  readonly late: Effect.Effect<number>
  /** How many calls hang. */
  readonly hanging: Effect.Effect<number>
  /** What was injected, and what became of late changes. */
  readonly log: Effect.Effect<ReadonlyArray<ChaosEvent>>
}>()("@holdfast/core/testing/chaos/Control") {}

const buildFailures = (times: number): Rule => ({
  operation: "open",
  times,
  mishap: fail(new Unavailable({ outcome: "notApplied", what: "the storage" }))
})

/** Makes a control over no storage yet, for layers that are built more than once and for tiers that need one each. */
export const control = ({ buildFails = 0, rules = [], seed }: Options = {}): Effect.Effect<Control["Service"]> =>
  Effect.sync(() => {
    const trouble = makeTrouble({ rules: [...rules, buildFailures(buildFails)], seed })
    const over = (adapter: Adapter) => openOver(adapter, trouble)
    return {
      over,
      layer: (below) => {
        // Made for each layer: builds are remembered by identity, and two storages are not one.
        const wrapped = Layer.effect(StorageAdapter, Effect.flatMap(StorageAdapter, over))
        return Layer.unwrap(Effect.as(befallOpening(trouble), Layer.provide(wrapped, below)))
      },
      down: trouble.down,
      up: trouble.up,
      settle: trouble.late.settle,
      release: trouble.release,
      calls: Effect.sync(trouble.counts),
      late: Effect.sync(trouble.late.count),
      hanging: Effect.sync(trouble.hanging),
      log: Effect.sync(trouble.events)
    }
  })

/**
 * Wraps an adapter, and gives it together with the control.
 *
 * **Details**
 *
 * The wrapped adapter has the name, the location and the capability of the one below. The scope is that of this
 * instance: when it closes, what hangs and what waits is answered, and late changes are dropped.
 *
 * **Example** (A save whose acknowledgement is lost)
 *
 * ```ts
 * const { adapter, control } = yield* Chaos.make(memory, {
 *   rules: [{ operation: "commit", nth: 2, mishap: Chaos.loseAnswer }]
 * })
 * yield* adapter.commit(first)
 * const error = yield* Effect.flip(adapter.commit(second)) // OutcomeUnknown, and the change is stored
 * yield* adapter.commit({ ...second, attempt: 2 })         // the same write id: applied once, answered as it was
 * console.log((yield* control.log).map(Chaos.show))        // commit 2 "a/x": loses its answer (script)
 * ```
 */
export const make = Effect.fnUntraced(function*(adapter: Adapter, options?: Options) {
  const made = yield* control(options)
  return { adapter: yield* made.over(adapter), control: made }
})

/**
 * Wraps a layer, and provides the control beside the adapter. Every build has troubles of its own; where builds are to
 * share them, as those of a tier that is opened again, make a `control` first and use its `layer`.
 */
export const layer = <E, R>(
  below: Layer.Layer<StorageAdapter, E, R>,
  options?: Options
): Layer.Layer<StorageAdapter | Control, E | StorageError, R> =>
  Layer.unwrap(Effect.map(control(options), (made) => Layer.merge(made.layer(below), Layer.succeed(Control, made))))
