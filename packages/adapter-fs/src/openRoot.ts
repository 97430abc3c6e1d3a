/**
 * Opening a store's folder: made once, with its marker, and what it can do found out.
 *
 * The folder and the marker are made here and nowhere else, so that a root which vanishes later is told
 * from one that is empty. A root that cannot be read or written opens all the same: its calls say why.
 */
import { DirectoryUnreadable, randomId, type Reason } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Path } from "effect/Path"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { acquireFolderMemory, type Protocol } from "./commit/folderMemory.ts"
import type { UnlockedPlace } from "./commit/Place.ts"
import { firstMarker, identityAt, markerCopyPath, markerPath } from "./commit/storeMarker.ts"
import { overwrite, syncDirectory, writeNew } from "./io/durable.ts"
import { directoryReasonOf, type Environment, isMissing } from "./io/errno.ts"
import type { Io, IoFailure } from "./io/Io.ts"
import { promptIo } from "./io/promptIo.ts"
import { formatVersion } from "./layout/envelope.ts"
import { storeFolder } from "./layout/files.ts"
import { containerOf } from "./probe/containers.ts"
import type { StoreFolder } from "./probe/hint.ts"
import { durabilityOf, ladderOf } from "./probe/ladder.ts"
import { acquireFacts } from "./probe/probeMemory.ts"
import { CurrentSurroundings } from "./probe/surroundings.ts"

export interface OpenOptions {
  readonly directory: string
  readonly mustExist: boolean
  readonly commit: "auto" | Protocol
  readonly environment: Environment
  /** Whom writers of one key are kept apart from. */
  readonly compareAndSet: "process" | "host"
}

/** The door to the disk, and how the platform writes paths. */
export interface Platformed {
  readonly io: Io
  readonly path: Path
}

/** Makes a folder and the folders above it that are missing, each durable in its parent. */
const makeRoot = ({ io, path }: Platformed, folder: string): Effect.Effect<void, IoFailure> =>
  io.makeDirectory(folder).pipe(
    Effect.catchIf(
      (failure) => isMissing(failure) && path.dirname(folder) !== folder,
      () => Effect.andThen(makeRoot({ io, path }, path.dirname(folder)), io.makeDirectory(folder))
    ),
    // A parent that may not be opened (it is somebody else's) cannot be synced by anybody but its owner.
    Effect.andThen(Effect.exit(syncDirectory(io, path.dirname(folder)))),
    Effect.asVoid
  )

const notADirectory = (path: string) => new DirectoryUnreadable({ path, code: "ENOTDIR", outcome: "notApplied" })

/** Makes sure that the root is a folder. One that is there and cannot be looked at is left to the calls. */
const ensureRoot = Effect.fnUntraced(function*(
  { io, path }: Platformed,
  root: string,
  options: OpenOptions
): Effect.fn.Return<void, Reason> {
  const facts = yield* Effect.result(io.stat(root))
  if (facts._tag === "Success") {
    if (!facts.success.isDirectory) return yield* notADirectory(root)
    // An empty folder where a store must be is what an unmounted volume leaves.
    const marker = yield* Effect.result(io.stat(markerPath({ path, root })))
    const isEmptied = options.mustExist && marker._tag === "Failure" && isMissing(marker.failure)
    return isEmptied ? yield* directoryReasonOf(marker.failure, options.environment) : undefined
  }
  const { failure } = facts
  const reason = directoryReasonOf(failure, options.environment)
  if (failure.code === "ENOTDIR") return yield* reason
  if (!isMissing(failure)) return
  if (options.mustExist) return yield* reason
  yield* Effect.mapError(makeRoot({ io, path }, root), (failed) => directoryReasonOf(failed, options.environment))
})

/**
 * Makes the names of a folder and of all above it durable, as far as they may be opened: whoever made them
 * may have died before they were. A marker that can be seen was made after that.
 */
const syncAbove = ({ io, path }: Platformed, folder: string): Effect.Effect<void> => {
  const parent = path.dirname(folder)
  return parent === folder
    ? Effect.void
    : Effect.andThen(Effect.exit(syncDirectory(io, parent)), Effect.suspend(() => syncAbove({ io, path }, parent)))
}

// Whoever makes the marker writes it within milliseconds; after this long its writer is dead.
const markerRetries = Schedule.spaced("10 millis").pipe(Schedule.upTo({ times: 20 }))

