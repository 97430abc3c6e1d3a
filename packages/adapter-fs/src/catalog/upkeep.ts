/**
 * Keeping a catalog: what is marked is looked at when it has rested, and written down.
 *
 * Nobody waits for it, except closing for a moment. It never makes the store's folder, writes nothing where
 * the marker is gone, and what fails is said at debug level and left to the next listing.
 */
import type { Reason } from "@holdfast/core/port"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { checkRoot, nothingSaved, syncNames, type Target, targetOf } from "../commit/Place.ts"
import { overwrite, removeFile, renameOver, writeNew } from "../io/durable.ts"
import { isMissing } from "../io/errno.ts"
import type { IoFailure } from "../io/Io.ts"
import type { Acknowledged, Glance } from "./acknowledged.ts"
import { type Catalog, catalogFile, catalogFolders, type FolderRows, liveLines, readRows, rowOf } from "./Catalog.ts"
import { lookAt } from "./look.ts"
import type { FolderMarks, Marked } from "./marks.ts"
import { decodeRow, encodeRow, isYoung, type Row } from "./row.ts"

// A row written sooner than 2 s after its session is read again by every listing.
const rest = "2500 millis"

// Closing waits so long for the last rows: they save a later listing some reads, and nothing else.
const lastMoment = "1 second"

const rowsAtOnce = 64
const looksAtOnce = 4

// Rewriting is cheap beside reading so many lines that say nothing.
const deadLinesMax = 1000

/** A catalog with what is known of the versions that it tells. */
export interface Kept {
  readonly catalog: Catalog
  readonly known: Acknowledged
}

const makeFolders = ({ place }: Catalog, namespace: ReadonlyArray<string>): Effect.Effect<void, IoFailure> =>
  Effect.forEach(catalogFolders(place, namespace), place.io.makeDirectory, { discard: true })

const append = ({ place }: Catalog, file: string, text: string): Effect.Effect<void, IoFailure> =>
  place.io.withFile(file, "a", (opened) => opened.writeAll(Buffer.from(text)))

/**
 * Ends a line that a dead writer left unfinished, and tells the time by the slower clock of the machine's and the
 * disk's; none where the file cannot be looked at, and so no session's could.
 */
const begin = Effect.fnUntraced(function*(catalog: Catalog, file: string) {
  yield* append(catalog, file, "\n")
  const now = yield* Clock.currentTimeMillis
  const facts = yield* catalog.look(file)
  return Option.map(facts, ({ mtimeNs }) => Math.min(now, Math.floor(Number(mtimeNs) / 1e6)))
})

const isKnown = (rows: FolderRows, row: Row): boolean => {
  if (row._tag === "Gone") return !rows.sessions.has(row.stem)
  if (row._tag === "Folder") return rows.folders.has(row.folder) === row.isThere
  const known = rowOf(rows, row.stem)
  return known !== undefined && !isYoung(known) && JSON.stringify(known.files) === JSON.stringify(row.files)
}

/** Looks at some sessions; the names of those that others have published are made durable before they are written down. */
const sessionRows = Effect.fnUntraced(function*(catalog: Catalog, marked: ReadonlyArray<Marked>, writtenAt: number) {
  const looked = yield* Effect.forEach(marked, (one) => lookAt(catalog, one, writtenAt), {
    concurrency: looksAtOnce
  })
  const others = looked.findIndex((found) => found._tag === "Row" && !found.isOwn)
  if (others >= 0) yield* syncNames(catalog.place, marked[others]!.target.folder)
  const rows = looked.flatMap((found, index): ReadonlyArray<Row> => {
    if (found._tag === "Row") return [found.row]
    return found._tag === "Absent" ? [{ _tag: "Gone", stem: marked[index]!.target.stem }] : []
  })
  return { rows, isOwn: looked.every((found) => found._tag === "Unsettled" || (found._tag === "Row" && found.isOwn)) }
})

const folderRow = ({ place }: Catalog, namespace: ReadonlyArray<string>, folder: string) =>
  Effect.match(place.io.stat(place.path.join(targetOf(place, { namespace, id: "" }).folder, folder)), {
    onFailure: (failure): ReadonlyArray<Row> => isMissing(failure) ? [{ _tag: "Folder", folder, isThere: false }] : [],
    onSuccess: ({ isDirectory }): ReadonlyArray<Row> => [{ _tag: "Folder", folder, isThere: isDirectory }]
  })

/** The name of a rewritten catalog on its way: one that a dead process left is found again by it. */
const stagedFile = (file: string): string => `${file}.tmp`

