/**
 * Files of a folder as bytes: found, summed, and copied so that the copy is known to be whole.
 *
 * Bytes are read and written, never handed to a copying call of the system: some of those fail or follow redirections
 * where plain reads do not. A copy is flushed, read back and compared by its checksum before anybody relies on it.
 */
import { codeUnits } from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import { createHash } from "node:crypto"
import { CliFailure } from "../output/CliFailure.ts"

/** A file below a folder; its path is relative, with forward slashes. */
export interface FileFacts {
  readonly path: string
  readonly bytes: number
  readonly modifiedAt: number
  readonly mode: number
}

/** What a folder holds. */
export interface Tree {
  readonly files: ReadonlyArray<FileFacts>
  readonly folders: ReadonlyArray<string>
  /** What is neither a file nor a folder: links, sockets. */
  readonly others: ReadonlyArray<string>
}

const chunkBytes = 1024 * 1024

const advices: { readonly [code: string]: string } = {
  ENOSPC: "Make room on the disk, or name a place on another one, then run the same command again.",
  ENOENT: "Look at the path once more.",
  ENOTDIR: "Look at the path once more."
}

const words: { readonly [code: string]: string } = {
  ENOSPC: "no space is left on the disk (ENOSPC)",
  ENOENT: "it is not there (ENOENT)",
  ENOTDIR: "a part of its path is no folder (ENOTDIR)",
  EACCES: "it may not be read or written by this user (EACCES)",
  EPERM: "the system does not allow it (EPERM)",
  EROFS: "it is on read-only storage (EROFS)"
}

/** What a failed call of the file system is to somebody who looks after a backup. */
export const fileFailure = (what: string, changed?: string) => (error: PlatformError): CliFailure => {
  const { cause } = error.reason
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : error.reason._tag
  const advice = advices[code] ?? "See that this user may read and write there, then run the same command again."
  return new CliFailure({ code, what: `${what}: ${words[code] ?? code}`, changed, advice })
}

/** Everything below a folder, or a file in it with those that are named after it: a database and its logs. */
export const readTree = Effect.fnUntraced(function*(root: string, prefix = "") {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const files: Array<FileFacts> = []
  const folders: Array<string> = []
  const others: Array<string> = []
  const pending = [""]
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const name of yield* fileSystem.readDirectory(path.join(root, folder))) {
      if (folder === "" && prefix !== "" && name !== prefix && !name.startsWith(`${prefix}-`)) continue
      const below = folder === "" ? name : `${folder}/${name}`
      const info = yield* fileSystem.lstat(path.join(root, below))
      if (info.type === "Directory") {
        folders.push(below)
        pending.push(below)
      } else if (info.type === "File") {
        const modifiedAt = Option.match(info.mtime, { onNone: () => 0, onSome: (time) => time.getTime() })
        files.push({ path: below, bytes: Number(info.size), modifiedAt, mode: info.mode & 0o777 })
      } else others.push(below)
    }
  }
  return {
    files: files.toSorted((self, that) => codeUnits(self.path, that.path)),
    folders: folders.toSorted(codeUnits),
    others: others.toSorted(codeUnits)
  } satisfies Tree
})

type Use = (bytes: Uint8Array) => Effect.Effect<void, PlatformError>

/** Reads a file in pieces, each of which is used before the next one is read into the same memory. */
const readPieces = Effect.fnUntraced(function*(file: string, use: Use) {
  const fileSystem = yield* FileSystem.FileSystem
  const source = yield* fileSystem.open(file, { flag: "r" })
  const { size } = yield* source.stat
  // Most files are small, and there are many of them. A file that grows meanwhile is read to its end all the same.
  const piece = new Uint8Array(Math.min(chunkBytes, Number(size) + 1))
  for (;;) {
    const bytes = yield* source.read(piece)
    if (bytes === 0) return
    yield* use(piece.subarray(0, bytes))
  }
}, Effect.scoped)

/** The SHA-256 of a file's bytes. */
export const sumOf = Effect.fnUntraced(function*(file: string) {
  const hash = createHash("sha256")
  yield* readPieces(file, (bytes) => Effect.sync(() => void hash.update(bytes)))
  return hash.digest("hex")
})

interface Copying {
  readonly from: string
  readonly to: string
  /** Refuse a name that is taken, or write over it. */
  readonly flag: "wx" | "w"
  readonly facts: Pick<FileFacts, "modifiedAt" | "mode">
}

const write = Effect.fnUntraced(function*({ facts, flag, from, to }: Copying) {
  const fileSystem = yield* FileSystem.FileSystem
  const hash = createHash("sha256")
  yield* Effect.scoped(Effect.gen(function*() {
    const target = yield* fileSystem.open(to, { flag, mode: facts.mode })
    yield* readPieces(from, (bytes) => {
      hash.update(bytes)
      return target.writeAll(bytes)
    })
    yield* target.sync
  }))
  // Some versions of Node cut a moment off where it cannot be said exactly in seconds: a microsecond keeps the millisecond.
  const at = (facts.modifiedAt + 0.001) / 1000
  yield* fileSystem.utimes(to, at, at)
  return hash.digest("hex")
})

/**
 * Copies a file, and gives its checksum. Fails unless the bytes that were read back are those that were read first, so
 * that nobody relies on a copy that a disk did not keep.
 */
export const copyVerified = Effect.fnUntraced(function*(copying: Copying) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  yield* fileSystem.makeDirectory(path.dirname(copying.to), { recursive: true })
  const sum = yield* write(copying)
  if ((yield* sumOf(copying.to)) === sum) return sum
  return yield* new CliFailure({
    code: "NotVerified",
    what: `the copy ${copying.to} does not hold what was written to it`,
    advice: "Do not trust this disk. Name another place with --backup."
  })
})

/** Copies a file over one that may be there, with the permissions that it had. */
export const putBack = Effect.fnUntraced(function*(copying: Omit<Copying, "flag">) {
  const fileSystem = yield* FileSystem.FileSystem
  yield* copyVerified({ ...copying, flag: "w" })
  const { mode } = yield* fileSystem.stat(copying.to)
  // A file that is there keeps its own when it is opened. Where permissions are the same for all files none is set.
  if ((mode & 0o777) !== copying.facts.mode) yield* fileSystem.chmod(copying.to, copying.facts.mode)
})
