/**
 * The slots protocol: two names, written in place and in turn, never renamed.
 *
 * One name always holds the newest version, whole and synced, while the other one is written. The first
 * version of a session is written to both names, so that a second name alone was never acknowledged.
 */
import type { Outcome } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import { cutOff, overwrite, rewriteSame, writeNew } from "../io/durable.ts"
import { type IoFailure, isSyncFailure, isWriteFailure } from "../io/Io.ts"
import { otherSlot, type Slot } from "../layout/files.ts"
import { recall, slotPath, syncNames, type Target, unmake } from "./Place.ts"
import type { WritableHead } from "./publish.ts"
import { type Refused, refused, refusedCreate } from "./refused.ts"

const refusedAs = (target: Target, outcome: Outcome) => (failure: IoFailure): Refused =>
  refused(target, failure, { outcome })

/** Writes a name that is not there, with the folder; after a failure the name is gone again, or the outcome is unknown. */
const createSlot = (target: Target, slot: Slot, bytes: Uint8Array): Effect.Effect<void, Refused> => {
  const file = slotPath(target, slot)
  return writeNew(target.place.io, file, bytes).pipe(
    Effect.andThen(syncNames(target.place, target.folder)),
    Effect.catch(Effect.fnUntraced(function*(failure) {
      // An exclusive create that fails leaves nothing to remove, and never somebody else's file. The
      // folder, too, is opened, to be synced: by then the file is whole.
      if (failure.syscall === "open" && failure.path === file) {
        return yield* Effect.fail({ ...(yield* refusedCreate(target, failure, "notApplied")), mayTryNext: false })
      }
      const isRemoved = yield* Effect.isSuccess(unmake(target, file))
      return yield* Effect.fail(refusedAs(target, isRemoved ? "notApplied" : "unknown")(failure))
    }))
  )
}

// Until the last byte is written the slot lacks its end and the other one is current; from then on
// the new version can be read, so a failed sync leaves the outcome open. What a failed write may have
// put down is taken out again.
const fillSlot = (target: Target, slot: Slot, bytes: Uint8Array): Effect.Effect<void, Refused> => {
  const { io } = target.place
  const file = slotPath(target, slot)
  return Effect.catch(
    overwrite(io, file, bytes),
    Effect.fnUntraced(function*(failure) {
      const isOpen = isSyncFailure(failure)
        || (isWriteFailure(failure) && !(yield* Effect.isSuccess(cutOff(io, file, 0))))
      return yield* Effect.fail(refusedAs(target, isOpen ? "unknown" : "notApplied")(failure))
    })
  )
}

type Taken = { readonly [slot in Slot]: boolean }

/** Writes one of the two names of a first version: a name that is taken holds what is void. */
const writeName = (
  target: Target,
  slot: Slot,
  { bytes, isTaken }: { readonly bytes: Uint8Array; readonly isTaken: Taken }
) =>
  isTaken[slot]
    ? Effect.andThen(
      fillSlot(target, slot, bytes),
      Effect.mapError(syncNames(target.place, target.folder), refusedAs(target, "unknown"))
    )
    : createSlot(target, slot, bytes)

/** The first version: the second name first, so that a main name is there only beside a whole second one. */
const writeFirst = Effect.fnUntraced(function*(
  target: Target,
  write: { readonly bytes: Uint8Array; readonly isTaken: Taken }
) {
  yield* writeName(target, "alt", write)
  yield* writeName(target, "main", write).pipe(
    Effect.catch(Effect.fnUntraced(function*(failed) {
      // The second name alone would be taken for the session: with it gone nothing was applied. Beside
      // a main name that stays, cut off, it is what keeps the session readable.
      const isMainLeft = write.isTaken.main || failed.reason.outcome === "unknown"
      const isRemoved = !isMainLeft && (yield* Effect.isSuccess(unmake(target, slotPath(target, "alt"))))
      return yield* Effect.fail(isRemoved ? failed : refusedAs(target, "unknown")(failed.failure))
    }))
  )
})

/**
 * Writes a version to the name that does not hold the newest one.
 *
 * A newest version that this process has not itself synced is first written again, byte for byte, and
 * synced: whoever wrote it may have died before it was on the disk, and then both names would be at risk.
 */
export const writeSlots = Effect.fnUntraced(function*(
  target: Target,
  head: WritableHead,
  bytes: Uint8Array
): Effect.fn.Return<void, Refused> {
  if (head._tag === "Absent") return yield* writeFirst(target, { bytes, isTaken: head.isTaken })
  const isSynced = recall(target).headSynced >= head.document.version
  if (!isSynced) {
    const newest = slotPath(target, head.slot)
    yield* rewriteSame(target.place.io, newest, { offset: 0, bytes: head.bytes }).pipe(
      Effect.andThen(syncNames(target.place, target.folder)),
      Effect.mapError(refusedAs(target, "notApplied"))
    )
  }
  const slot = otherSlot(head.slot)
  if (head.other === "Missing") return yield* createSlot(target, slot, bytes)
  yield* fillSlot(target, slot, bytes)
  // The name of a write that did not finish may not be durable itself.
  if (head.other !== "Document") {
    yield* Effect.mapError(syncNames(target.place, target.folder), refusedAs(target, "unknown"))
  }
})