const dropStaged = ({ place }: Catalog, file: string): Effect.Effect<void, IoFailure> =>
  Effect.catchIf(removeFile(place.io, stagedFile(file)), isMissing, () => Effect.void)

/** Puts lines in the place of a catalog's file; where that is refused they are written over it. */
const replace = Effect.fnUntraced(function*(catalog: Catalog, file: string, lines: string) {
  const { io, path } = catalog.place
  const bytes = Buffer.from(lines)
  catalog.cached.delete(file)
  yield* dropStaged(catalog, file)
  // A disk that is too full for the same lines beside the file must not cost what the file says.
  yield* Effect.tapError(writeNew(io, stagedFile(file), bytes), () => Effect.exit(dropStaged(catalog, file)))
  yield* Effect.catch(
    renameOver(io, stagedFile(file), file),
    () => Effect.andThen(overwrite(io, file, bytes), dropStaged(catalog, file))
  )
  yield* syncNames(catalog.place, path.dirname(file))
})

const isCrowded = ({ folders, lines, versions }: Glance): boolean =>
  lines > 2 * (versions.size + folders.size) + deadLinesMax

const compact = Effect.fnUntraced(function*(catalog: Catalog, namespace: ReadonlyArray<string>, glance: Glance) {
  const rows = yield* readRows(catalog, namespace)
  yield* replace(catalog, catalogFile(catalog.place, namespace), liveLines(rows))
  glance.lines = rows.sessions.size + rows.folders.size
})

/** Whether a row ends a life of which the file still tells: a removal takes the summary out of it, too. */
const endsLife = ({ sessions }: FolderRows) => (row: Row): boolean =>
  (row._tag === "Gone" || (row._tag === "Session" && Option.isNone(row.head)))
  && sessions.get(row.stem)?.hasHead === true

/** A removal by this process: an earlier line may tell its summary, under one that tells its name. */
const isOwnRemoval = ({ synced }: Marked): boolean => Option.exists(synced, ({ isRemoved }) => isRemoved === true)

/**
 * Writes down what is marked in one folder: all, or the oldest up to those that were written a moment ago.
 *
 * Rows of what this process has saved itself say more than any line before, so the catalog is not read for them.
 */
const writeRows = Effect.fnUntraced(function*(
  { catalog, known }: Kept,
  { folders, namespace, sessions }: FolderMarks,
  until: "all" | "young"
) {
  const file = catalogFile(catalog.place, namespace)
  yield* makeFolders(catalog, namespace)
  const writtenAt = yield* begin(catalog, file)
  if (Option.isNone(writtenAt)) return
  const glance = yield* known.glance(targetOf(catalog.place, { namespace, id: "" }))
  glance.lines += 1
  let hasEnded = sessions.some(isOwnRemoval)
  const write = Effect.fnUntraced(function*(rows: ReadonlyArray<Row>) {
    const text = rows.map(encodeRow).join("")
    if (text !== "") yield* append(catalog, file, text)
    glance.lines += rows.length
  })
  const said = yield* Effect.cached(readRows(catalog, namespace))
  const writeUnsaid = Effect.fnUntraced(function*(rows: ReadonlyArray<Row>) {
    const before = yield* said
    hasEnded ||= rows.some(endsLife(before))
    yield* write(rows.filter((row) => !isKnown(before, row)))
  })
  const named = yield* Effect.forEach(folders, (folder) => folderRow(catalog, namespace, folder))
  if (named.length > 0) yield* writeUnsaid(named.flat())
  for (let at = 0; at < sessions.length; at += rowsAtOnce) {
    const { isOwn, rows } = yield* sessionRows(catalog, sessions.slice(at, at + rowsAtOnce), writtenAt.value)
    yield* isOwn ? write(rows) : writeUnsaid(rows)
    if (until === "young" && rows.every((row) => row._tag === "Session" && isYoung(row))) break
  }
  if (hasEnded || isCrowded(glance)) yield* compact(catalog, namespace, glance)
})

const isOwnSave = ({ synced }: Marked): boolean => Option.exists(synced, ({ isRemoved }) => isRemoved !== true)

const nameRow = ({ synced, target: { stem } }: Marked): string =>
  encodeRow({
    _tag: "Session",
    stem,
    ...Option.getOrElse(synced, () => nothingSaved),
    writtenAt: 0,
    files: {},
    head: Option.none()
  })

/**
 * Writes down the names and versions of what this process has saved, which takes one write. A session that was
 * saved a moment ago is read by the next listing anyway. While its folder cannot be read it is found by its name
 * alone, and a file that is cut short later is told from a write that did not finish by its version.
 */
