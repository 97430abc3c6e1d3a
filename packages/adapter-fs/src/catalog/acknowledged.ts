/**
 * What a catalog proves: which version of a session was on the disk, and so may have been acknowledged.
 *
 * A session that is found with an older version was damaged since: a file that was cut short looks like a
 * write that did not finish, and only this tells the two apart. A folder's file is looked through once: other
 * processes' versions only rise.
 */
import { makeKeyedLock } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { nothingSaved, type Saved, type Target } from "../commit/Place.ts"
import { type Catalog, catalogFile, readBytes } from "./Catalog.ts"
import { lineEnd, linesIn, toldOn } from "./row.ts"

/** What a folder's catalog says at a glance. */
export interface Glance {
  readonly versions: Map<string, Saved>
  readonly folders: Set<string>
  /** How many lines the file had, with those that this process has written since. */
  lines: number
}

/** What is known of the versions of sessions. */
export interface Acknowledged {
  /** What was on the disk last, as far as anything is known of it. */
  readonly of: (target: Target) => Effect.Effect<Saved>
  /** Keeps what this process has made durable; `nothingSaved` when what is there counts from here on. */
  readonly keep: (target: Target, saved: Saved) => void
  /** What the catalog of a session's folder said when it was looked through, and what this process has written since. */
  readonly glance: (target: Target) => Effect.Effect<Glance>
}

const nothingSeen = (): Glance => ({ versions: new Map(), folders: new Set(), lines: 0 })

/** Adds what lines tell. */
const scan = (glance: Glance, bytes: Uint8Array): void => {
  const { folders, versions } = glance
  for (const line of linesIn(bytes)) {
    glance.lines += 1
    const told = toldOn(line)
    // Rows of other processes may come late: versions only rise.
    if (told?._tag === "Told" && told.version >= (versions.get(told.stem)?.version ?? 0)) {
      versions.set(told.stem, { version: told.version, entryCount: told.entryCount })
    }
    if (told?._tag === "Folder") folders[told.isThere ? "add" : "delete"](told.folder)
  }
}

// A catalog of 100,000 sessions is looked through in less. A disk that hangs is met by the session's own files.
const loadPatience = "2 seconds"

/** Looks through a file from an offset on, part by part. */
const scanFrom = Effect.fnUntraced(function*({ place }: Catalog, file: string, glance: Glance) {
  let from = 0
  let isWhole = false
  while (!isWhole) {
    const read = yield* place.io.readIfThere(file, from, from + readBytes)
    if (Option.isNone(read)) return
    const { bytes, size } = read.value
    const end = bytes.lastIndexOf(lineEnd) + 1
    scan(glance, bytes.subarray(0, end))
    isWhole = end === 0 || from + bytes.length >= size
    from += end
  }
})

/** Looks through a folder's catalog. One that cannot be read in time proves nothing. */
const load = Effect.fnUntraced(function*(catalog: Catalog, { key }: Target) {
  const glance = nothingSeen()
  const file = catalogFile(catalog.place, key.namespace)
  const scanned = yield* Effect.timeoutOption(
    Effect.option(Effect.interruptible(scanFrom(catalog, file, glance))),
    loadPatience
  )
  return Option.isSome(Option.flatten(scanned)) ? glance : nothingSeen()
})

/** Makes what tells acknowledged versions from a catalog. */
export const makeAcknowledged = Effect.fnUntraced(function*(catalog: Catalog): Effect.fn.Return<Acknowledged> {
  const folders = new Map<string, Glance>()
  // Of many reads that begin together one looks through a folder's catalog.
  const lock = yield* makeKeyedLock

  const loadOnce = (target: Target): Effect.Effect<Glance> =>
    Effect.suspend(() => {
      const known = folders.get(target.folder)
      if (known !== undefined) return Effect.succeed(known)
      return Effect.tap(load(catalog, target), (loaded) => Effect.sync(() => folders.set(target.folder, loaded)))
    })

  const glance = (target: Target): Effect.Effect<Glance> => {
    const known = folders.get(target.folder)
    return known === undefined ? lock(target.folder)(loadOnce(target)) : Effect.succeed(known)
  }

  return {
    glance,
    of: (target) => Effect.map(glance(target), ({ versions }) => versions.get(target.stem) ?? nothingSaved),
    keep: (target, saved) => {
      const versions = folders.get(target.folder)?.versions
      const { version } = versions?.get(target.stem) ?? nothingSaved
      // The answer to a repeated write is an older version.
      if (saved.version === 0 || saved.version > version) versions?.set(target.stem, saved)
    }
  }
})
