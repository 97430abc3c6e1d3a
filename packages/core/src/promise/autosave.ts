/**
 * Autosave: many changes of a state, few saves, and none of them lost.
 *
 * A save starts when no change came for a while, or when the oldest unsaved change has waited long
 * enough. Saves of one autosave never overlap, the newest state wins, and a state is given up only
 * when it, or a newer one, was acknowledged. A failed save is told to the app; there is no timer that
 * tries it again.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import * as Semaphore from "effect/Semaphore"
import type { SessionConflict, SessionInvalid } from "../errors/SessionErrors.ts"
import type { StorageError } from "../errors/StorageError.ts"
import type { SessionKey } from "../model/SessionKey.ts"
import type { CallOptions } from "./calls.ts"
import type { Connection } from "./connection.ts"
import type { Receipt } from "./results.ts"

/** Why an autosave failed. */
export type AutosaveError = SessionConflict | SessionInvalid | StorageError

/** How an autosave stands. */
export interface AutosaveStatus {
  /**
   * `idle`: everything that was set is saved. `pending`: a state waits for its save. `saving`: a save is
   * under way. `failed`: the save of the newest state failed; the state is kept.
   */
  readonly state: "idle" | "pending" | "saving" | "failed"
  /** The receipt of the last save that succeeded. */
  readonly lastReceipt: Receipt | undefined
  /** The error of the last save when it failed. */
  readonly lastError: AutosaveError | undefined
}

export interface AutosaveOptions {
  /** Called for every save that failed, also for one that `flush` or `close` rejects with. */
  readonly onError: (error: AutosaveError) => void
  /** Called for every change of the status. */
  readonly onStatus?: ((status: AutosaveStatus) => void) | undefined
  /** How long no change has to come before a save; 300 ms by default. A number is milliseconds. */
  readonly delay?: Duration.Input | undefined
  /** How long a change waits at most while others keep coming; 2 s by default. */
  readonly maxWait?: Duration.Input | undefined
  /**
   * `any` (default) makes the session when it is not there. With `present` a session that was removed stays
   * removed: the save fails with `SessionConflict`.
   */
  readonly expect?: "any" | "present" | undefined
}

/** Saves one session's state as it changes. */
export interface Autosave<State> {
  /**
   * Takes a state to save and returns at once. It is encoded when it is saved, so it is not to be changed
   * afterwards without another `set`. Throws `StorageError` with `Closed` after `close`.
   */
  readonly set: (state: State) => void
  /**
   * Saves at once what is pending, and resolves when that is acknowledged: with the receipt of the last save, or
   * `undefined` when there never was one. Rejects when the save fails; what is pending stays so and is tried again by
   * the next `flush` or after the next `set`. Aborting ends the waiting, not the save.
   */
  readonly flush: (options?: CallOptions) => Promise<Receipt | undefined>
  readonly status: AutosaveStatus
  /** Takes no more states and flushes. When that fails the state is kept, and `flush` or `close` tries again. */
  readonly close: (options?: CallOptions) => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

// Typing pauses are longer than this, and nobody notices the wait.
const delayDefault = Duration.millis(300)

// What a crash may cost somebody who types without a pause.
const maxWaitDefault = Duration.seconds(2)

const toMillis = (input: Duration.Input): number => Duration.toMillis(Duration.fromInputUnsafe(input))

/** Calls what the app listens with on its own: what it throws is an unhandled rejection and breaks nothing here. */
const tell = <A>(listen: (value: A) => void, value: A): void => void Promise.resolve(value).then(listen)

/** The state of one autosave, with the status that follows from it. */
const makeProgress = <State>({ onError, onStatus }: AutosaveOptions) => {
  /** What was set and is not acknowledged; another object for every `set`. */
  let pending: { readonly state: State } | undefined
  let failed: typeof pending
  let isSaving = false
  let shown: AutosaveStatus = { state: "idle", lastReceipt: undefined, lastError: undefined }

  const current = (): AutosaveStatus["state"] =>
    isSaving ? "saving" : pending === undefined ? "idle" : pending === failed ? "failed" : "pending"

  const show = (facts: Partial<Pick<AutosaveStatus, "lastReceipt" | "lastError">> = {}): void => {
    const state = current()
    if (state === shown.state && Object.keys(facts).length === 0) return
    shown = { ...shown, ...facts, state }
    if (onStatus !== undefined) tell(onStatus, shown)
  }

  return {
    status: () => shown,
    set: (state: State): void => {
      pending = { state }
      show()
    },
    take: (): typeof pending => {
      isSaving = pending !== undefined
      show()
      return pending
    },
    succeed: (taken: typeof pending, lastReceipt: Receipt): void => {
      isSaving = false
      // What was set while the save was under way is still to be saved.
      if (pending === taken) pending = undefined
      show({ lastReceipt, lastError: undefined })
    },
    fail: (taken: typeof pending, error: AutosaveError | undefined): void => {
      isSaving = false
      failed = taken
      show({ lastError: error })
      if (error !== undefined) tell(onError, error)
    }
  }
}

/** When the next save is due: after a pause of `delay`, or `maxWait` after the first of the changes. */
const makeDue = (delay: number, maxWait: number) => {
  let due = 0
  let since: number | undefined
  // The wall clock may be set back by an hour while somebody types.
  const now = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1e6)
  return {
    /** A change came. */
    touch: Effect.map(now, (millis) => {
      since ??= millis
      due = Math.min(millis + delay, since + maxWait)
    }),
    /** All changes so far are being saved. */
    clear: (): void => {
      since = undefined
    },
    left: Effect.map(now, (millis) => due - millis)
  }
}

