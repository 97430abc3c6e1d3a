/**
 * The experiments of the probe: what a folder can do, found out by doing it.
 *
 * It makes files of its own with names that nobody else uses, and removes them, also when it is
 * interrupted. What fails is a fact with its code; the probe itself never fails. Names and device numbers
 * prove nothing: a rename inside one folder may be refused as crossing devices, and a file may lie elsewhere
 * than its path says.
 */
import { randomId } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import type { FileSystem } from "effect/FileSystem"
import * as Option from "effect/Option"
import type { Path } from "effect/Path"
import { nameOnlyNew, removeFile, renameOver, syncDirectory, writeNew } from "../io/durable.ts"
import { isMissing } from "../io/errno.ts"
import { type Io, type IoFailure, isSyncFailure } from "../io/Io.ts"
import { probePrefix } from "../layout/files.ts"
import { type Fact, type Facts, fails, notTried, works } from "./facts.ts"
import { parentOf } from "./paths.ts"

/** The door to the disk, and how the platform writes paths. */
export interface Door {
  readonly io: Io
  readonly path: Path
}

const content = new TextEncoder().encode("probe\n")

// A probe file that is gone was not refused: somebody cleared it away as a leftover.
const gone = notTried("the probe's file is gone")
const noFile = notTried("no file can be written")
const refused = (failure: IoFailure): Fact => isMissing(failure) ? gone : fails(failure.code)
const tryTo = (attempt: Effect.Effect<unknown, IoFailure>): Effect.Effect<Fact> =>
  Effect.match(attempt, { onFailure: refused, onSuccess: () => works })

const isThere = ({ io }: Door, file: string): Effect.Effect<boolean> =>
  Effect.match(io.stat(file), { onFailure: (failure) => !isMissing(failure), onSuccess: () => true })

/** Makes a file: which of the three steps failed is told by the system call that did. */
const tryCreate = Effect.fnUntraced(function*(door: Door, file: string) {
  const made = yield* Effect.result(writeNew(door.io, file, content))
  if (made._tag === "Success") return { create: works, write: works, syncFile: works, isCreateContradicted: false }
  const { failure } = made
  if (isSyncFailure(failure)) {
    return { create: works, write: works, syncFile: fails(failure.code), isCreateContradicted: false }
  }
  if (failure.syscall !== "open") {
    return { create: works, write: fails(failure.code), syncFile: noFile, isCreateContradicted: false }
  }
  const isCreateContradicted = failure.code === "EEXIST" && !(yield* isThere(door, file))
  return { create: fails(failure.code), write: noFile, syncFile: noFile, isCreateContradicted }
})

/** Writes over a file's bytes and behind them, through one open: that is how slots and logs are written. */
const tryInPlace = Effect.fnUntraced(function*({ io }: Door, file: string) {
  let isOverwritten = false
  const result = yield* tryTo(io.withFile(file, "r+", (open) =>
    open.writeAll(content).pipe(
      Effect.andThen(Effect.sync(() => {
        isOverwritten = true
      })),
      Effect.andThen(open.seek(BigInt(content.length), "start")),
      Effect.andThen(open.writeAll(content))
    )))
  return isOverwritten
    ? { overwrite: works, append: result }
    : { overwrite: result, append: notTried("the file cannot be written in place") }
})

interface Identity {
  readonly number: string
  readonly time: number | undefined
  readonly size: bigint
}

const identityOf = (fileSystem: FileSystem, file: string): Effect.Effect<Option.Option<Identity>> =>
  Effect.option(Effect.map(fileSystem.stat(file), ({ ino, mtime, size }) => ({
    number: String(Option.getOrUndefined(ino)),
    time: Option.getOrUndefined(mtime)?.getTime(),
    size
  })))

/** Whether a file kept its number, its time and its size when it was renamed: what catalogs tell files apart by. */
const compareIdentity = (before: Option.Option<Identity>, after: Option.Option<Identity>): Fact => {
  if (Option.isNone(before) || Option.isNone(after)) return gone
  if (before.value.number !== after.value.number) return fails("the file's number changed")
  if (before.value.time !== after.value.time) return fails("the file's time changed")
  return before.value.size === after.value.size ? works : fails("the file's size changed")
}

interface Names {
  readonly first: string
  readonly second: string
  readonly third: string
  readonly fourth: string
  /** Those that may be there: a call that fails may have done its work all the same. */
  readonly left: Set<string>
}

/** Gives a file another name, and keeps account of which names are left. */
const moving = (
  { left }: Names,
  [from, to]: readonly [from: string, to: string],
  move: (from: string, to: string) => Effect.Effect<void, IoFailure>
): Effect.Effect<Fact> =>
  Effect.suspend(() => {
    left.add(to)
    return Effect.tap(
      tryTo(move(from, to)),
      ({ outcome }) => Effect.sync(() => outcome === "works" && left.delete(from))
    )
  })

