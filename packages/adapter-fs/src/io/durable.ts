/**
 * Durable file operations: the only file that renames, links, syncs, unlinks or truncates.
 *
 * Each operation orders its system calls so that a crash at any moment leaves what its docs say, and
 * succeeds only after what it wrote would survive a power cut, as far as the platform can promise it.
 */
import * as Effect from "effect/Effect"
import * as fs from "node:fs"
import { failureOf, type Io, type IoFailure } from "./Io.ts"

/**
 * Writes a new file and syncs it. The name must not be taken.
 *
 * After a failure the file may be there, cut off: the caller owns the name and removes it. The name
 * itself survives a power cut only after a sync of the folder.
 */
export const writeNew = (io: Io, path: string, bytes: Uint8Array): Effect.Effect<void, IoFailure> =>
  io.withFile(path, "wx", (file) => Effect.andThen(file.writeAll(bytes), file.sync))

/**
 * Replaces the content of an existing file in place and syncs it.
 *
 * The file is emptied first, so that a write that does not finish leaves a file without its end, and
 * never new bytes in front of an old end. Until it succeeds the old content is gone: the caller has
 * another durable copy.
 */
export const overwrite = (io: Io, path: string, bytes: Uint8Array): Effect.Effect<void, IoFailure> =>
  io.withFile(
    path,
    "r+",
    (file) => file.truncate(0).pipe(Effect.andThen(file.writeAll(bytes)), Effect.andThen(file.sync))
  )

/** Bytes and where in a file they belong. */
export interface Placed {
  readonly offset: number
  readonly bytes: Uint8Array
}

/**
 * Writes bytes that a file already holds at `offset` once more and syncs it.
 *
 * What another process wrote may be in memory only, and after a failed sync the system takes it for
 * written. Bytes written again are on the disk when this succeeds; on the way nothing changes.
 */
export const rewriteSame = (io: Io, path: string, { bytes, offset }: Placed): Effect.Effect<void, IoFailure> =>
  io.withFile(
    path,
    "r+",
    (file) => file.seek(BigInt(offset), "start").pipe(Effect.andThen(file.writeAll(bytes)), Effect.andThen(file.sync))
  )

/**
 * Writes bytes at the end of a log, which begins at `offset`, and syncs it.
 *
 * What lies beyond `offset` is torn, waiting or void, and is cut off first: a line must not follow half
 * a line. A file that is not there is made; its name survives a power cut only after a sync of the folder.
 */
export const appendAt = (
  io: Io,
  path: string,
  options: Placed & { readonly hasLitter: boolean; readonly isNew: boolean }
): Effect.Effect<void, IoFailure> =>
  io.withFile(path, options.isNew ? "wx" : "r+", (file) =>
    Effect.gen(function*() {
      if (options.hasLitter) yield* file.truncate(options.offset)
      yield* file.seek(BigInt(options.offset), "start")
      yield* file.writeAll(options.bytes)
      yield* file.sync
    }))

/** Takes what lies beyond `length` out of a file and syncs it: a power cut does not bring it back. */
export const cutOff = (io: Io, path: string, length: number): Effect.Effect<void, IoFailure> =>
  io.withFile(path, "r+", (file) => Effect.andThen(file.truncate(length), file.sync))

/** Gives a synced file its final name, replacing what has it. Other processes see the old file or the new one, whole. */
export const renameOver = (io: Io, staged: string, target: string): Effect.Effect<void, IoFailure> =>
  Effect.mapError(io.fileSystem.rename(staged, target), (error) => failureOf(error, staged, target))

/**
 * Gives a synced file its final name only if nobody has that name: of several who try, one succeeds and
 * the others fail with `EEXIST`. The name it had is gone afterwards, or stays as a second one.
 */
export const nameOnlyNew = (io: Io, staged: string, target: string): Effect.Effect<void, IoFailure> =>
  io.fileSystem.link(staged, target).pipe(
    Effect.mapError((error) => failureOf(error, staged, target)),
    Effect.andThen(Effect.asVoid(Effect.exit(removeFile(io, staged))))
  )

/** Makes the bytes of a file durable that somebody else has written. */
export const syncFile = (io: Io, path: string): Effect.Effect<void, IoFailure> =>
  io.withFile(path, "r+", (file) => file.sync)

/** Removes a file. The removal survives a power cut only after a sync of the folder. */
export const removeFile = (io: Io, path: string): Effect.Effect<void, IoFailure> =>
  Effect.mapError(io.fileSystem.remove(path), (error) => failureOf(error, path))

/** Makes the names in a folder survive a power cut. */
export const syncDirectory = (io: Io, path: string): Effect.Effect<void, IoFailure> =>
  io.withFolder(path, (directory) => directory.sync)

/** Empties a file, or makes it, and writes what it begins with. Nothing of it is made durable. */
export const truncateAndAppend = (io: Io, path: string, bytes: Uint8Array): Effect.Effect<void, IoFailure> =>
  io.withFile(path, "a", (file) => Effect.andThen(file.truncate(0), file.writeAll(bytes)))

/** What is synced: of a file, what was written and what it takes to find it again; of a folder, its names. */
export type SyncedKind = "File" | "Directory"

/** Makes durable what lies behind a descriptor. The times of a file may be lost. */
export const syncDescriptor = (kind: SyncedKind, fd: number, done: (failure: Error | null) => void): void =>
  kind === "File" ? fs.fdatasync(fd, done) : fs.fsync(fd, done)

/** Takes what lies beyond `length` out of the file behind a descriptor. */
export const truncateDescriptor = (fd: number, length: number): void => fs.ftruncateSync(fd, length)
