/**
 * The records of both sides of one switch, as far as it has set them.
 *
 * Every record is set by compare-and-set: who was overtaken by another process hears of it. What was begun goes on to its
 * end, so an interruption never leaves a record of which nobody knows whether it was set.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { StoreRecord } from "../port/StoreRole.ts"
import type { Seat } from "./helm.ts"
import { Superseded } from "./progress.ts"

/** How far the records are: what a switch that fails has to take back. */
export interface Marks {
  /** The record that the target has been asked to take last. */
  target: Option.Option<StoreRecord>
  /** The same of the source, or the one that was found there. */
  source: Option.Option<StoreRecord>
  /** Whether the target was asked to be the current one. */
  decision: "open" | "asked"
}

/** Both sides of one switch. */
export interface Sides {
  readonly source: Seat
  readonly target: Seat
  readonly marks: Marks
}

// A store that was switched to without a copy holds what nobody else does: its record says so by its id.
export const bare = "bare-"

const isBare = ({ switchId }: StoreRecord): boolean => switchId.startsWith(bare)

/** Whether everything that a store holds was copied from it, or to it, by a switch. */
export const descentOf = (record: Option.Option<StoreRecord>) =>
  Option.exists(record, (found) => found.state !== "current" && !isBare(found)) ? "lineage" : "foreign"

export const epochOf = (record: Option.Option<StoreRecord>): number =>
  Option.match(record, { onNone: () => 0, onSome: ({ epoch }) => epoch })

/**
 * Replaces a record, or says who was faster. It is marked before it is set: the way back has to expect either, because the
 * answer may be lost. What has begun goes on to its end.
 */
export const setRecord = (
  { adapter, name }: Seat,
  expected: Option.Option<StoreRecord>,
  { mark, next }: { readonly next: StoreRecord; readonly mark: (record: Option.Option<StoreRecord>) => void }
) =>
  Effect.uninterruptible(Effect.suspend(() => {
    mark(Option.some(next))
    return Effect.flatMap(
      adapter.role.compareAndSet(expected, next),
      (isSet) => isSet ? Effect.void : Effect.fail(new Superseded({ name }))
    )
  }))

/** Gives the source a record if it has none, and chooses the epoch of the switch. */
export const chooseEpoch = Effect.fnUntraced(
  function*({ marks, source }: Sides, found: Option.Option<StoreRecord>, id: string) {
    const recorded = yield* source.adapter.role.read
    const epoch = Math.max(epochOf(recorded) + 1, epochOf(found) + 1, 2)
    if (Option.exists(recorded, ({ state }) => state !== "current")) return yield* new Superseded({ name: source.name })
    marks.source = recorded
    if (Option.isNone(recorded)) {
      const next: StoreRecord = { switchId: id, epoch: epoch - 1, state: "current" }
      yield* setRecord(source, recorded, { next, mark: (record) => marks.source = record })
    }
    return epoch
  }
)