const writeNames = Effect.fnUntraced(function*(
  catalog: Catalog,
  { namespace, sessions }: FolderMarks,
  glance: Glance
) {
  if (glance.lines === 0) yield* makeFolders(catalog, namespace)
  yield* append(catalog, catalogFile(catalog.place, namespace), `\n${sessions.map(nameRow).join("")}`)
  glance.lines += sessions.length + 1
})

/** Writes down what is worth it at the end: names, and rows of what was read from others, removed, or is in the way. */
const writeEnd = Effect.fnUntraced(function*(kept: Kept, marks: FolderMarks) {
  const { catalog, known } = kept
  const { namespace } = marks
  const glance = yield* known.glance(targetOf(catalog.place, { namespace, id: "" }))
  const saved = marks.sessions.filter(isOwnSave)
  if (saved.length > 0) yield* writeNames(catalog, { ...marks, sessions: saved }, glance)
  const sessions = marks.sessions.filter((marked) => !isOwnSave(marked))
  const folders = marks.folders.filter((folder) => !glance.folders.has(folder))
  const isWorthIt = sessions.length > 0 || folders.length > 0 || isCrowded(glance)
  if (isWorthIt) yield* writeRows(kept, { namespace, sessions, folders }, "all")
  // Of many saves most have rested: their rows save the next listing as many reads.
  if (saved.length >= rowsAtOnce) yield* writeRows(kept, { namespace, sessions: saved, folders: [] }, "young")
})

const unwritten = (failure: IoFailure | Reason) => Effect.logDebug("holdfast: catalog not written", failure.message)

/** Writes down what is marked, where the store is still where it was. */
const writeMarked = (
  kept: Kept,
  which: "rested" | "all",
  write: (kept: Kept, marks: FolderMarks) => Effect.Effect<void, IoFailure | Reason>
): Effect.Effect<void> => {
  const { marks, place, turn } = kept.catalog
  return turn.withPermit(
    Effect.gen(function*() {
      const taken = marks.take(which)
      // Without a marker nobody can tell whether this is still the same store.
      if (taken.length === 0 || Option.isNone(place.marker)) return
      yield* checkRoot(place)
      const markAgain = ({ sessions }: FolderMarks) =>
        Effect.sync(() => sessions.forEach(({ synced, target }) => marks.session(target, synced)))
      yield* Effect.forEach(
        taken,
        // What is cut short by closing is written by what closing writes.
        (folder) => Effect.catch(Effect.onInterrupt(write(kept, folder), () => markAgain(folder)), unwritten),
        { discard: true }
      )
    }).pipe(Effect.catch(unwritten))
  )
}

const writeAll = (kept: Kept, marks: FolderMarks) => writeRows(kept, marks, "all")

/** Writes down what has rested, again and again, for the length of the scope, which does not wait for a call that hangs. */
export const keepUp = (kept: Kept): Effect.Effect<void, never, Scope.Scope> =>
  Effect.andThen(kept.catalog.marks.some.await, Effect.sleep(rest)).pipe(
    Effect.andThen(writeMarked(kept, "rested", writeAll)),
    Effect.forever,
    Effect.interruptible,
    Effect.forkDetach,
    Effect.flatMap((fiber) => Effect.addFinalizer(() => Effect.sync(() => fiber.interruptUnsafe())))
  )

/** Writes down what is worth it, as far as that gets in a moment: a disk that hangs does not hold up closing. */
export const writeLast = (kept: Kept): Effect.Effect<void> =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkDetach(Effect.interruptible(writeMarked(kept, "all", writeEnd)), {
      startImmediately: true
    })
    const inTime = yield* Effect.timeoutOption(Fiber.await(fiber), lastMoment)
    if (Option.isNone(inTime)) fiber.interruptUnsafe()
  })

/**
 * Erases what a catalog holds of a session, by writing its file again without it.
 *
 * Fails when the file cannot be read or written: then the session's head may still be in it.
 */
export const forget = (catalog: Catalog, target: Target): Effect.Effect<void, IoFailure> => {
  const file = catalogFile(catalog.place, target.key.namespace)
  const isOthers = (line: string) =>
    Option.exists(decodeRow(line), (row) => row._tag === "Folder" || row.stem !== target.stem)
  return catalog.turn.withPermit(Effect.gen(function*() {
    catalog.marks.drop(target)
    yield* dropStaged(catalog, file)
    const text = new TextDecoder().decode(yield* catalog.place.io.readFile(file))
    const lines = text.split("\n")
    // A damaged line may hold a part of it.
    const kept = lines.filter(isOthers).map((line) => `${line}\n`).join("")
    if (kept.length < text.length) yield* replace(catalog, file, kept)
  })).pipe(Effect.catchIf(isMissing, () => Effect.void))
}
