/**
 * The place of a store on disk, as the adapter's parts work on it: folder, door, platform, marker.
 *
 * The folder and its marker are made when the adapter is opened and never again: a root that vanished
 * under a running adapter is unreadable, not empty.
 */
import {
  DirectoryUnreadable,
  type Durability,
  keyText,
  makeKey,
  type Reason,
  type SessionKey,
  StorageError,
  type StorageOperation
} from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Path } from "effect/Path"
import { removeFile, syncDirectory } from "../io/durable.ts"
import { type Environment, isMissing, type Platform, reasonOf } from "../io/errno.ts"
import type { Io, IoFailure } from "../io/Io.ts"
import { markerFile, segmentFile, type Slot, slotFile, storeFolder } from "../layout/files.ts"
import { encodeName } from "../layout/names.ts"
import type { FolderMemory, KeyMemory, Protocol } from "./folderMemory.ts"

/** The adapter's name in errors and receipts. */
export const adapterName = "fs"

export interface Place {
  readonly io: Io
  readonly path: Path
  readonly environment: Environment
  /** The absolute path of the store's folder. */
  readonly root: string
  /** The marker's text; none where it could not be written when the store was opened. */
  readonly marker: Option.Option<string>
  readonly memory: FolderMemory
  /** The protocol to begin with, and whether others may be tried. */
  readonly protocol: { readonly first: Protocol; readonly isFixed: boolean }
  /** What a sync of a folder is worth here. */
  readonly durability: Durability
}

/** A session's files: the store, the key, the folder, the name without suffix. */
export interface Target {
  readonly place: Place
  readonly key: SessionKey
  readonly keyText: string
  readonly folder: string
  readonly stem: string
}

/** The folder of a namespace. */
const folderOf = (place: Place, namespace: ReadonlyArray<string>): string =>
  place.path.join(place.root, ...namespace.map(encodeName))

/** Where a key's files lie. */
export const targetOf = (place: Place, key: SessionKey): Target => ({
  place,
  // A copy: the caller may change its key object, and the receipt's, as it likes.
  key: makeKey(key.id, [...key.namespace]),
  keyText: keyText(key),
  folder: folderOf(place, key.namespace),
  stem: encodeName(key.id)
})

/** The file of one of the two names of a head. */
export const slotPath = ({ folder, place, stem }: Target, slot: Slot): string =>
  place.path.join(folder, slotFile(stem, slot))

/** The file of a log segment. */
export const segmentPath = ({ folder, place, stem }: Target, segment: number): string =>
  place.path.join(folder, segmentFile(stem, segment))

/** What this process knows of the key. */
export const recall = ({ keyText: key, place }: Target): KeyMemory => place.memory.recall(key)

/** Keeps what this process knows of the key. */
export const remember = ({ keyText: key, place }: Target, known: KeyMemory): void => place.memory.remember(key, known)

/** The error of a failed operation. */
export const storageError = (operation: StorageOperation, key: SessionKey | undefined, reason: Reason): StorageError =>
  new StorageError({ adapter: adapterName, operation, key, reason })

/** The reason of a failure that changed nothing. */
export const readReason = (place: Place) => (failure: IoFailure): Reason =>
  reasonOf(failure, place.environment, "notApplied")

/** The path of the marker. */
export const markerPath = (place: { readonly path: Path; readonly root: string }): string =>
  place.path.join(place.root, storeFolder, markerFile)

/** Fails when the root or its marker is gone or another: what is missing in it says nothing then. */
export const checkRoot = (place: Place): Effect.Effect<void, Reason> => {
  const gone = (code: string, cause?: unknown) =>
    new DirectoryUnreadable({ path: place.root, code, outcome: "notApplied", cause })
  if (Option.isNone(place.marker)) {
    return Effect.asVoid(Effect.mapError(place.io.stat(place.root), (failure) => gone(failure.code, failure.cause)))
  }
  const expected = place.marker.value
  return place.io.readFile(markerPath(place)).pipe(
    Effect.mapError((failure) => isMissing(failure) ? gone(failure.code, failure.cause) : readReason(place)(failure)),
    Effect.flatMap((bytes) =>
      new TextDecoder().decode(bytes) === expected ? Effect.void : Effect.fail(gone("the store's marker changed"))
    )
  )
}

// A platform that does not sync folders answers with one of these (Windows; some FUSE and 9p mounts).
const noDirectorySync: ReadonlySet<string> = new Set([
  "EPERM",
  "EACCES",
  "EISDIR",
  "EINVAL",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS"
])

/** Whether a failed sync of a folder only says that the platform has no such thing. */
export const lacksDirectorySync = (platform: Platform, failure: IoFailure): boolean =>
  noDirectorySync.has(failure.code) && (platform === "win32" || !["EPERM", "EACCES"].includes(failure.code))

/** Makes the names in a folder durable, where the platform can. */
export const syncNames = (place: Place, folder: string): Effect.Effect<void, IoFailure> =>
  place.durability === "flushed" ? syncDirectory(place.io, folder) : Effect.void

/**
 * Takes a file out again that a failed write made, so that a power cut does not bring it back.
 *
 * Only when this succeeds the write can be called not applied.
 */
export const unmake = ({ folder, place }: Target, file: string): Effect.Effect<void, IoFailure> =>
  Effect.andThen(removeFile(place.io, file), syncNames(place, folder))

/**
 * Makes a namespace's folders, and their names durable up to the root.
 *
 * A folder that is there may have been made by a process that died before its name was durable, so the
 * first write of this process below a folder syncs all parents once.
 */
export const ensureFolder = Effect.fnUntraced(function*(place: Place, namespace: ReadonlyArray<string>) {
  const folder = folderOf(place, namespace)
  if (place.memory.syncedFolders.has(folder)) return
  yield* checkRoot(place)
  const fail = (failure: IoFailure) => readReason(place)(failure)
  for (let depth = 1; depth <= namespace.length; depth++) {
    const child = folderOf(place, namespace.slice(0, depth))
    yield* Effect.mapError(place.io.makeDirectory(child), fail)
    yield* Effect.mapError(syncNames(place, folderOf(place, namespace.slice(0, depth - 1))), fail)
  }
  place.memory.syncedFolders.add(folder)
})
