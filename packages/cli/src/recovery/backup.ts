/**
 * Backups: a verified copy of a whole store, made before anything in it is changed.
 *
 * The manifest is written last, so a backup with one is whole. It lists every file with its checksum, which is how an
 * undo knows what to put back, and what was written to the store since.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import { statfs } from "node:fs/promises"
import { CliFailure } from "../output/CliFailure.ts"
import { makeProgress } from "../output/progress.ts"
import { size } from "../output/text.ts"
import { copyVerified, fileFailure, readTree, sumOf, type Tree } from "./files.ts"

const Entry = Schema.Struct({
  path: Schema.String,
  bytes: Schema.Finite,
  modifiedAt: Schema.Finite,
  mode: Schema.Int,
  sha256: Schema.String
})

/** A file of a store with its checksum. */
export type SummedFile = typeof Entry.Type

const Manifest = Schema.Struct({
  holdfastBackup: Schema.Literal(1),
  /** The folder that this is a copy of. */
  root: Schema.String,
  /** The file that it is a copy of, where it is not all of the folder. */
  prefix: Schema.optionalKey(Schema.String),
  madeAt: Schema.String,
  files: Schema.Array(Entry),
  folders: Schema.Array(Schema.String),
  /** What could not be copied because it is no file, and was left. */
  others: Schema.Array(Schema.String)
})

type Manifest = typeof Manifest.Type

/** A backup: its folder and what it says. */
export interface Backup {
  readonly folder: string
  readonly manifest: Manifest
}

const ManifestJson = Schema.fromJsonString(Manifest)
const Sums = Schema.fromJsonString(Schema.Record(Schema.String, Schema.String))

const manifestFile = "manifest.json"
const afterFile = "after.json"

/** The folder in a backup that the copies lie in. */
export const filesFolder = "files"

const stampOf = (millis: number): string => new Date(millis).toISOString().slice(0, 19).replace(/[-:]/g, "")

/** Where a backup of a folder is put unless somebody names a place: beside it. */
export const defaultFolder = Effect.fnUntraced(function*(root: string) {
  return `${root}.backup-${stampOf(yield* Clock.currentTimeMillis)}`
})

const freeBytes = (folder: string): Effect.Effect<number> =>
  Effect.tryPromise(() => statfs(folder)).pipe(
    Effect.map(({ bavail, bsize }) => bavail * bsize),
    // Where nobody can tell, the copy finds out.
    Effect.orElseSucceed(() => Infinity)
  )

const checkRoom = Effect.fnUntraced(function*(folder: string, { files }: Tree) {
  const needed = files.reduce((sum, { bytes }) => sum + bytes, 0)
  const free = yield* freeBytes((yield* Path.Path).dirname(folder))
  if (free >= needed) return
  return yield* new CliFailure({
    code: "NoSpace",
    what: `a backup takes ${size(needed)}, and ${size(free)} are free beside ${folder}`,
    advice: "Make room, or name a folder on another disk with --backup."
  })
})

const checkUnused = Effect.fnUntraced(function*(folder: string) {
  const isTaken = yield* Effect.orElseSucceed((yield* FileSystem.FileSystem).exists(folder), () => true)
  if (!isTaken) return
  return yield* new CliFailure({
    code: "BackupExists",
    what: `${folder} is there already`,
    advice: "Name a folder that is not there with --backup."
  })
})

/** Writes a small file so that it is there after a power cut. */
const writeDurably = Effect.fnUntraced(function*(file: string, text: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  yield* Effect.scoped(Effect.gen(function*() {
    const open = yield* fileSystem.open(file, { flag: "w" })
    yield* open.writeAll(new TextEncoder().encode(text))
    yield* open.sync
  }))
  // Not every platform can flush a folder.
  yield* Effect.ignore(Effect.scoped(
    Effect.flatMap(fileSystem.open(path.dirname(file), { flag: "r" }), (folder) => folder.sync)
  ))
})

