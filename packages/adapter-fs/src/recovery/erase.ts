/**
 * Erasing: files that hold a removed session's content are unlinked or emptied, and that is made durable.
 *
 * The caller holds the key and knows that the session is removed. A failure in the midst leaves fewer files
 * than before, never a session that can be read: its tombstone is durable before anything else is touched.
 */
import { keyText, type Reason, type SessionKey } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Catalog } from "../catalog/Catalog.ts"
import { forget } from "../catalog/upkeep.ts"
import { type Place, slotPath, syncNames, type Target } from "../commit/Place.ts"
import type { HeadState } from "../commit/readHead.ts"
import { aboutFile, isAboutFile, keptName, lostFoundOf, parseAbout } from "../commit/setAside.ts"
import { overwrite, removeFile, rewriteSame } from "../io/durable.ts"
import { isMissing, reasonOf } from "../io/errno.ts"
import type { IoFailure } from "../io/Io.ts"
import { otherSlot } from "../layout/files.ts"
import { beginningOf } from "./content.ts"

/** Some of it may be erased when a call fails: nobody can say that nothing was changed. */
const undecided = <A>(place: Place, effect: Effect.Effect<A, IoFailure>): Effect.Effect<A, Reason> =>
  Effect.mapError(effect, (failure) => reasonOf(failure, place.environment, "unknown"))

/**
 * Unlinks files of one folder and makes that durable; says which of them were there.
 *
 * The folder is synced also when nothing was there: an attempt before this one may have failed to.
 */
export const erase = (place: Place, folder: string, files: ReadonlyArray<string>) =>
  undecided(
    place,
    Effect.gen(function*() {
      const erased: Array<string> = []
      for (const file of files) {
        const isErased = yield* Effect.as(removeFile(place.io, file), true).pipe(
          Effect.catchIf(isMissing, () => Effect.succeed(false))
        )
        if (isErased) erased.push(file)
      }
      yield* Effect.catchIf(syncNames(place, folder), isMissing, () => Effect.void)
      return erased
    })
  )

type Current = Extract<HeadState, { readonly _tag: "Current" }>

/** Makes the tombstone all that the two names of a head hold; says which one held something else. */
export const leaveTombstone = (target: Target, { bytes, other, slot }: Current) => {
  const { folder, place } = target
  const file = slotPath(target, otherSlot(slot))
  if (other === "Missing" || other === "Foreign") return Effect.succeed<ReadonlyArray<string>>([])
  return undecided(
    place,
    Effect.gen(function*() {
      const found = yield* place.io.readFile(file)
      if (Buffer.compare(found, bytes) === 0) return []
      // Whoever wrote the tombstone may have died before it was on the disk: the older version is not
      // overwritten before it is.
      yield* rewriteSame(place.io, slotPath(target, slot), { offset: 0, bytes })
      yield* syncNames(place, folder)
      yield* overwrite(place.io, file, bytes)
      return [file]
    })
  )
}

const isKey = (target: Target, key: SessionKey | null): boolean => key !== null && keyText(key) === target.keyText

// The checksum and a dot stand before the name.
const sumLength = 33

/** Whether a copy in `lost-found/` is of the key: what is told about it says so, or its name, or its own first line. */
const isKeptOf = Effect.fnUntraced(function*(target: Target, copy: string) {
  const { place } = target
  const about = yield* Effect.option(place.io.readFile(aboutFile(copy)))
  const told = Option.flatMap(about, parseAbout)
  if (Option.exists(told, ({ holds, key }) => isKey(target, key) || isKey(target, holds))) return true
  const start = keptName(place, place.path.join(target.folder, `${target.stem}.`))
  if (Option.isNone(told) && place.path.basename(copy).slice(sumLength).startsWith(start)) return true
  const bytes = yield* place.io.readFile(copy).pipe(
    Effect.asSome,
    Effect.catchIf(isMissing, () => Effect.succeedNone)
  )
  return Option.exists(Option.flatMap(bytes, beginningOf), ({ key }) => isKey(target, key))
})

/** Erases what `lost-found/` keeps of the key; what is told of a copy goes after the copy. */
export const eraseKept = Effect.fnUntraced(function*(target: Target): Effect.fn.Return<ReadonlyArray<string>, Reason> {
  const { place } = target
  const folder = lostFoundOf(place)
  const names = yield* undecided(
    place,
    Effect.catchIf(place.io.readDirectory(folder), isMissing, () => Effect.succeed<ReadonlyArray<string>>([]))
  )
  // What is told about a copy may be all that an interrupted purge has left of it.
  const copies = new Set(names.map((name) => isAboutFile(name) ? name.slice(0, -aboutFile("").length) : name))
  const own: Array<string> = []
  for (const name of copies) {
    const copy = place.path.join(folder, name)
    if (yield* undecided(place, isKeptOf(target, copy))) own.push(copy, aboutFile(copy))
  }
  return yield* erase(place, folder, own)
})

/** Erases what the catalog says of the key: a listing reads its tombstone. */
export const eraseListed = (catalog: Catalog, target: Target): Effect.Effect<void, Reason> =>
  undecided(target.place, forget(catalog, target))
