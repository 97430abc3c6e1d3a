/**
 * Switching at run time: one adapter over several backends of which one serves, and the service that changes which.
 *
 * Which backend is current is recorded in the backends themselves, so neither a restart nor another process serves a
 * retired one. A transfer copies everything while writes go on, compares both sides to the last entry, and loses no
 * acknowledged write: a switch that fails or is interrupted at any step leaves the backend that served before serving.
 */
import type * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import type { StorageError } from "../errors/StorageError.ts"
import { StorageAdapter } from "../port/StorageAdapter.ts"
import { makeWrites } from "../port/writes.ts"
import { type Adapter, type Backend, makeBackend } from "./backends.ts"
import { isRetired, makeFollowing } from "./following.ts"
import { makeGraves } from "./graves.ts"
import { makeHelm, takeSeat } from "./helm.ts"
import { SwitchError, type SwitchProgress, UnknownBackend } from "./progress.ts"
import { type Backends, resolve } from "./resolve.ts"
import { makeServing } from "./serving.ts"
import { type TransferKind, turn, type Turning } from "./turning.ts"
import { makeWatchers } from "./watchers.ts"
import { weakest } from "./weakest.ts"
import { makeWellbeing } from "./wellbeing.ts"

export type { KeptAside, SwitchProgress, SwitchReason } from "./progress.ts"
export {
  ContentUnreadable,
  FenceTimedOut,
  NotVerified,
  Superseded,
  SwitchError,
  UnknownBackend,
  WeakerBackend
} from "./progress.ts"
export type { TransferKind } from "./turning.ts"

/** A backend of any layer. */
type AnyBackend<R> = Layer.Layer<StorageAdapter, unknown, R>

export interface SwitchOptions<Name extends string = string, R = never> {
  /** The backends by name. Names are kept in records: a backend keeps its own as long as there is anything in it. */
  readonly backends: Readonly<Record<Name, AnyBackend<R>>>
  /** Which one serves when none of them has ever been switched to or from. */
  readonly initial: NoInfer<Name>
  /** How long writes may have to wait for a switch; 10 seconds by default. A switch that needs longer is taken back. */
  readonly fenceMax?: Duration.Input | undefined
  /** How often it is looked whether another process has switched; 1 second by default. Calls notice by themselves. */
  readonly followEvery?: Duration.Input | undefined
  /** How long opening a backend may take; 10 seconds by default. */
  readonly openTimeout?: Duration.Input | undefined
  /** How long closing waits for writes in flight; 10 seconds by default. */
  readonly closeTimeout?: Duration.Input | undefined
}

export interface SwitchControl {
  /** The name of the backend that serves. */
  readonly current: Effect.Effect<string>
  /** The name of the backend that serves, then of every one that serves after it. */
  readonly currents: Stream.Stream<string>
  /**
   * Makes another backend serve. Reading the stream runs the switch; the stream ends with it.
   *
   * - Ensures: when it ends, the backend serves, and with `copy` it holds every session that was there, entries and
   *   write ids included. Calls in flight end where they began; writes wait for milliseconds. With `none` the
   *   backend serves what it holds.
   * - Fails with: `SwitchError`, and the backend that served before serves on.
   * - On interruption: before the cut-over as when it fails; after it, nothing is taken back.
   *
   * **Gotchas**
   *
   * What a target held before, and nobody else does, is set aside in its namespace `@set-aside`. What a former switch
   * left in it is replaced. A removal that another process made leaves nothing that could be copied: the next life
   * of its key rises above it by the clock alone.
   *
   * The adapter's `capability` holds from the building of the layer to its end. A backend that could not be opened
   * then, and turns out to promise less, is refused with `WeakerBackend` before anything is changed; restart to use it.
   */
  readonly switchTo: (
    name: string,
    options: { readonly transfer: TransferKind }
  ) => Stream.Stream<SwitchProgress, SwitchError>
}

/** Where the adapter itself lives: its calls, and what runs behind them. */
interface Opened {
  readonly adapter: Adapter
  readonly control: SwitchControl
}

/** Runs one switch after the other, each for a stream that tells of it. */
const makeSwitchTo = (turning: Turning, backends: Backends): SwitchControl["switchTo"] => {
  const { helm, scope } = turning
  const inTurn = Semaphore.makeUnsafe(1)

  const run = Effect.fnUntraced(function*(
    name: string,
    transfer: TransferKind,
    tell: (progress: SwitchProgress) => Effect.Effect<void>
  ) {
    const from = helm.seat().name
    const failed = (reason: SwitchError["reason"]) =>
      new SwitchError({ from, to: name, serving: helm.seat().name, reason })
    const target = backends.get(name)
    if (target === undefined) return yield* failed(new UnknownBackend({ name, known: [...backends.keys()] }))
    if (from === name) {
      return yield* tell({ _tag: "Done", name, copiedCount: 0, removedCount: 0, keptAside: [] })
    }
    yield* Effect.mapError(turn(turning, { target, transfer, tell }), failed)
  })

  return (name, { transfer }) =>
    Stream.unwrap(Effect.gen(function*() {
      const queue = yield* Queue.unbounded<SwitchProgress, SwitchError | Cause.Done>()
      const tell = (progress: SwitchProgress) => Effect.asVoid(Queue.offer(queue, progress))
      const whole = Effect.onExit(inTurn.withPermits(1)(run(name, transfer, tell)), (exit) =>
        exit._tag === "Success" ? Queue.end(queue) : Queue.failCause(queue, exit.cause))
      // It belongs to the adapter, which ends it when it closes, and to the stream, which ends it when nobody reads.
      const fiber = yield* Effect.forkIn(whole, scope)
      yield* Effect.addFinalizer(() =>
        Fiber.interrupt(fiber)
      )
      return Stream.fromQueue(queue)
    }))
}

