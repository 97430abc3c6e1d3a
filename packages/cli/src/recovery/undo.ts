/**
 * Undoing a recovery: the store's folder is made byte for byte what its backup says it was.
 *
 * What an undo replaces or takes out is first copied into the backup, so an undo loses nothing either. A store that was
 * written to after the recovery is left alone unless the user says that those writes may go.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import { CliFailure } from "../output/CliFailure.ts"
import { makeProgress } from "../output/progress.ts"
import { counted } from "../output/text.ts"
import { type Backup, filesFolder, readAfter, type SummedFile } from "./backup.ts"
import { copyVerified, type FileFacts, fileFailure, putBack, readTree, sumOf } from "./files.ts"

/** What an undo did. */
export interface Undone {
  readonly root: string
  /** Files that were put back. */
  readonly restored: ReadonlyArray<string>
  /** Files that the recovery had made, and that were taken out. */
  readonly removed: ReadonlyArray<string>
  /** Where the former content of both was kept; none where there was none. */
  readonly keptIn: Option.Option<string>
}

interface Difference {
  readonly restore: ReadonlyArray<SummedFile>
  /** What is there and is to be replaced. */
  readonly replaced: ReadonlyArray<FileFacts>
  readonly remove: ReadonlyArray<FileFacts>
  readonly folders: ReadonlyArray<string>
  readonly missing: ReadonlyArray<string>
  readonly writtenSince: ReadonlyArray<string>
}

// Locks and the catalog change whenever somebody opens the store; nobody loses a session with them.
const isOwn = (path: string): boolean => path.startsWith(".holdfast/")

/** Compares the store with its backup. */
const compare = Effect.fnUntraced(function*(backup: Backup) {
  const path = yield* Path.Path
  const { manifest: { files, folders, prefix, root } } = backup
  const before = new Map(files.map((file) => [file.path, file]))
  const after = yield* readAfter(backup)
  const tree = yield* readTree(root, prefix)
  const sums = new Map<string, string>()
  for (const file of tree.files) sums.set(file.path, yield* sumOf(path.join(root, file.path)))
  const isSame = (file: SummedFile) => sums.get(file.path) === file.sha256
  const restore = files.filter((file) => !isSame(file))
  const isReplaced = new Set(restore.map((file) => file.path))
  const isKnown = (name: string) =>
    isOwn(name) || sums.get(name) === before.get(name)?.sha256
    || Option.match(after, { onNone: () => true, onSome: (known) => known[name] === sums.get(name) })
  return {
    restore,
    replaced: tree.files.filter((file) => isReplaced.has(file.path)),
    remove: tree.files.filter((file) => !before.has(file.path)),
    // Longer paths first: a folder is taken out after what is in it.
    folders: tree.folders.filter((folder) => !folders.includes(folder)).toSorted((self, that) =>
      that.length - self.length
    ),
    missing: folders.filter((folder) => !tree.folders.includes(folder)),
    writtenSince: tree.files.map((file) => file.path).filter((name) => !isKnown(name))
  } satisfies Difference
})

const refuseLater = ({ writtenSince }: Difference) =>
  new CliFailure({
    code: "WrittenSince",
    what:
      `${counted(writtenSince.length, "file")} in the store ${writtenSince.length === 1 ? "was" : "were"} written ` +
      `after the recovery, the first is ${writtenSince[0]}`,
    advice: "If what was saved since may go, add --force: it is kept in the backup's folder."
  })

const firstUnused = Effect.fnUntraced(function*(folder: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  for (let number = 1;; number++) {
    const name = path.join(folder, `undone-${number}`)
    if (!(yield* fileSystem.exists(name))) return name
  }
})

/** Makes the store what it was. */
export const undo = Effect.fnUntraced(function*(backup: Backup, later: "refuse" | "give up") {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { folder, manifest: { root } } = backup
  const read = fileFailure(`the store ${root} cannot be compared with its backup`)
  const difference = yield* Effect.mapError(compare(backup), read)
  if (difference.writtenSince.length > 0 && later === "refuse") return yield* refuseLater(difference)
  const { folders, missing, remove, replaced, restore } = difference
  const kept = [...replaced, ...remove]
  yield* Effect.catchTag(checkSources(backup, restore), "PlatformError", (error) => Effect.fail(read(error)))
  const aside = yield* Effect.mapError(firstUnused(folder), read)
  const progress = yield* makeProgress("putting files back", kept.length + restore.length + remove.length)
  const changing = Effect.gen(function*() {
    for (const facts of kept) {
      yield* copyVerified({ from: path.join(root, facts.path), to: path.join(aside, facts.path), flag: "wx", facts })
      yield* progress(1)
    }
    // In place: where renames are refused a file could not be put back otherwise, and a run that is cut short is
    // run again, because the backup stays whole.
    for (const facts of restore) {
      const from = path.join(folder, filesFolder, facts.path)
      yield* putBack({ from, to: path.join(root, facts.path), facts })
      yield* progress(1)
    }
    for (const facts of remove) {
      yield* fileSystem.remove(path.join(root, facts.path))
      yield* progress(1)
    }
    for (const made of folders) yield* removeEmpty(path.join(root, made))
    for (const lost of missing) yield* fileSystem.makeDirectory(path.join(root, lost), { recursive: true })
  })
  const changed = `some files of ${root}; what they held is in ${aside}`
  yield* Effect.catchTag(
    changing,
    "PlatformError",
    (error) => Effect.fail(fileFailure("the undo came to no end; run it again", changed)(error))
  )
  return {
    root,
    restored: restore.map((file) => file.path),
    removed: remove.map((file) => file.path),
    keptIn: kept.length > 0 ? Option.some(aside) : Option.none()
  } satisfies Undone
}, Effect.scoped)

/** Whatever is put back is known to be what was backed up, before anything is changed. */
const checkSources = Effect.fnUntraced(function*({ folder }: Backup, files: ReadonlyArray<SummedFile>) {
  const path = yield* Path.Path
  for (const file of files) {
    const source = path.join(folder, filesFolder, file.path)
    if ((yield* sumOf(source)) !== file.sha256) return yield* damaged(source)
  }
})

/** Takes a folder out; one that is not empty, because of what is no file, stays. */
const removeEmpty = Effect.fnUntraced(function*(folder: string) {
  const fileSystem = yield* FileSystem.FileSystem
  if ((yield* fileSystem.readDirectory(folder)).length === 0) yield* fileSystem.remove(folder, { recursive: true })
})

const damaged = (file: string) =>
  new CliFailure({
    code: "BackupDamaged",
    what: `the backup's ${file} is not what was backed up`,
    advice: "Look for another copy of this file; the other files of the backup can be copied by hand."
  })