/** What is backed up: a folder, or one file in it with those that are named after it. */
export interface Place {
  readonly root: string
  readonly prefix?: string | undefined
}

const copyAll = Effect.fnUntraced(function*({ prefix, root }: Place, folder: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const tree = yield* Effect.mapError(readTree(root, prefix), fileFailure(`the folder ${root} cannot be read whole`))
  yield* checkRoom(folder, tree)
  const failure = fileFailure(`the backup in ${folder} cannot be made`)
  yield* Effect.mapError(fileSystem.makeDirectory(path.join(folder, filesFolder), { recursive: true }), failure)
  const progress = yield* makeProgress("backing up files", tree.files.length)
  const files = yield* Effect.forEach(tree.files, (facts) =>
    Effect.gen(function*() {
      const from = path.join(root, facts.path)
      const sha256 = yield* copyVerified({ from, to: path.join(folder, filesFolder, facts.path), flag: "wx", facts })
      yield* progress(1)
      return { ...facts, sha256 }
    }).pipe(Effect.catchTag("PlatformError", (error) => Effect.fail(failure(error)))))
  const madeAt = new Date(yield* Clock.currentTimeMillis).toISOString()
  const { folders, others } = tree
  const manifest: Manifest = {
    holdfastBackup: 1,
    root,
    ...(prefix === undefined ? {} : { prefix }),
    madeAt,
    files,
    folders: [...folders],
    others: [...others]
  }
  const text = yield* Schema.encodeEffect(ManifestJson)(manifest).pipe(Effect.mapError(notABackup(folder)))
  yield* Effect.mapError(writeDurably(path.join(folder, manifestFile), text), failure)
  return { folder, manifest } satisfies Backup
}, Effect.scoped)

/**
 * Makes a backup of a folder and verifies every file of it. Fails, with the store untouched, where it cannot; what was
 * made of a backup until then is taken away again, for it may be what fills the disk.
 */
export const makeBackup = Effect.fnUntraced(function*(place: Place, folder: string) {
  const fileSystem = yield* FileSystem.FileSystem
  yield* checkUnused(folder)
  return yield* Effect.onError(
    copyAll(place, folder),
    () => Effect.ignore(fileSystem.remove(folder, { recursive: true, force: true }), { log: "Debug" })
  )
})

const notABackup = (folder: string) => () =>
  new CliFailure({
    code: "NotABackup",
    what: `${folder} holds no whole backup of a store`,
    advice: "Name the folder that `holdfast recover --apply` printed; it has a manifest.json."
  })

/** Reads a backup. */
export const readBackup = Effect.fnUntraced(function*(folder: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const manifest = yield* fileSystem.readFileString(path.join(folder, manifestFile)).pipe(
    Effect.flatMap(Schema.decodeEffect(ManifestJson)),
    Effect.mapError(notABackup(folder))
  )
  return { folder, manifest } satisfies Backup
})

/** The checksums of the files below a folder, by path. */
const sumsOf = Effect.fnUntraced(function*({ prefix, root }: Place) {
  const path = yield* Path.Path
  const { files } = yield* readTree(root, prefix)
  const sums = yield* Effect.forEach(
    files,
    (file) => Effect.map(sumOf(path.join(root, file.path)), (sum) => [file.path, sum] as const)
  )
  return new Map(sums)
})

/** Notes what a recovery left in the store, so that an undo can tell what was written after it. */
export const noteAfter = Effect.fnUntraced(function*({ folder, manifest }: Backup) {
  const path = yield* Path.Path
  const sums = yield* sumsOf(manifest)
  const text = JSON.stringify(Object.fromEntries(sums))
  yield* writeDurably(path.join(folder, afterFile), text)
})

/** What a recovery left in the store; none where it did not come to its end. */
export const readAfter = Effect.fnUntraced(function*({ folder }: Backup) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  return yield* fileSystem.readFileString(path.join(folder, afterFile)).pipe(
    Effect.flatMap(Schema.decodeEffect(Sums)),
    Effect.option
  )
})