/** Opens every backend, and tells what they promise together. */
const openAll = Effect.fnUntraced(function*(backends: Backends) {
  const opened = yield* Effect.forEach(backends.values(), ({ open }) => Effect.result(open), {
    concurrency: "unbounded"
  })
  return opened.flatMap((each) => Result.isSuccess(each) ? [each.success] : [])
})

/** Opens a switching adapter for the length of the scope. */
export const make = Effect.fnUntraced(function*<Name extends string, R>(
  options: SwitchOptions<Name, R>
): Effect.fn.Return<Opened, StorageError, R | Scope.Scope> {
  const scope = yield* Effect.scope
  const { initial } = options
  const names = Object.keys(options.backends)
  const name = `switch(${names.join(", ")})`
  const fenceMax = Duration.fromInputUnsafe(options.fenceMax ?? "10 seconds")
  const openTimeout = Duration.fromInputUnsafe(options.openTimeout ?? "10 seconds")
  const wellbeing = yield* makeWellbeing(names)
  const backends = new Map<string, Backend>()
  for (const [each, layer] of Object.entries<AnyBackend<R>>(options.backends)) {
    backends.set(each, wellbeing.watched(yield* makeBackend(each, layer, openTimeout)))
  }

  // All are open until it is known which one serves, so none is opened twice.
  const { capability, first } = yield* Effect.scoped(Effect.gen(function*() {
    const adapters = yield* openAll(backends)
    const serving = yield* resolve(backends, { adapter: name, initial, patience: Duration.zero })
    const first = yield* takeSeat(backends.get(serving)!, scope)
    return { capability: weakest(first.adapter.capability, adapters.map((adapter) => adapter.capability)), first }
  }))

  const helm = yield* makeHelm({ adapter: name, first, waitMax: Duration.times(fenceMax, 2) })
  const watchers = makeWatchers(helm)
  const graves = makeGraves()
  const promised = capability
  const following = makeFollowing({
    adapter: name,
    backends,
    helm,
    initial,
    patience: fenceMax,
    promised,
    scope,
    watchers
  })
  const turning: Turning = { helm, watchers, graves, scope, fenceMax, promised }

  const look = Effect.scoped(
    Effect.flatMap(
      helm.sit,
      (seat) =>
        Effect.flatMap(isRetired(helm, seat), (retired) => retired ? following.follow(seat, "writes") : Effect.void)
    )
  )
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(
    Effect.sleep(options.followEvery ?? "1 second"),
    Effect.catch(look, ({ message }) => Effect.logDebug("holdfast: cannot follow a switch yet", message))
  )))
  const writes = yield* makeWrites({ adapter: name, closeTimeout: options.closeTimeout })

  return {
    adapter: makeServing({
      name,
      capability,
      following,
      graves,
      health: wellbeing.healthOf(helm),
      helm,
      watchers,
      writes
    }),
    control: {
      current: Effect.sync(() => helm.seat().name),
      currents: helm.names,
      switchTo: makeSwitchTo(turning, backends)
    }
  }
})

/** The control of a switching adapter; `StorageSwitch.layer` provides it beside the `StorageAdapter`. */
export class StorageSwitch
  extends Context.Service<StorageSwitch, SwitchControl>()("@holdfast/core/switching/StorageSwitch")
{
  /**
   * Several backends as one adapter that can be switched.
   *
   * **Details**
   *
   * Building opens every backend, because only the records of all of them tell which one is current. It puts in order
   * what a crash has left of a switch, and closes all but the one that serves: a backend is opened again when it is
   * switched to, and closed when its last user has left. A layer that makes its folder or file makes it at every start,
   * even if it is never switched to. Building fails when no backend can serve: when the one that may be current cannot be
   * asked, or is gone. A retired backend never serves instead.
   */
  static readonly layer = <Name extends string, R = never>(
    options: SwitchOptions<Name, R>
  ): Layer.Layer<StorageAdapter | StorageSwitch, StorageError, R> =>
    Layer.effectContext(
      Effect.map(
        make(options),
        ({ adapter, control }) => Context.make(StorageAdapter, adapter).pipe(Context.add(StorageSwitch, control))
      )
    ) as Layer.Layer<StorageAdapter | StorageSwitch, StorageError, R>
}