/** Renames to a name that is free and over one that is taken, and gives a file a second name in between. */
const tryNames = Effect.fnUntraced(function*({ io }: Door, names: Names) {
  const { first, fourth, second, third } = names
  const before = yield* identityOf(io.fileSystem, first)
  const rename = yield* moving(names, [first, second], (from, to) => renameOver(io, from, to))
  const isRenamed = rename.outcome === "works"
  const target = isRenamed ? second : first
  const keepIdentity = isRenamed
    ? compareIdentity(before, yield* identityOf(io.fileSystem, second))
    : notTried("nothing could be renamed")
  // Of two names of one file a rename over the other does nothing (POSIX), so a second file is needed.
  names.left.add(third)
  const another = yield* tryTo(io.withFile(third, "wx", () => Effect.void))
  if (another.outcome !== "works") return { rename, keepIdentity, link: another, renameOver: another, target }
  const link = yield* moving(names, [third, fourth], (from, to) => nameOnlyNew(io, from, to))
  // The first of the two names goes with the link, and nobody says whether it went.
  names.left.add(third)
  const source = link.outcome === "works" ? fourth : third
  const over = yield* moving(names, [source, target], (from, to) => renameOver(io, from, to))
  return { rename, keepIdentity, link, renameOver: over, target }
})

const noNames = { rename: noFile, keepIdentity: noFile, link: noFile, renameOver: noFile }

/** Lists the folder. A new file that is there and not listed shows a view that is put together from two places. */
const tryList = Effect.fnUntraced(function*(door: Door, folder: string, made: Option.Option<string>) {
  const listed = yield* Effect.result(door.io.readDirectory(folder))
  if (listed._tag === "Failure") {
    return { list: fails(listed.failure.code), listNew: notTried("the folder cannot be listed") }
  }
  if (Option.isNone(made)) return { list: works, listNew: noFile }
  if (listed.success.includes(door.path.basename(made.value))) return { list: works, listNew: works }
  return { list: works, listNew: (yield* isThere(door, made.value)) ? fails("a new file is not listed") : gone }
})

const tryFile = Effect.fnUntraced(function*(door: Door, names: Names) {
  const inPlace = yield* tryInPlace(door, names.first)
  // A file's path, not the folder's: a redirected folder shows the path that was asked for.
  const real = yield* Effect.result(door.io.realPath(names.first))
  const byName = yield* tryNames(door, names)
  return {
    ...inPlace,
    ...byName,
    realPath: real._tag === "Success" ? works : refused(real.failure),
    actual: real._tag === "Success" ? Option.some(parentOf(real.success)) : Option.none<string>()
  }
})

const noFacts = { overwrite: noFile, append: noFile, realPath: noFile, ...noNames, actual: Option.none<string>() }

const tryAll = Effect.fnUntraced(function*(door: Door, folder: string, names: Names): Effect.fn.Return<Facts> {
  const { isCreateContradicted, ...made } = yield* tryCreate(door, names.first)
  const canWrite = made.create.outcome === "works" && made.write.outcome === "works"
  const { actual, target, ...facts } = canWrite
    ? yield* tryFile(door, names)
    : { ...noFacts, target: names.first }
  const syncFolder = yield* Effect.match(syncDirectory(door.io, folder), {
    onFailure: (failure) => fails(failure.code),
    onSuccess: () => works
  })
  const lists = yield* tryList(door, folder, canWrite ? Option.some(target) : Option.none())
  return { folder, tried: { ...made, ...facts, syncFolder, ...lists }, isCreateContradicted, actual }
})

const clearAway = (io: Io, file: string): Effect.Effect<void> =>
  Effect.catch(
    removeFile(io, file),
    (failure) =>
      isMissing(failure) ? Effect.void : Effect.logDebug("holdfast: the probe did not remove", file, failure.message)
  )

// Read when everything was tried: which names are left is known only then.
const clear = ({ io }: Door, { left }: Names): Effect.Effect<void> =>
  Effect.suspend(() => Effect.forEach([...left], (file) => clearAway(io, file), { discard: true }))

/** Tries a folder: making, syncing, overwriting, extending, renaming, linking and listing files of the probe's own. */
export const probeFacts = (door: Door, folder: string): Effect.Effect<Facts> =>
  Effect.suspend(() => {
    const id = randomId()
    const file = (part: string) => door.path.join(folder, `${probePrefix}${id}.${part}`)
    const first = file("a")
    const names = { first, second: file("b"), third: file("c"), fourth: file("d"), left: new Set([first]) }
    return Effect.ensuring(tryAll(door, folder, names), clear(door, names))
  })
