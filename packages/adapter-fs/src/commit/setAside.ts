/**
 * Keeping what is doubtful: bytes that are about to be replaced or cut off are copied to `lost-found/`.
 *
 * The copy is synced before this succeeds, so that whoever goes on loses nothing. A copy that cannot be
 * finished is removed again, since its source stays; nothing else there is ever deleted by the adapter.
 */
import type { Reason } from "@holdfast/core"
import * as Effect from "effect/Effect"
import { removeFile, rewriteSame, writeNew } from "../io/durable.ts"
import type { IoFailure } from "../io/Io.ts"
import { checksum } from "../layout/checksum.ts"
import { lostFoundFolder } from "../layout/files.ts"
import { type Place, readReason, syncNames } from "./Place.ts"

// Leaves room for the unique part below the 255 bytes of a file name.
const nameMax = 200

const isKept = (failure: IoFailure): boolean => failure.code === "EEXIST"

/** Copies bytes that lie at `source` to `lost-found/` and says where. */
export const setAside = (place: Place, source: string, bytes: Uint8Array): Effect.Effect<string, Reason> => {
  const folder = place.path.join(place.root, lostFoundFolder)
  const name = place.path.relative(place.root, source).replaceAll(/[\\/]/g, "~").slice(-nameMax)
  const copy = place.path.join(folder, `${checksum(bytes)}.${name}`)
  const write = writeNew(place.io, copy, bytes).pipe(
    Effect.tapError((failure) => isKept(failure) ? Effect.void : Effect.exit(removeFile(place.io, copy))),
    // Named by its content, a copy that is there was kept before, by an attempt that got no further.
    Effect.catchIf(isKept, () => rewriteSame(place.io, copy, { offset: 0, bytes }))
  )
  return Effect.gen(function*() {
    yield* place.io.makeDirectory(folder)
    yield* syncNames(place, place.root)
    yield* write
    yield* syncNames(place, folder)
    return copy
  }).pipe(Effect.mapError((failure: IoFailure) => readReason(place)(failure)))
}
