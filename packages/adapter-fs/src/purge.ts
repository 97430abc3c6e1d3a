/**
 * Purging: a removed session's content is erased from the store, for people who want it gone.
 *
 * All of the store's files that hold any of it are unlinked or emptied, and what is left is a tombstone: which
 * version was removed, and the checksum of the file it was adopted from, so that nothing of a former life
 * comes back. Blocks that a disk no longer names are not overwritten: on flash storage, and on file systems
 * that copy or journal, no program can. Files of other programs are named, and left to their owner.
 */
import { checkKey, Conflict, type Reason, type SessionKey, type StorageError, type Version } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import { FileSystem } from "effect/FileSystem"
import * as Option from "effect/Option"
import { Path } from "effect/Path"
import type { Catalog } from "./catalog/Catalog.ts"
import { adapterName, checkRoot, storageError, type Target, targetOf } from "./commit/Place.ts"
import { type HeadState, readHead } from "./commit/readHead.ts"
import { type Platform, uncontained } from "./io/errno.ts"
import { makeIo } from "./io/Io.ts"
import { openStore } from "./openStore.ts"
import { erase, eraseKept, eraseListed, leaveTombstone } from "./recovery/erase.ts"
import { copiesElsewhere, filesOf, type OwnFiles, sourcesOf } from "./recovery/traces.ts"

/** What is left of a purged session that the store must not, or could not, erase. */
export interface Remains {
  readonly place: string
  /**
   * `source`: another program's file of this key. `copy`: the session lies in another folder, where somebody
   * copied it. `inUse`: a temporary file that may belong to a process which has the store open.
   */
  readonly why: "source" | "copy" | "inUse"
}

/** What a purge did. */
export interface PurgeReport {
  readonly key: SessionKey
  /** The files that were erased, or emptied of content; none when there was nothing left. */
  readonly erased: ReadonlyArray<string>
  readonly remains: ReadonlyArray<Remains>
}

/** Which store is purged. */
export interface PurgeOptions {
  readonly directory: string
  /** The platform whose error codes are met; the process's own by default. */
  readonly platform?: Platform | undefined
}

type Removed = Exclude<HeadState, { readonly _tag: "Unreadable" }>

const refuse = (actual: Option.Option<Version>): Reason =>
  new Conflict({ expected: "absent", actual, outcome: "notApplied" })

/** The key's tombstone, or its absence. Fails for a session that is there, or that a recovery would bring back. */
const removedHead = Effect.fnUntraced(function*(target: Target, files: OwnFiles): Effect.fn.Return<Removed, Reason> {
  const head = yield* readHead(target)
  if (head._tag === "Unreadable") return yield* head.reason
  if (head._tag === "Current") {
    return head.document.isRemoved ? head : yield* refuse(Option.some(head.document.version))
  }
  const orphan = files.temps.find(({ version }) => Option.isSome(version))
  if (orphan !== undefined) return yield* refuse(orphan.version)
  return files.segments.length > 0 ? yield* refuse(Option.none()) : head
})

/** Whether a temporary file is void whoever wrote it: a save of a later life has a version above the tombstone. */
const isVoid = (head: Removed, version: Option.Option<Version>): boolean =>
  head._tag === "Current" && Option.exists(version, (each) => each <= head.document.version)

const purgeKey = Effect.fnUntraced(function*(
  catalog: Catalog,
  target: Target,
  isAlone: "alone" | "beside others"
): Effect.fn.Return<PurgeReport, Reason> {
  yield* checkRoot(target.place)
  const files = yield* filesOf(target)
  const head = yield* removedHead(target, files)
  const mayErase = files.temps.filter(({ version }) => isAlone === "alone" || isVoid(head, version))
  const inUse = files.temps.filter((temp) => !mayErase.includes(temp))
  // The tombstone is alone under its names first: what is void without it must not outlive it.
  const emptied = head._tag === "Current" ? yield* leaveTombstone(target, head) : []
  const unlinked = yield* erase(target.place, target.folder, [...files.segments, ...mayErase.map(({ path }) => path)])
  const kept = yield* eraseKept(target)
  yield* eraseListed(catalog, target)
  const sources = yield* sourcesOf(target)
  const copies = yield* copiesElsewhere(target)
  return {
    key: target.key,
    erased: [...emptied, ...unlinked, ...kept],
    remains: [
      ...sources.map((place): Remains => ({ place, why: "source" })),
      ...copies.map((place): Remains => ({ place, why: "copy" })),
      ...inUse.map(({ path }): Remains => ({ place: path, why: "inUse" }))
    ]
  }
})

/**
 * Erases what is left of a removed session: its other slot, temporary files, its log, what `lost-found/` keeps
 * of it, and what the catalog says of it.
 *
 * **Details**
 *
 * Fails with `Conflict` for a session that is not removed, and changes nothing then. After any other failure
 * some files may be erased and others not: a purge that is run again goes on. A purge of what is purged erases
 * nothing. A fork of the session is a session of its own, and is removed and purged by its own key.
 *
 * **Gotchas**
 *
 * A backup, a snapshot and the blocks of a solid-state disk may still hold what was erased.
 */
export const purge = Effect.fnUntraced(function*(
  options: PurgeOptions,
  key: SessionKey
): Effect.fn.Return<PurgeReport, StorageError, FileSystem | Path> {
  const { directory, platform = process.platform } = options
  yield* checkKey(adapterName, "recover", key)
  const io = makeIo(yield* FileSystem, platform === "win32" ? "followed" : "refused")
  const path = yield* Path
  const opened = openStore(
    { io, path },
    { directory, mustExist: true, commit: "auto", compareAndSet: "host", environment: uncontained(platform) },
    undefined
  )
  const purging = Effect.gen(function*() {
    const { catalog, place, presence } = yield* opened
    const target = targetOf(place, key)
    const run = (isAlone: "alone" | "beside others") =>
      place.lock(target)(Effect.uninterruptible(purgeKey(catalog, target, isAlone)))
    const alone = Option.isSome(presence) ? yield* presence.value.alone(run("alone")) : Option.none()
    return Option.isSome(alone) ? alone.value : yield* run("beside others")
  })
  return yield* Effect.mapError(Effect.scoped(purging), (reason) => storageError("recover", key, reason))
})
