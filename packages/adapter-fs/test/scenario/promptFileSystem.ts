/**
 * The real file system, by calls that return at once instead of going through the thread pool.
 *
 * A sweep makes tens of millions of calls. On a folder in memory the system answers in a few microseconds, and the
 * way through the pool takes ten times as long. What is on the disk afterwards is the same.
 */
import { Effect, FileSystem, Option } from "effect"
import type { PlatformError } from "effect/PlatformError"
import * as fs from "node:fs"
import { platformError } from "../../src/testing/FaultyFileSystem.ts"
import type { FileCall } from "../../src/testing/intercept.ts"
import { realFileSystem } from "../kit.ts"

const attempt = <A>(call: FileCall, run: () => A): Effect.Effect<A, PlatformError> =>
  Effect.try({
    try: run,
    catch: (error) => platformError(call, (error as NodeJS.ErrnoException).code ?? "UNKNOWN")
  })

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = fs.constants

const flagBits: Partial<Record<FileSystem.OpenFlag, number>> = {
  "r": O_RDONLY,
  "r+": O_RDWR,
  "w": O_TRUNC | O_CREAT | O_WRONLY,
  "wx": O_TRUNC | O_CREAT | O_WRONLY | O_EXCL
}

const infoOf = (stats: fs.BigIntStats): FileSystem.File.Info => ({
  type: stats.isDirectory()
    ? "Directory"
    : stats.isFile()
    ? "File"
    : stats.isSymbolicLink()
    ? "SymbolicLink"
    : "Unknown",
  mtime: Option.some(stats.mtime),
  atime: Option.some(stats.atime),
  birthtime: Option.some(stats.birthtime),
  dev: stats.dev,
  rdev: Option.some(stats.rdev),
  ino: Option.some(stats.ino),
  mode: Number(stats.mode),
  nlink: Option.some(stats.nlink),
  uid: Option.some(Number(stats.uid)),
  gid: Option.some(Number(stats.gid)),
  size: stats.size as FileSystem.File.Info["size"],
  blksize: Option.some(stats.blksize as FileSystem.File.Info["size"]),
  blocks: Option.some(stats.blocks)
})

const fileOf = (fd: number, path: string): FileSystem.File => {
  let position = 0n
  const read = (buffer: Uint8Array, options?: FileSystem.File.ReadOptions): number => {
    const at = options?.position ?? position
    const count = fs.readSync(fd, buffer, { position: at })
    if (options?.position === undefined) position += BigInt(count)
    return count
  }
  const write = (buffer: Uint8Array): number => {
    const count = fs.writeSync(fd, buffer, 0, buffer.length, Number(position))
    position += BigInt(count)
    return count
  }
  return {
    [FileSystem.FileTypeId]: FileSystem.FileTypeId,
    stat: attempt({ operation: "stat", path }, () => infoOf(fs.fstatSync(fd, { bigint: true }))),
    sync: attempt({ operation: "sync", path }, () => fs.fsyncSync(fd)),
    seek: (offset, from) => Effect.sync(() => position = from === "start" ? offset : position + offset),
    read: (buffer, options) => attempt({ operation: "read", path }, () => read(buffer, options)),
    readAlloc: (size, options) =>
      attempt({ operation: "read", path }, () => {
        const buffer = Buffer.allocUnsafeSlow(size)
        const count = read(buffer, options)
        return count === 0 ? Option.none() : Option.some(buffer.subarray(0, count))
      }),
    truncate: (length) => attempt({ operation: "truncate", path }, () => fs.ftruncateSync(fd, length)),
    write: (buffer) => attempt({ operation: "write", path }, () => write(buffer)),
    writeAll: (buffer) =>
      attempt({ operation: "write", path }, () => {
        for (let rest = buffer; rest.length > 0;) rest = rest.subarray(write(rest))
      })
  }
}

const open: FileSystem.FileSystem["open"] = (path, { flag = "r", mode, noFollow = false } = {}) => {
  const bits = flagBits[flag]
  if (bits === undefined) return realFileSystem.open(path, { flag, mode, noFollow })
  const call: FileCall = { operation: "open", path }
  return Effect.map(
    Effect.acquireRelease(
      attempt(call, () => fs.openSync(path, noFollow ? bits | O_NOFOLLOW : bits, mode)),
      (fd) => Effect.sync(() => fs.closeSync(fd))
    ),
    (fd) => fileOf(fd, path)
  )
}

/** Node's file system with calls that return at once. */
export const promptFileSystem: FileSystem.FileSystem = {
  ...realFileSystem,
  open,
  readDirectory: (path, options) =>
    options?.recursive === true
      ? realFileSystem.readDirectory(path, options)
      : attempt({ operation: "readDirectory", path }, () => fs.readdirSync(path)),
  makeDirectory: (path, options) =>
    attempt({ operation: "makeDirectory", path }, () => void fs.mkdirSync(path, options)),
  rename: (path, target) => attempt({ operation: "rename", path, target }, () => fs.renameSync(path, target)),
  link: (path, target) => attempt({ operation: "link", path, target }, () => fs.linkSync(path, target)),
  remove: (path, options) => attempt({ operation: "remove", path }, () => fs.rmSync(path, options)),
  realPath: (path) => attempt({ operation: "realPath", path }, () => fs.realpathSync(path)),
  stat: (path) => attempt({ operation: "stat", path }, () => infoOf(fs.statSync(path, { bigint: true })))
}
