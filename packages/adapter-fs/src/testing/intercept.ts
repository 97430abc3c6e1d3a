/**
 * A file system with somebody in between: every call is shown before it happens, and may be refused.
 *
 * The faulty and the recording file system are made of it. Calls on an open file carry the path that it
 * was opened with.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"

/** The calls that can be seen and refused. */
export type FileOperation =
  | "open"
  | "read"
  | "write"
  | "sync"
  | "truncate"
  | "stat"
  | "readFile"
  | "readDirectory"
  | "makeDirectory"
  | "rename"
  | "link"
  | "remove"
  | "realPath"

/** One call: what it does, to which path, and for a rename or link the second one. */
export interface FileCall {
  readonly operation: FileOperation
  readonly path: string
  readonly target?: string | undefined
  /** The flag of an open. */
  readonly flag?: string | undefined
  /** The number of bytes of a write. */
  readonly bytes?: number | undefined
}

/** Stands between: runs `call`, or fails instead of it. */
export type Intercept = <A, R>(
  call: FileCall,
  effect: Effect.Effect<A, PlatformError, R>
) => Effect.Effect<A, PlatformError, R>

/** Writes as much of the bytes as goes in; the rest is refused by failing after `write` of a part. */
export type WriteAll = (
  path: string,
  bytes: Uint8Array,
  write: (part: Uint8Array) => Effect.Effect<void, PlatformError>
) => Effect.Effect<void, PlatformError>

interface Between {
  readonly intercept: Intercept
  readonly writeAll: WriteAll
}

const interceptFile = (file: FileSystem.File, path: string, { intercept, writeAll }: Between): FileSystem.File => ({
  [FileSystem.FileTypeId]: FileSystem.FileTypeId,
  get stat() {
    return intercept({ operation: "stat", path }, file.stat)
  },
  get sync() {
    return intercept({ operation: "sync", path }, file.sync)
  },
  seek: (offset, from) => file.seek(offset, from),
  read: (buffer, options) => intercept({ operation: "read", path }, file.read(buffer, options)),
  readAlloc: (size, options) => intercept({ operation: "read", path }, file.readAlloc(size, options)),
  truncate: (length) => intercept({ operation: "truncate", path }, file.truncate(length)),
  write: (buffer) => intercept({ operation: "write", path, bytes: buffer.length }, file.write(buffer)),
  writeAll: (buffer) =>
    intercept(
      { operation: "write", path, bytes: buffer.length },
      writeAll(path, buffer, (part) => file.writeAll(part))
    )
})

/** Puts `intercept` between a file system and its users; `writeAll` may cut writes short. */
export const interceptFileSystem = (
  fileSystem: FileSystem.FileSystem,
  intercept: Intercept,
  writeAll: WriteAll = (_path, bytes, write) => write(bytes)
): FileSystem.FileSystem => ({
  ...fileSystem,
  open: (path, options) =>
    Effect.map(
      intercept({ operation: "open", path, flag: options?.flag ?? "r" }, fileSystem.open(path, options)),
      (file) => interceptFile(file, path, { intercept, writeAll })
    ),
  readFile: (path) => intercept({ operation: "readFile", path }, fileSystem.readFile(path)),
  readFileString: (path, encoding) =>
    intercept({ operation: "readFile", path }, fileSystem.readFileString(path, encoding)),
  readDirectory: (path, options) =>
    intercept({ operation: "readDirectory", path }, fileSystem.readDirectory(path, options)),
  readDirectoryEntries: (path) =>
    intercept({ operation: "readDirectory", path }, fileSystem.readDirectoryEntries(path)),
  makeDirectory: (path, options) =>
    intercept({ operation: "makeDirectory", path }, fileSystem.makeDirectory(path, options)),
  writeFile: (path, data, options) =>
    intercept(
      { operation: "write", path, bytes: data.length },
      writeAll(path, data, (part) => fileSystem.writeFile(path, part, options))
    ),
  writeFileString: (path, data, options) =>
    intercept({ operation: "write", path, bytes: data.length }, fileSystem.writeFileString(path, data, options)),
  rename: (path, target) => intercept({ operation: "rename", path, target }, fileSystem.rename(path, target)),
  link: (path, target) => intercept({ operation: "link", path, target }, fileSystem.link(path, target)),
  remove: (path, options) => intercept({ operation: "remove", path }, fileSystem.remove(path, options)),
  realPath: (path) => intercept({ operation: "realPath", path }, fileSystem.realPath(path)),
  stat: (path) => intercept({ operation: "stat", path }, fileSystem.stat(path))
})
