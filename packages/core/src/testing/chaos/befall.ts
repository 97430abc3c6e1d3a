/**
 * What becomes of a call that mishaps befall.
 *
 * The one place where a call is kept from the storage, made late, or made and answered otherwise. Whatever it
 * tells the caller is true of what was done.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { Busy, Closed, OutcomeUnknown, type Reason } from "../../errors/reasons.ts"
import type { AdapterReceipt } from "../../errors/Receipt.ts"
import type { StorageError } from "../../errors/StorageError.ts"
import type { Postponed } from "./lateChanges.ts"
import { errorOf, type LateApplication, type Place } from "./mishaps.ts"
import type { Trouble, Verdict } from "./trouble.ts"

/** One open instance over a storage in trouble. */
export interface Instance extends Place {
  readonly trouble: Trouble
  /** What is started here ends with the instance. */
  readonly scope: Scope.Scope
  /** Comes to its end when the instance is closed. */
  readonly closed: Deferred.Deferred<void>
}

const unknown = (why: string): Reason => new OutcomeUnknown({ outcome: "unknown", why })

const told = (instance: Instance, { call }: Verdict, reason: Reason) => errorOf(reason, call, instance)

/** Waits for the release of what hangs; closing the instance ends the waiting, and the call was not made. */
const hung = (instance: Instance, verdict: Verdict): Effect.Effect<void, StorageError> =>
  Effect.raceFirst(
    instance.trouble.hang,
    Effect.andThen(
      Deferred.await(instance.closed),
      Effect.suspend(() => Effect.fail(told(instance, verdict, new Closed({ outcome: "notApplied" }))))
    )
  )

/** Waits behind late changes of the same keys. */
const inTurn = <A>(
  instance: Instance,
  verdict: Verdict,
  commit: Effect.Effect<A, StorageError>
): Effect.Effect<A, StorageError> =>
  Effect.suspend(() => {
    const { location, trouble: { late } } = instance
    const { keys } = verdict.call
    if (!late.isBusy(keys)) return Effect.andThen(late.turn(keys), commit)
    return Effect.fail(told(instance, verdict, new Busy({ outcome: "notApplied", path: location, code: "EBUSY" })))
  })

const landing = (exit: Exit.Exit<unknown, StorageError> | undefined): string => {
  if (exit === undefined) return "never: its adapter was closed"
  if (Exit.isSuccess(exit)) return "applied"
  return Option.match(Exit.findErrorOption(exit), {
    onNone: () => "broken off",
    onSome: (error) => `refused with ${error.reason._tag}`
  })
}

const postponed = Effect.fnUntraced(function*(
  instance: Instance,
  verdict: Verdict & { readonly mishap: LateApplication },
  apply: Effect.Effect<AdapterReceipt, StorageError>
): Effect.fn.Return<AdapterReceipt, StorageError> {
  const { call: { keys, operation }, mishap: { after, answer, others }, nth } = verdict
  const { late, note } = instance.trouble
  const onLanded: Postponed["onLanded"] = (exit) => note({ _tag: "Landed", operation, nth, keys, as: landing(exit) })
  const change = yield* late.postpone({ keys, others, apply, onLanded })
  const dropped = told(instance, verdict, unknown("the store was closed while the write was under way"))
  yield* Scope.addFinalizer(instance.scope, change.drop(dropped))
  if (after !== undefined) {
    yield* Effect.forkIn(Effect.delay(change.land, after), instance.scope, { startImmediately: true })
  }
  if (answer === "late") return yield* change.answer
  return yield* told(instance, verdict, unknown("no answer came in time"))
})

/** A call, as far as mishaps of rows leave it alone: those are the business of its stream. */
export const befall = <A>(
  instance: Instance,
  verdict: Verdict,
  below: Effect.Effect<A, StorageError>
): Effect.Effect<A, StorageError> => {
  const { call, delayMillis, mishap } = verdict
  const befallen = (): Effect.Effect<A, StorageError> => {
    switch (mishap?._tag) {
      case "Failure": {
        const error = errorOf(mishap.why, call, instance)
        return error.outcome === "applied" ? Effect.andThen(below, Effect.fail(error)) : Effect.fail(error)
      }
      case "Hang":
        return Effect.andThen(hung(instance, verdict), below)
      case "LostAnswer":
        return Effect.andThen(
          Effect.result(below),
          Effect.suspend(() => Effect.fail(told(instance, verdict, unknown("the answer was lost"))))
        )
      case "LateApplication":
      case "PartialListing":
      case "Torn":
      case undefined:
        return below
    }
  }
  return delayMillis > 0 ? Effect.delay(Effect.suspend(befallen), delayMillis) : befallen()
}

const isLate = (verdict: Verdict): verdict is Verdict & { readonly mishap: LateApplication } =>
  verdict.mishap?._tag === "LateApplication"

/** A commit: one that is applied late takes its place among the late ones, others wait behind those. */
export const befallCommit = (
  instance: Instance,
  verdict: Verdict,
  commit: Effect.Effect<AdapterReceipt, StorageError>
): Effect.Effect<AdapterReceipt, StorageError> => {
  if (!isLate(verdict)) return befall(instance, verdict, inTurn(instance, verdict, commit))
  const { call: { keys } } = verdict
  const taken = Effect.suspend(() =>
    instance.trouble.late.isBusy(keys) ? inTurn(instance, verdict, commit) : postponed(instance, verdict, commit)
  )
  return befall(instance, verdict, taken)
}

/** The name under which a layer fails that was not built. */
const unbuilt = { name: "chaos", location: "a storage that was not opened" }

/** The building of a layer: it may fail, take long or hang. */
export const befallOpening = (trouble: Trouble): Effect.Effect<void, StorageError> =>
  Effect.scopedWith((scope) => {
    const instance: Instance = { ...unbuilt, trouble, scope, closed: Deferred.makeUnsafe() }
    const call = { operation: "open", access: "reads", keys: [] } as const
    return Effect.flatMap(trouble.judge(call, instance), (verdict) => befall(instance, verdict, Effect.void))
  })
