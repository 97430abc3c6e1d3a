/**
 * The decision of a switch, which is one compare-and-set of the target's record, and the way back before it.
 *
 * The target is asked once. When its answer is lost and its record cannot be read, neither side serves until it can: the
 * one may have acknowledged writes of other processes, which the other does not have.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { sameStoreRecord, type StoreRecord } from "../port/StoreRole.ts"
import { incomplete, reinstated } from "./decide.ts"
import type { Sides } from "./marks.ts"
import { Superseded } from "./progress.ts"

/** Asks the target to be the current one. Fails when it is not, or when nobody can tell. */
export const decideTarget = Effect.fnUntraced(function*({ marks, target }: Sides) {
  const copying = Option.getOrThrow(marks.target)
  const current: StoreRecord = { switchId: copying.switchId, epoch: copying.epoch, state: "current" }
  marks.decision = "asked"
  const asked = yield* Effect.result(target.adapter.role.compareAndSet(Option.some(copying), current))
  if (Result.isSuccess(asked)) {
    if (!asked.success) marks.decision = "open"
    return asked.success ? undefined : yield* new Superseded({ name: target.name })
  }
  if (asked.failure.outcome === "notApplied") marks.decision = "open"
  if (marks.decision === "open") return yield* asked.failure
  // The answer was lost. The record tells, or nobody knows and nobody serves.
  const found = yield* target.adapter.role.read
  if (!sameStoreRecord(found, Option.some(current))) return yield* asked.failure
})

/** Whether the target is known not to be the current one, and not to become it any more. */
const isTakenOff = Effect.fnUntraced(
  function*({ marks, target }: Sides, copying: StoreRecord, limit: Duration.Duration) {
    const { compareAndSet, read } = target.adapter.role
    const moved = yield* Effect.interruptible(compareAndSet(Option.some(copying), incomplete(copying))).pipe(
      Effect.timeoutOption(limit),
      Effect.orElseSucceed(() => Option.none<boolean>())
    )
    // Nobody but this switch makes the target current, and it was not asked to.
    if (marks.decision === "open" || Option.contains(moved, true)) return true
    const found = yield* Effect.option(read)
    return Option.exists(
      found,
      (record) =>
        !Option.exists(
          record,
          ({ epoch, state, switchId }) =>
            switchId === copying.switchId && epoch === copying.epoch && state !== "retired"
        )
    )
  }
)

/**
 * Takes a switch back: first the target is no longer copying, then the source is current again. Where the target cannot
 * be asked whether it has become current, nobody serves until it can.
 */
export const takeBack = Effect.fnUntraced(function*(sides: Sides, limit: Duration.Duration) {
  const { marks: { source: known, target: marked }, source } = sides
  if (Option.isNone(marked) || !(yield* isTakenOff(sides, marked.value, limit))) return
  const recorded = yield* source.adapter.role.read
  const isOwn = Option.exists(
    recorded,
    ({ epoch, state, switchId }) =>
      state === "retired" && epoch === marked.value.epoch && Option.exists(known, (own) => own.switchId === switchId)
  )
  if (isOwn) yield* source.adapter.role.compareAndSet(recorded, reinstated(marked.value))
})
