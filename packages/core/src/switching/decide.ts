/**
 * Which backend serves, decided from the records of all of them: a pure function.
 *
 * A switch from S to T at epoch e writes, in this order: T copying@e, S retired@e with successor T, T current@e. The last
 * one is the decision. A switch that fails moves T off copying@e and then makes S current@e+1. So whatever was the
 * last step before a crash, at most one backend is current at the highest epoch, and when none is, nobody has
 * been acknowledged a write since the retirement.
 */
import * as Option from "effect/Option"
import type { StorageError } from "../errors/StorageError.ts"
import type { StoreRecord } from "../port/StoreRole.ts"

/** What is known of a backend's record. */
export type Sighting =
  | {
    readonly _tag: "Seen"
    readonly record: Option.Option<StoreRecord>
    /** Whether what it holds ends with a process, its record included. */
    readonly lifetime: "process" | "lasting"
  }
  | { readonly _tag: "Unseen"; readonly error: StorageError }

export type Sightings = ReadonlyMap<string, Sighting>

/** A backend and the record that was found in it. */
export interface Found {
  readonly name: string
  readonly record: StoreRecord
}

export type Decision =
  | { readonly _tag: "Serve"; readonly name: string }
  /** A switch stopped between retirement and decision: the target has to be moved off copying first. */
  | { readonly _tag: "TakeBack"; readonly source: Found; readonly target: Found }
  /** A switch failed, and its source is not current again yet. */
  | { readonly _tag: "Reinstate"; readonly source: Found }
  /** The current backend is one that cannot be asked, or is gone. */
  | { readonly _tag: "Unknown"; readonly what: string; readonly cause: Option.Option<StorageError> }

/** The record of a target whose switch failed: it never serves, and is no successor of anybody. */
export const incomplete = ({ epoch, switchId }: StoreRecord): StoreRecord => ({ switchId, epoch, state: "retired" })

/** The record of a source whose switch failed. */
export const reinstated = ({ epoch, switchId }: StoreRecord): StoreRecord => ({
  switchId,
  epoch: epoch + 1,
  state: "current"
})

const highest = (found: ReadonlyArray<Found>): Found | undefined =>
  found.reduce<Found | undefined>(
    (best, each) => best === undefined || each.record.epoch > best.record.epoch ? each : best,
    undefined
  )

const unknown = (what: string, cause?: StorageError): Decision => ({
  _tag: "Unknown",
  what,
  cause: Option.fromUndefinedOr(cause)
})

/** A source without a current successor: who serves depends on what its successor is. */
const afterRetirement = (source: Found, sightings: Sightings): Decision => {
  const name = source.record.successor ?? ""
  const target = sightings.get(name)
  const what = `the backend ${JSON.stringify(name)}, to which ${JSON.stringify(source.name)} was retired,`
  if (target === undefined) return unknown(what)
  if (target._tag === "Unseen") return unknown(what, target.error)
  if (Option.isNone(target.record)) {
    // What lay in memory ended with its process, as was said when it was acknowledged. Anything else was lost.
    return target.lifetime === "process" ? { _tag: "Reinstate", source } : unknown(what)
  }
  const { epoch, state, successor, switchId } = target.record.value
  const isOfSwitch = epoch === source.record.epoch && switchId === source.record.switchId
  if (!isOfSwitch) return unknown(what)
  if (state === "copying") return { _tag: "TakeBack", source, target: { name, record: target.record.value } }
  return state === "retired" && successor === undefined ? { _tag: "Reinstate", source } : unknown(what)
}

/**
 * Decides which backend serves. The current one with the highest epoch does, unless another one was retired after
 * that. `initial` counts only when every backend can be read and none has a record. A retired backend never serves.
 */
export const decide = (sightings: Sightings, initial: string): Decision => {
  const found: Array<Found> = []
  for (const [name, sighting] of sightings) {
    if (sighting._tag === "Seen" && Option.isSome(sighting.record)) found.push({ name, record: sighting.record.value })
  }
  const current = highest(found.filter(({ record }) => record.state === "current"))
  const retired = highest(
    found.filter(({ record: { epoch, state, successor } }) =>
      state === "retired" && successor !== undefined && epoch > (current?.record.epoch ?? -1)
    )
  )
  if (retired !== undefined) return afterRetirement(retired, sightings)
  if (current !== undefined) return { _tag: "Serve", name: current.name }
  for (const [name, sighting] of sightings) {
    if (sighting._tag !== "Unseen") continue
    return unknown(`the backend ${JSON.stringify(name)}, which may be the current one,`, sighting.error)
  }
  if (found.length === 0) return { _tag: "Serve", name: initial }
  return unknown(`a current backend: of ${JSON.stringify(found[0]?.name)} there is an incomplete copy, and it`)
}
