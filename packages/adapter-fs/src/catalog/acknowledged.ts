/**
 * What a catalog proves: which version of a session was on the disk, and so may have been acknowledged.
 *
 * A session that is found with an older version was damaged since: a file that was cut short looks like a
 * write that did not finish, and only this tells the two apart. A folder's file is looked through once: other
 * processes' versions only rise.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { nothingSaved, type Saved, type Target } from "../commit/Place.ts"
import { type Catalog, catalogFile } from "./Catalog.ts"
import { linesIn, toldOn } from "./row.ts"

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

const scan = (bytes: Uint8Array): Glance => {
  const versions = new Map<string, Saved>()
  const folders = new Set<string>()
  let lines = 0
  for (const line of linesIn(bytes)) {
    lines += 1
    const told = toldOn(line)
    // Rows of other processes may come late: versions only rise.
    if (told?._tag === "Told" && told.version >= (versions.get(told.stem)?.version ?? 0)) {
      versions.set(told.stem, { version: told.version, entryCount: told.entryCount })
    }
    if (told?._tag === "Folder") folders[told.isThere ? "add" : "delete"](told.folder)
  }
  return { versions, folders, lines }
}

// A catalog of 100,000 sessions is looked through in less. A disk that hangs is met by the session's own files.
const loadPatience = "2 seconds"

/** Looks through a folder's catalog. One that cannot be read in time proves nothing. */
const load = ({ place }: Catalog, { key }: Target): Effect.Effect<Glance> =>
  Effect.map(
    Effect.timeoutOption(
      Effect.option(Effect.interruptible(place.io.readIfThere(catalogFile(place, key.namespace), 0, Infinity))),
      loadPatience
    ),
    (read) => {
      const found = Option.flatten(Option.flatten(read))
      return scan(Option.isSome(found) ? found.value.bytes : new Uint8Array())
    }
  )

/** Makes what tells acknowledged versions from a catalog. */
export const makeAcknowledged = (catalog: Catalog): Acknowledged => {
  const folders = new Map<string, Glance>()

  const glance = (target: Target): Effect.Effect<Glance> => {
    const known = folders.get(target.folder)
    if (known !== undefined) return Effect.succeed(known)
    return Effect.map(load(catalog, target), (loaded) => {
      // Another read may have looked through it meanwhile, and a write been kept in that.
      const first = folders.get(target.folder) ?? loaded
      folders.set(target.folder, first)
      return first
    })
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
}
