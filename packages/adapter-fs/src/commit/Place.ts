/**
 * The place of a store on disk, as the adapter's parts work on it: folder, door, platform, marker.
 *
 * The folder and its marker are made when the adapter is opened and never again: a root that vanished
 * under a running adapter is unreadable, not empty.
 */
import {
  Corrupt,
  DirectoryUnreadable,
  type Durability,
  keyText,
  makeKey,
  type Reason,
  type SessionKey,
  StorageError,
  type StorageOperation,
  Version
} from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Path } from "effect/Path"
import { removeFile, syncDirectory } from "../io/durable.ts"
import { type Environment, isMissing, reasonOf } from "../io/errno.ts"
import type { Io, IoFailure } from "../io/Io.ts"
import type { Notices } from "../io/notices.ts"
import { segmentFile, type Slot, slotFile } from "../layout/files.ts"
import { encodeName } from "../layout/names.ts"
import type { FolderMemory, KeyMemory, KnownMarker, Protocol } from "./folderMemory.ts"
import { markerPath, readMarker } from "./storeMarker.ts"
import type { Queues } from "./waiting.ts"

/** The adapter's name in errors and receipts. */
export const adapterName = "fs"

export interface Place {
  readonly io: Io
  readonly path: Path
  readonly environment: Environment
  /** The absolute path of the store's folder. */
  readonly root: string
  /** The marker without a store-level record; none where it could not be written when the store was opened. */
  readonly marker: Option.Option<string>
  readonly memory: FolderMemory
  /** Runs an effect while nobody else who shares the store runs one for the same key. */
  readonly lock: (target: Target) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | Reason, R>
  /** Runs a commit: under the key's lock, and while nobody replaces the store-level record. */
  readonly lockToCommit: Place["lock"]
  /** Runs an effect while nobody who shares the store commits anything. */
  readonly lockAll: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | Reason, R>
  /** Changes that wait for their key, in the order of their coming. */
  readonly waiting: Queues
  /** Where processes tell each other what they write; none where the lock keeps writers of this process apart only. */
  readonly notices: Option.Option<Notices>
  /** The protocol to begin with, and whether others may be tried. */
  readonly protocol: { readonly first: Protocol; readonly isFixed: boolean }
  /** What a sync of a folder is worth here. */
  readonly durability: Durability
  /** What of a key is known to have been on the disk, and so may have been acknowledged; `nothingSaved` where nothing is. */
  readonly acknowledged: (target: Target) => Effect.Effect<Saved>
  /** Notes for the catalog that this process has published and synced a version. */
  readonly published: (target: Target, saved: Saved) => void
}

/** A version of a session that was made durable, with the number of its entries. */
export interface Saved {
  readonly version: number
  readonly entryCount: number
  /** The version is a removal's. */
  readonly isRemoved?: boolean
}

/** No version at all. */
export const nothingSaved: Saved = { version: 0, entryCount: 0 }

/** A place as one process knows it, before it has found out how to keep others out. */
export type UnlockedPlace = Omit<
  Place,
  "acknowledged" | "lock" | "lockAll" | "lockToCommit" | "notices" | "published" | "waiting"
>

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

/** Tells other processes that the key is about to be changed. The caller holds the key. */
export const announce = ({ key, place }: Target, kind: string): Effect.Effect<void> =>
  Option.match(place.notices, { onNone: () => Effect.void, onSome: (notices) => notices.announce({ key, kind }) })

/** The error of a failed operation. */
export const storageError = (operation: StorageOperation, key: SessionKey | undefined, reason: Reason): StorageError =>
  new StorageError({ adapter: adapterName, operation, key, reason })

/** The reason of a failure that changed nothing. */
export const readReason = (place: Pick<Place, "environment">) => (failure: IoFailure): Reason =>
  reasonOf(failure, place.environment, "notApplied")

/**
 * Fails when the version that was found is older than one that was on the disk: what is newer was cut short
 * or lost since, and the older one is not to be shown, or written over, as if it were current.
 */
export const checkAcknowledged = (target: Target, version: number): Effect.Effect<void, Reason> =>
  Effect.flatMap(target.place.acknowledged(target), (known) =>
    version >= known.version ? Effect.void : Effect.fail(
      new Corrupt({
        at: slotPath(target, "main"),
        problem: "is older than the version that was saved last",
        older: version === 0 ? undefined : Version(version),
        outcome: "notApplied"
      })
    ))

const gone = (place: UnlockedPlace, code: string, cause?: unknown) =>
  new DirectoryUnreadable({ path: place.root, code, outcome: "notApplied", cause })

const unlessGone = (place: UnlockedPlace) => (failure: IoFailure) =>
  isMissing(failure) ? gone(place, failure.code, failure.cause) : readReason(place)(failure)

/**
 * Fails when the root or its marker is gone or another: what is missing in it says nothing then, and what is
 * there belongs to somebody else. A marker that is the very file that was read before is not read again.
 *
 * Succeeds with what is known of the marker; none where the store has none.
 */
export const checkRoot = Effect.fnUntraced(function*(
  place: UnlockedPlace
): Effect.fn.Return<Option.Option<KnownMarker>, Reason> {
  if (Option.isNone(place.marker)) {
    yield* Effect.mapError(place.io.stat(place.root), ({ cause, code }) => gone(place, code, cause))
    return Option.none()
  }
  const expected = place.marker.value
  const facts = yield* Effect.mapError(place.io.stat(markerPath(place)), unlessGone(place))
  // The number of a file that was removed is soon another one's; its time is not. A clock may stand still
  // between two records; the length does not.
  const identity = Option.zipWith(facts.identity, facts.modifiedAt, (file, time) => `${file} ${time} ${facts.size}`)
  const known = place.memory.markers.get(expected)
  if (known !== undefined && Option.isSome(identity) && known.identity === identity.value) return Option.some(known)
  const { verdict } = yield* Effect.mapError(readMarker(place, expected), unlessGone(place))
  if (verdict._tag === "OtherStore") return yield* gone(place, "the store's marker changed")
  const found: KnownMarker = { identity: Option.getOrElse(identity, () => ""), verdict }
  place.memory.markers.set(expected, found)
  return Option.some(found)
})

/** Makes the names in a folder durable, where the platform can. */
export const syncNames = (place: Place, folder: string): Effect.Effect<void, IoFailure> =>
  place.durability === "flushed"
    ? place.memory.sharedSync(folder, syncDirectory(place.io, folder))
    : Effect.void

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