type MarkerFailure = IoFailure | { readonly _tag: "CutOff" }

/** The marker without a store-level record, made when it is missing; none where it can neither be read nor made. */
const ensureMarker = ({ io, path }: Platformed, root: string): Effect.Effect<Option.Option<string>> => {
  const place = { io, path, root }
  const file = markerPath(place)
  const folder = path.join(root, storeFolder)
  const fresh = `${JSON.stringify({ holdfast: formatVersion, storeId: randomId() })}\n`
  const freshBytes = new TextEncoder().encode(fresh)
  const make = syncAbove({ io, path }, root).pipe(
    Effect.andThen(io.makeDirectory(folder)),
    Effect.andThen(firstMarker(place, freshBytes)),
    Effect.flatMap((bytes) => writeNew(io, file, bytes)),
    // Somebody else may have made it in between: theirs is the marker.
    Effect.catchIf((failure) => failure.code === "EEXIST", () => Effect.void),
    Effect.andThen(Effect.exit(syncDirectory(io, folder))),
    Effect.andThen(Effect.exit(syncDirectory(io, root)))
  )
  const cutOff: Effect.Effect<never, MarkerFailure> = Effect.fail({ _tag: "CutOff" })
  const read = Effect.flatMap(
    identityAt(place),
    (identity): Effect.Effect<string, MarkerFailure> =>
      Option.isSome(identity) ? Effect.succeed(identity.value) : cutOff
  )
  // Beside a second name the marker had a record, which must not be lost with it.
  const makeAgain = Effect.flatMap(
    Effect.result(io.stat(markerCopyPath(place))),
    (copy): Effect.Effect<string, MarkerFailure> =>
      copy._tag === "Failure" && isMissing(copy.failure)
        ? Effect.as(overwrite(io, file, freshBytes), fresh)
        : cutOff
  )
  const isAbsent = (failure: MarkerFailure) => failure._tag === "IoFailure" && isMissing(failure)
  return Effect.catchIf(read, isAbsent, () => Effect.andThen(make, read)).pipe(
    Effect.retry({ schedule: markerRetries, while: (failure) => failure._tag === "CutOff" }),
    Effect.catchTag("CutOff", () => makeAgain),
    Effect.option
  )
}

/** The environment with the container that redirects or restricts the store's folder, if one does. */
const environmentAt = (environment: Environment, store: StoreFolder): Effect.Effect<Environment> =>
  Option.isSome(environment.container)
    ? Effect.succeed(environment)
    : Effect.map(CurrentSurroundings, (around) => ({
      ...environment,
      container: containerOf({ ...around, platform: environment.platform }, store)
    }))

/** The root of a store that is open, with the marker's text; none where it could be neither read nor made. */
export interface Root {
  readonly root: string
  readonly marker: Option.Option<string>
}

/** Makes sure of a store's folder and marker. Fails when it is no folder, cannot be made, or must exist and does not. */
export const openRoot = Effect.fnUntraced(function*(
  platformed: Platformed,
  options: OpenOptions
): Effect.fn.Return<Root, Reason> {
  const root = platformed.path.resolve(options.directory)
  // There may be no folder yet that a file could be made in: here the surroundings and the path have to tell.
  const environment = yield* environmentAt(options.environment, { given: root, actual: Option.none() })
  yield* ensureRoot(platformed, root, { ...options, environment })
  return { root, marker: yield* ensureMarker(platformed, root) }
})

/** Finds out what an open root can do. The caller is known to be there: its probe is not taken for a leftover. */
export const openPlace = Effect.fnUntraced(function*(
  { io, path }: Platformed,
  { marker, root }: Root,
  options: OpenOptions
): Effect.fn.Return<UnlockedPlace, never, Scope.Scope> {
  const realPath = yield* Effect.match(io.realPath(root), { onFailure: () => root, onSuccess: (real) => real })
  const facts = yield* acquireFacts({ io, path }, { root, realPath })
  const environment = yield* environmentAt(options.environment, { given: root, actual: facts.actual })
  return {
    io: yield* promptIo(io, root),
    path,
    root,
    marker,
    environment,
    memory: yield* acquireFolderMemory(realPath),
    durability: durabilityOf(facts, environment.platform),
    protocol: { first: ladderOf(facts, options.commit).steps[0], isFixed: options.commit !== "auto" }
  }
})
