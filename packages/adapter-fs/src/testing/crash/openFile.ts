/**
 * An open file of a disk in memory, with the cursor of Effect's own files.
 *
 * A folder can be opened to be read, which is how it is synced. A file goes on to exist while it is open
 * and has no name.
 */
import * as ByteSize from "effect/ByteSize"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import { badArgument, type PlatformError } from "effect/PlatformError"
import * as Result from "effect/Result"
import type { LookExactly } from "../../io/exactStat.ts"
import { failureOf } from "../../io/Io.ts"
import { platformError } from "../FaultyFileSystem.ts"
import type { FileCall } from "../intercept.ts"
import type { Content, DataChange } from "./disk.ts"
import type { Answer, LiveDisk } from "./LiveDisk.ts"

/** Makes a call: its answer is a value or a code, and it may ask for the time. */
export const answer = <A>(call: FileCall, run: (now: number) => Answer<A>): Effect.Effect<A, PlatformError> =>
  Clock.clockWith((clock) =>
    Result.match(run(clock.currentTimeMillisUnsafe()), {
      onFailure: (code) => Effect.fail(platformError(call, code)),
      onSuccess: Effect.succeed
    })
  )

/** What the file system tells of a node. */
export const infoOf = (disk: LiveDisk, id: number): FileSystem.File.Info => {
  const node = disk.node(id)
  const changed = Option.some(new Date(node.kind === "file" ? node.seen.modifiedAt : node.modifiedAt))
  return {
    type: node.kind === "file" ? "File" : "Directory",
    mtime: changed,
    atime: changed,
    birthtime: Option.none(),
    dev: 1n,
    ino: Option.some(BigInt(id + 1)),
    mode: node.kind === "file" ? 0o100600 : 0o040700,
    nlink: Option.some(BigInt(disk.links(id))),
    uid: Option.none(),
    gid: Option.none(),
    rdev: Option.none(),
    size: ByteSize.bytes(node.kind === "file" ? node.seen.bytes.length : 0),
    blksize: Option.none(),
    blocks: Option.none()
  }
}

/** What a disk tells of a name to the nanosecond; its clock counts milliseconds. */
export const lookExactly = (disk: LiveDisk): LookExactly => (path) =>
  Effect.suspend(() => {
    const found = disk.find(path)
    if (Result.isFailure(found)) {
      return found.failure === "ENOENT"
        ? Effect.succeedNone
        : Effect.fail(failureOf(platformError({ operation: "stat", path }, found.failure), path))
    }
    const { id, node } = found.success
    const changed = BigInt(node.kind === "file" ? node.seen.modifiedAt : node.modifiedAt) * 1_000_000n
    const size = BigInt(node.kind === "file" ? node.seen.bytes.length : 0)
    return Effect.succeedSome({ ino: BigInt(id + 1), size, mtimeNs: changed, ctimeNs: changed })
  })

/** What an open file is opened as. */
export interface Opened {
  readonly id: number
  readonly path: string
  readonly flag: FileSystem.OpenFlag
  readonly failsSync: (path: string) => boolean
}

const mayWrite = (flag: FileSystem.OpenFlag): boolean => flag !== "r"
const mayRead = (flag: FileSystem.OpenFlag): boolean => flag === "r" || flag.endsWith("+")

/** A file of a disk, opened. */
export const makeFile = (disk: LiveDisk, { failsSync, flag, id, path }: Opened): FileSystem.File => {
  const appends = flag.startsWith("a")
  let cursor = 0

  const content = (): Answer<Content> => {
    const node = disk.node(id)
    return node.kind === "file" ? Result.succeed(node.seen) : Result.fail("EISDIR")
  }
  const change = (made: DataChange): Answer<void> => {
    if (!mayWrite(flag)) return Result.fail("EBADF")
    disk.change(id, made)
    return Result.succeed(undefined)
  }
  const readAt = (size: number, position: bigint | undefined) =>
    answer({ operation: "read", path }, () => {
      if (!mayRead(flag)) return Result.fail("EBADF")
      return Result.map(content(), ({ bytes }) => {
        const start = position === undefined ? cursor : Number(position)
        const part = bytes.slice(start, start + size)
        if (position === undefined) cursor += part.length
        return part
      })
    })
  const writeAll = (bytes: Uint8Array) =>
    answer({ operation: "write", path, bytes: bytes.length }, (at) =>
      Result.flatMap(content(), (before) => {
        if (bytes.length === 0) return Result.succeed(undefined)
        const offset = appends ? before.bytes.length : cursor
        if (!appends) cursor += bytes.length
        return change({ _tag: "Write", offset, bytes: Uint8Array.from(bytes), at })
      }))

  return {
    [FileSystem.FileTypeId]: FileSystem.FileTypeId,
    stat: Effect.sync(() => infoOf(disk, id)),
    sync: answer({ operation: "sync", path }, (at) => {
      if (!failsSync(path)) return Result.succeed(disk.sync(id, at))
      disk.failSync(id, at)
      return Result.fail("EIO")
    }),
    seek: (offset, from) =>
      Effect.suspend(() => {
        const position = Number(offset) + (from === "start" ? 0 : cursor)
        if (position < 0) {
          return Effect.fail(badArgument({ module: "FileSystem", method: "seek", description: "before the start" }))
        }
        cursor = position
        return Effect.succeed(BigInt(position))
      }),
    read: (buffer, options) =>
      Effect.map(readAt(buffer.length, options?.position), (part) => {
        buffer.set(part)
        return part.length
      }),
    readAlloc: (size, options) =>
      Effect.map(readAt(size, options?.position), (part) => part.length === 0 ? Option.none() : Option.some(part)),
    truncate: (length = 0) =>
      answer({ operation: "truncate", path }, (at) => {
        if (!appends) cursor = Math.min(cursor, length)
        return change({ _tag: "Resize", length, at })
      }),
    write: (bytes) => Effect.as(writeAll(bytes), bytes.length),
    writeAll
  }
}
