/**
 * A file system that takes no writes: what commands that look are given, so that they cannot change anything.
 *
 * Opening a store brings leftovers in order and makes what is missing. Whoever looks at somebody's folder before
 * anything is decided must do neither, and the surest way is that every call which would change the disk answers
 * `EROFS`. A probe may be let through: its files have names of their own, and it removes them.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as PlatformError from "effect/PlatformError"
import { basename } from "node:path"

/** Whose calls are let through beside those that read. */
export type Exception = "probes" | "nobody"

const refused = (method: string, path: string): PlatformError.PlatformError =>
  PlatformError.systemError({
    _tag: "PermissionDenied",
    module: "FileSystem",
    method,
    pathOrDescriptor: path,
    cause: Object.assign(new Error("EROFS: this command only looks"), {
      code: "EROFS",
      errno: -30,
      syscall: method,
      path
    })
  })

const none = (method: string) => () => Effect.fail(refused(method, "a temporary file"))

const probeName = /^\.holdfast-probe-/

/** Puts the refusal over a file system. */
const makeLookOnly = (fileSystem: FileSystem.FileSystem, exception: Exception): FileSystem.FileSystem => {
  const isLetThrough = (path: string) => exception === "probes" && probeName.test(basename(path))
  const one = <Rest extends ReadonlyArray<unknown>, A>(
    method: string,
    call: (path: string, ...rest: Rest) => Effect.Effect<A, PlatformError.PlatformError>
  ) =>
  (path: string, ...rest: Rest) => isLetThrough(path) ? call(path, ...rest) : Effect.fail(refused(method, path))
  const two = <Rest extends ReadonlyArray<unknown>, A>(
    method: string,
    call: (from: string, to: string, ...rest: Rest) => Effect.Effect<A, PlatformError.PlatformError>
  ) =>
  (from: string, to: string, ...rest: Rest) =>
    isLetThrough(from) && isLetThrough(to) ? call(from, to, ...rest) : Effect.fail(refused(method, to))
  return FileSystem.make({
    ...fileSystem,
    chmod: one("chmod", fileSystem.chmod),
    chown: one("chown", fileSystem.chown),
    copy: two("copy", fileSystem.copy),
    copyFile: two("copyFile", fileSystem.copyFile),
    link: two("link", fileSystem.link),
    makeDirectory: one("mkdir", fileSystem.makeDirectory),
    makeTempDirectory: none("mkdtemp"),
    makeTempDirectoryScoped: none("mkdtemp"),
    makeTempFile: none("mkstemp"),
    makeTempFileScoped: none("mkstemp"),
    open: (path, options) =>
      options?.flag === undefined || options.flag === "r" || isLetThrough(path)
        ? fileSystem.open(path, options)
        : Effect.fail(refused("open", path)),
    remove: one("rm", fileSystem.remove),
    rename: two("rename", fileSystem.rename),
    symlink: two("symlink", fileSystem.symlink),
    truncate: one("truncate", fileSystem.truncate),
    utimes: one("utimes", fileSystem.utimes),
    writeFile: one("writeFile", fileSystem.writeFile)
  })
}

/** The file system below, without writes. */
export const layerLookOnly = (
  exception: Exception
): Layer.Layer<FileSystem.FileSystem, never, FileSystem.FileSystem> =>
  Layer.effect(
    FileSystem.FileSystem,
    Effect.map(FileSystem.FileSystem, (fileSystem) => makeLookOnly(fileSystem, exception))
  )
