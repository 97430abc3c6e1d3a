/**
 * Effect's `FileSystem` over a disk in memory.
 *
 * What has no meaning on such a disk (links by name, owners and modes, times that are set, watching,
 * folders for temporary files) answers ENOSYS.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { platformError } from "../FaultyFileSystem.ts"
import type { FileOperation } from "../intercept.ts"
import {
  done,
  fileContent,
  link,
  makeFolder,
  makeFolders,
  namesBelow,
  namesIn,
  opened,
  removeNode,
  rename
} from "./calls.ts"
import type { LiveDisk } from "./LiveDisk.ts"
import { answer, infoOf, makeFile } from "./openFile.ts"

const lacking = (operation: FileOperation) => (path = ""): Effect.Effect<never, PlatformError> =>
  Effect.fail(platformError({ operation, path }, "ENOSYS"))

const entriesOf = (disk: LiveDisk, path: string) =>
  Result.map(
    Result.all([disk.find(path), namesIn(disk, path)]),
    ([{ id }, names]) =>
      names.map((name): FileSystem.DirectoryEntry => ({
        name,
        type: disk.named({ folder: id, name })?.node.kind === "folder" ? "Directory" : "File"
      }))
  )

const reading = (disk: LiveDisk) => {
  const stat: FileSystem.FileSystem["stat"] = (path) =>
    answer({ operation: "stat", path }, () => Result.map(disk.find(path), ({ id }) => infoOf(disk, id)))
  return {
    stat,
    lstat: stat,
    access: (path) => Effect.asVoid(stat(path)),
    readFile: (path) =>
      answer(
        { operation: "readFile", path },
        () => Result.map(Result.flatMap(disk.find(path), fileContent), (bytes) => bytes.slice())
      ),
    readDirectory: (path, options) =>
      answer(
        { operation: "readDirectory", path },
        () =>
          Result.map(options?.recursive === true ? namesBelow(disk, path) : namesIn(disk, path), (names) => [...names])
      ),
    readDirectoryEntries: (path) => answer({ operation: "readDirectory", path }, () => entriesOf(disk, path)),
    realPath: (path) => answer({ operation: "realPath", path }, () => Result.map(disk.find(path), () => path))
  } satisfies Partial<FileSystem.FileSystem>
}

const naming = (disk: LiveDisk) => ({
  link: (path, target) => answer({ operation: "link", path, target }, (at) => link(disk, { path, target }, at)),
  makeDirectory: (path, options) =>
    answer(
      { operation: "makeDirectory", path },
      (at) => options?.recursive === true ? makeFolders(disk, path, at) : makeFolder(disk, path, at)
    ),
  remove: (path, { force = false, recursive = false } = {}) =>
    answer({ operation: "remove", path }, (at) => {
      const removed = Result.flatMap(disk.placeOf(path), (place) => removeNode(disk, place, { recursive, at }))
      return force && Result.isFailure(removed) && removed.failure === "ENOENT" ? done : removed
    }),
  rename: (path, target) => answer({ operation: "rename", path, target }, (at) => rename(disk, { path, target }, at))
} satisfies Partial<FileSystem.FileSystem>)

const writing = (disk: LiveDisk, failsSync: (path: string) => boolean) => {
  const open: FileSystem.FileSystem["open"] = (path, { flag = "r" } = {}) =>
    Effect.map(
      answer({ operation: "open", path, flag }, (at) => opened(disk, path, { flag, at })),
      ({ id }) => makeFile(disk, { id, path, flag, failsSync })
    )
  return {
    open,
    truncate: (path, length) =>
      Effect.scoped(Effect.flatMap(open(path, { flag: "r+" }), (file) => file.truncate(length))),
    writeFile: (path, bytes, { flag = "w" } = {}) =>
      Effect.scoped(Effect.flatMap(open(path, { flag }), (file) => file.writeAll(bytes)))
  } satisfies Partial<FileSystem.FileSystem>
}

/** The file system of a disk; syncs of the paths that `failsSync` names fail. */
export const makeFileSystem = (disk: LiveDisk, failsSync: (path: string) => boolean): FileSystem.FileSystem => {
  const read = reading(disk)
  const write = writing(disk, failsSync)
  // As the system's own copy does: the target is emptied first, and nothing is synced.
  const copyFile = (from: string, to: string) =>
    Effect.flatMap(read.readFile(from), (bytes) => write.writeFile(to, bytes))
  return FileSystem.make({
    ...read,
    ...write,
    ...naming(disk),
    copy: copyFile,
    copyFile,
    chmod: lacking("stat"),
    chown: lacking("stat"),
    makeTempDirectory: () => lacking("makeDirectory")(),
    makeTempDirectoryScoped: () => lacking("makeDirectory")(),
    makeTempFile: () => lacking("open")(),
    makeTempFileScoped: () => lacking("open")(),
    readLink: lacking("readFile"),
    symlink: lacking("link"),
    utimes: lacking("stat"),
    watch: (path) => Stream.fromEffect(lacking("stat")(path))
  })
}