export interface AutosaveTarget<State> {
  readonly key: SessionKey
  readonly save: (state: State) => Effect.Effect<Receipt, AutosaveError>
}

/** Makes an autosave of one session; a connection that is closed closes it. */
export const makeAutosave = <State>(
  { beforeClose, closedError, run }: Connection,
  { key, save }: AutosaveTarget<State>,
  options: AutosaveOptions
): Autosave<State> => {
  const progress = makeProgress<State>(options)
  const due = makeDue(toMillis(options.delay ?? delayDefault), toMillis(options.maxWait ?? maxWaitDefault))
  const turn = Semaphore.makeUnsafe(1)
  const closed = Latch.makeUnsafe(false)
  let isTimerSet = false

  const saveNext = Effect.gen(function*() {
    due.clear()
    const taken = progress.take()
    if (taken === undefined) return
    const exit = yield* Effect.exit(save(taken.state))
    if (Exit.isSuccess(exit)) return progress.succeed(taken, exit.value)
    progress.fail(taken, Option.getOrUndefined(Cause.findErrorOption(exit.cause)))
    return yield* exit
  })

  // Whoever stops waiting does not stop the save.
  const flush = Effect.uninterruptible(turn.withPermit(saveNext))

  const saveWhenDue = Effect.gen(function*() {
    for (let left = yield* due.left; left > 0; left = yield* due.left) {
      yield* Effect.raceFirst(Effect.sleep(Math.ceil(left)), closed.await)
      if (closed.isOpen()) return
    }
    // Changes that come while this waits for its turn are saved with it; those that come later set a timer.
    const leave = Effect.sync(() => isTimerSet = false)
    // The failure was told to the app when it was met.
    yield* Effect.ignore(turn.withPermit(Effect.andThen(leave, saveNext)))
  })

  const change = Effect.gen(function*() {
    yield* due.touch
    if (isTimerSet) return
    isTimerSet = true
    yield* saveWhenDue
  })

  const close: Effect.Effect<void, AutosaveError> = Effect.gen(function*() {
    yield* closed.open
    yield* flush
    beforeClose.delete(close)
  })
  beforeClose.add(close)

  return {
    set: (state) => {
      if (closed.isOpen()) throw closedError({ operation: "commit", key })
      progress.set(state)
      // It rejects only for a mistake in this program, which is then an unhandled rejection.
      void run(change)
    },
    flush: ({ signal } = {}) => run(Effect.map(flush, () => progress.status().lastReceipt), signal),
    get status() {
      return progress.status()
    },
    close: ({ signal } = {}) => run(close, signal),
    [Symbol.asyncDispose]: () => run(close)
  }
}
