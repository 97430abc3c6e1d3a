/**
 * Sessions that are there: what a recovery that was asked for finds wrong with their entries and versions.
 *
 * Every live session's log is read, under its key. What is wrong with one is told by segment; it is repaired
 * in one step with its head, and a copy of what is cut out is kept. So is what is left of a version that was
 * on the disk and is not any more.
 */
import type { Finding, Reason, SessionKey } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { announce, type Place, slotPath, type Target, targetOf } from "../commit/Place.ts"
import { type DamagedSegment, damageOfLog, repairLog } from "../commit/repairLog.ts"
import { isOlder, repairOlder } from "../commit/repairOlder.ts"

const findingOf = (key: SessionKey, applied: boolean) => ({ path, problems }: DamagedSegment): Finding => ({
  kind: "log.damaged",
  place: path,
  key: Option.some(key),
  action: "repair",
  applied,
  detail: `has ${problems.length} ${
    problems.length === 1 ? "place" : "places"
  } that cannot be read, or that no writer finished`
})

const olderOf = (target: Target, applied: boolean): Finding => ({
  kind: "sessionFile.older",
  place: slotPath(target, "main"),
  key: Option.some(target.key),
  action: "repair",
  applied,
  detail: "is older than the version that was saved last, which is damaged or gone"
})

/** Looks at a session's log and at its version, and in mode `apply` repairs them. */
export const treatSession = (
  place: Place,
  key: SessionKey,
  mode: "inspect" | "apply"
): Effect.Effect<ReadonlyArray<Finding>, Reason> => {
  const target = targetOf(place, key)
  const applied = mode === "apply"
  const turn = Effect.gen(function*() {
    const wasOlder = yield* isOlder(target)
    // First, because the repair of a log drops what no whole line is left of: here it was one that counted.
    if (applied && wasOlder) yield* Effect.andThen(announce(target, ""), repairOlder(target))
    const damaged = yield* applied ? repairLog(target) : damageOfLog(target)
    if (applied && (wasOlder || damaged.length > 0)) place.memory.feed.publish([{ _tag: "Missed" }])
    return [...damaged.map(findingOf(key, applied)), ...(wasOlder ? [olderOf(target, applied)] : [])]
  })
  return place.lock(target)(Effect.uninterruptible(turn))
}
