/**
 * Leftovers: what crashes of this adapter and other programs may have left in a store's folders.
 *
 * This only finds them by name, and leaves out what is on its way in this process; what each one means
 * is decided from its content and the key's head.
 */
import type { SessionKey } from "@holdfast/core/port"
import * as Option from "effect/Option"
import type { ScannedFolder } from "../catalog/listing.ts"
import type { Place } from "../commit/Place.ts"
import { keyAt } from "../layout/keyAt.ts"
import { decodeName } from "../layout/names.ts"

/** A file that may need something done, with the key that its place names. */
export interface Leftover {
  readonly what: "ownTemp" | "foreignTemp" | "main" | "loneAlt" | "orphanLog" | "probe"
  readonly path: string
  readonly key: Option.Option<SessionKey>
}

/**
 * The leftovers of one folder.
 *
 * Main names with a key of ours are among them only with `withMains`: telling another program's file
 * from ours there means reading every one.
 */
export const leftoversOf = (
  place: Place,
  folder: ScannedFolder,
  scope: "withMains" | "withoutMains"
): ReadonlyArray<Leftover> => {
  const mains = new Set(
    folder.files.flatMap(({ role }) => role._tag === "Head" && role.slot === "main" ? [role.stem] : [])
  )
  return folder.files.flatMap(({ name, role }): ReadonlyArray<Leftover> => {
    // Nearly every file of a store is a session of ours in its place.
    const isMain = role._tag === "Head" && role.slot === "main"
    if (isMain && scope === "withoutMains" && !folder.isForeign && Option.isSome(decodeName(role.stem))) return []
    const path = place.path.join(folder.path, name)
    if (role._tag === "Probe") return [{ what: "probe", path, key: Option.none() }]
    if (role._tag === "Other" || place.memory.temps.has(path)) return []
    const key = keyAt(folder.namespace, role.stem)
    const isOurs = !folder.isForeign && Option.isSome(decodeName(role.stem))
    if (role._tag === "ForeignTemp") return [{ what: "foreignTemp", path, key }]
    if (isMain) return [{ what: "main", path, key }]
    if (!isOurs) return []
    if (role._tag === "Temp") return [{ what: "ownTemp", path, key }]
    if (role._tag === "Head") return mains.has(role.stem) ? [] : [{ what: "loneAlt", path, key }]
    // A second name alone may be a write that did not finish: what it says is decided from the head.
    return mains.has(role.stem) ? [] : [{ what: "orphanLog", path, key }]
  })
}
