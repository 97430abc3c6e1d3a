/**
 * Clearing up after a removal: what the tombstone has made void is erased, the oldest first.
 *
 * The removal is durable before this begins and does not depend on it: what cannot be erased stays void
 * because it is older than the tombstone.
 */
import * as Effect from "effect/Effect"
import { overwrite, removeFile } from "../io/durable.ts"
import type { IoFailure } from "../io/Io.ts"
import type { Protocol } from "./folderMemory.ts"
import { segmentPath, slotPath, syncNames, type Target } from "./Place.ts"
import type { WritableHead } from "./publish.ts"

const noted = (what: string) => (failure: IoFailure) =>
  failure.code === "ENOENT" ? Effect.void : Effect.logDebug("holdfast: could not clear", what, failure.message)

/** Erases the log of a removed session, and in slots the content of the name that the tombstone did not take. */
export const clearRemoved = Effect.fnUntraced(function*(
  target: Target,
  head: WritableHead,
  removal: { readonly protocol: Protocol; readonly tombstone: Uint8Array }
) {
  if (head._tag === "Absent") return
  const segments = new Set([0, ...head.document.log.segments.map((settled) => settled.segment)])
  for (const segment of segments) {
    const path = segmentPath(target, segment)
    yield* Effect.catch(removeFile(target.place.io, path), noted(path))
  }
  // Both names are kept: in slots a second name alone stands for a write that was never acknowledged.
  if (removal.protocol === "slots") {
    const path = slotPath(target, head.slot)
    yield* Effect.catch(overwrite(target.place.io, path, removal.tombstone), noted(path))
  }
  yield* Effect.catch(syncNames(target.place, target.folder), noted(target.folder))
})
