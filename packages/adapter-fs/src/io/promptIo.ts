/**
 * Short calls made at once: what the page cache answers in microseconds does not go through the thread pool, whose
 * way there and back takes ten times as long.
 *
 * Only in folders of a disk that is known to be this machine's, for small amounts, and while the disk answers
 * promptly: after a call that was slow all go through the pool for a while. Syncs always do, and a file system
 * that is not Node's own is never gone round.
 */
import * as Effect from "effect/Effect"
import type { OpenFlag } from "effect/FileSystem"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import * as Result from "effect/Result"
import * as fs from "node:fs"
import { dirname } from "node:path"
import { failureOf, type FileFacts, fileMode, type Io, IoFailure, type OpenFile, type Read } from "./Io.ts"
import { isKnownLocal } from "./network.ts"
import { isNodeFileSystem } from "./nodeFileSystem.ts"
import { bytesMax, makePace, type Opened, openFile, type Pace } from "./promptFile.ts"

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR, O_WRONLY } = fs.constants

const bitsOf: Partial<Record<OpenFlag, number>> = {
  "r": O_RDONLY,
  "r+": O_RDWR,
  "wx": O_CREAT | O_EXCL | O_WRONLY,
  "a": O_APPEND | O_CREAT | O_WRONLY
}

/** A failure of a call that goes by the name of `as`, where it looks at the file before. */
const ioFailure = (cause: unknown, path: string, as?: string): IoFailure => {
  const { code = "UNKNOWN", errno = 0, syscall: own = "" } = cause as NodeJS.ErrnoException
  const syscall = own === "lstat" && as !== undefined ? as : own
  return new IoFailure({ code, errno, syscall, path, cause })
}

const readAll = (fd: number, bytes: Buffer, from: number): Buffer => {
  let filled = 0
  while (filled < bytes.length) {
    const count = fs.readSync(fd, bytes, filled, bytes.length - filled, from + filled)
    if (count === 0) break
    filled += count
  }
  return bytes.subarray(0, filled)
}

/** What an open file holds from one offset to before another; none where that is too much to be read at once. */
const readOpen = (fd: number, from: number, to: number): Read | "large" => {
  const { size } = fs.fstatSync(fd)
  const length = Math.max(Math.min(to, size) - from, 0)
  return length > bytesMax ? "large" : { bytes: readAll(fd, Buffer.allocUnsafe(length), from), size }
}

interface Span {
  readonly path: string
  readonly from: number
  readonly to: number
}

interface Reading {
  readonly flags: number
  readonly pace: Pace
}

const openAndRead = ({ from, path, to }: Span, flags: number): Read | "large" => {
  const fd = fs.openSync(path, flags)
  const read = Result.try({ try: () => readOpen(fd, from, to), catch: (cause) => cause })
  fs.closeSync(fd)
  return Result.getOrThrowWith(read, (cause) => cause)
}

/** Reads a small file; none where nothing has its name. */
const readNow = (span: Span, { flags, pace }: Reading) =>
  Effect.try({
    try: (): Read | "large" | "missing" =>
      pace.watch(() => {
        // Asked first, because making the failure of an open takes longer than the look.
        const facts = fs.lstatSync(span.path, { throwIfNoEntry: false })
        if (facts === undefined) return "missing"
        // Of a file that does not go on behind what is known of it nothing is read.
        const hasMore = span.from === 0 || facts.size > span.from || !facts.isFile()
        return hasMore ? openAndRead(span, flags) : { bytes: new Uint8Array(), size: facts.size }
      }),
    catch: (cause) => ioFailure(cause, span.path, "open")
  })

const statNow = (path: string, pace: Pace) =>
  Effect.try({
    try: (): Option.Option<FileFacts> => {
      const facts = pace.watch(() => fs.statSync(path, { bigint: true, throwIfNoEntry: false }))
      if (facts === undefined) {
        // A name below a file is none that is missing; statSync does not tell the two apart, and this throws.
        fs.lstatSync(path, { throwIfNoEntry: false })
        return Option.none()
      }
      return Option.some({
        size: Number(facts.size),
        modifiedAt: Option.some(facts.mtime.getTime()),
        isDirectory: facts.isDirectory(),
        isFile: facts.isFile(),
        identity: Option.some(`${BigInt.asUintN(64, facts.dev)}:${BigInt.asUintN(64, facts.ino)}`)
      })
    },
    catch: (cause) => ioFailure(cause, path, "stat")
  })

interface Opening<A> extends Opened {
  readonly path: string
  readonly flags: number
  readonly use: (file: OpenFile) => Effect.Effect<A, PlatformError>
}

/** Opens a file at once, uses it and closes it; a failed close is a failure, whatever was before it. */
const useNow = <A>({ flags, path, use, ...opened }: Opening<A>): Effect.Effect<A, IoFailure> => {
  const catchFailure = (cause: unknown) => ioFailure(cause, path)
  const { pace } = opened
  return Effect.uninterruptible(
    Effect.flatMap(
      Effect.try({ try: () => pace.watch(() => fs.openSync(path, flags, fileMode)), catch: catchFailure }),
      (fd) =>
        Effect.flatMap(
          Effect.exit(Effect.mapError(use(openFile(fd, path, opened)), (error) => failureOf(error, path))),
          (exit) =>
            Effect.andThen(Effect.try({ try: () => pace.watch(() => fs.closeSync(fd)), catch: catchFailure }), exit)
        )
    )
  )
}

const deviceOf = (identity: Option.Option<string>): string => Option.getOrElse(identity, () => "").split(":")[0]!

// A store of more namespaces looks at some of them again.
const foldersMax = 10_000

/** Tells folders of the root's own disk: another one may be mounted, or linked to, below it. */
const makeNear = (io: Io, device: string) => {
  const known = new Map<string, boolean>()
  const learn = (folder: string): Effect.Effect<boolean> =>
    Effect.match(io.stat(folder), {
      onFailure: () => false,
      onSuccess: ({ identity }) => {
        if (known.size >= foldersMax) known.clear()
        known.set(folder, deviceOf(identity) === device)
        return deviceOf(identity) === device
      }
    })
  return (folder: string): boolean | Effect.Effect<boolean> => known.get(folder) ?? learn(folder)
}

// That a file is not there the pool says in full.
const orElse = <A>(found: Effect.Effect<Option.Option<A>, IoFailure>, pooled: () => Effect.Effect<A, IoFailure>) =>
  Effect.flatMap(found, Option.match({ onNone: pooled, onSome: Effect.succeed }))

const promptly = (io: Io, device: string): Io => {
  const pace = makePace()
  const near = makeNear(io, device)
  const linkBits = io.links === "refused" ? O_NOFOLLOW : 0
  /** Makes a call at once where its folder is near and the disk prompt, and through the pool elsewhere. */
  const choose = <A>(
    folder: string,
    now: () => Effect.Effect<A, IoFailure>,
    pooled: () => Effect.Effect<A, IoFailure>
  ): Effect.Effect<A, IoFailure> =>
    Effect.suspend(() => {
      if (!pace.isPrompt()) return pooled()
      const isNear = near(folder)
      if (typeof isNear === "boolean") return isNear ? now() : pooled()
      return Effect.flatMap(isNear, (found) => found ? now() : pooled())
    })
  const read = (span: Span): Effect.Effect<Option.Option<Read>, IoFailure> =>
    choose(
      dirname(span.path),
      () =>
        Effect.flatMap(readNow(span, { flags: O_RDONLY | linkBits, pace }), (found) => {
          if (found === "missing") return Effect.succeedNone
          return found === "large" ? io.readIfThere(span.path, span.from, span.to) : Effect.succeedSome(found)
        }),
      () => io.readIfThere(span.path, span.from, span.to)
    )
  const readRange: Io["readRange"] = (path, from, to) =>
    orElse(read({ path, from, to }), () => io.readRange(path, from, to))
  const statIfThere: Io["statIfThere"] = (path) =>
    choose(dirname(path), () => statNow(path, pace), () => io.statIfThere(path))
  return {
    ...io,
    readNow: Option.some((path) => {
      const found = pace.watch(() => openAndRead({ path, from: 0, to: Infinity }, O_RDONLY | linkBits))
      return found === "large" ? undefined : found.bytes
    }),
    isAtOnce: (folder) =>
      Effect.suspend(() => {
        const isNear = near(folder)
        return pace.isPrompt() && typeof isNear !== "boolean"
          ? isNear
          : Effect.succeed(pace.isPrompt() && isNear === true)
      }),
    readIfThere: (path, from, to) => read({ path, from, to }),
    readRange,
    readFrom: (path, offset) => readRange(path, offset, Infinity),
    readFile: (path) => Effect.map(readRange(path, 0, Infinity), ({ bytes }) => bytes),
    statIfThere,
    stat: (path) => orElse(statIfThere(path), () => io.stat(path)),
    withFile: (path, flag, use) => {
      const bits = bitsOf[flag]
      const pooled = () => io.withFile(path, flag, use)
      return bits === undefined
        ? pooled()
        : choose(
          dirname(path),
          () => useNow({ kind: "File", path, flags: bits | linkBits, appends: flag === "a", pace, use }),
          pooled
        )
    },
    withFolder: (path, use) =>
      choose(
        path,
        () => useNow({ kind: "Directory", path, flags: O_RDONLY, appends: false, pace, use }),
        () => io.withFolder(path, use)
      )
  }
}

/**
 * The door of a store whose folder is there: short calls are made at once where that holds nobody up. Over a file system
 * that is not Node's own only those are, that do not go through it anyway: looks at exact times.
 */
export const promptIo = Effect.fnUntraced(function*(io: Io, root: string): Effect.fn.Return<Io> {
  if (!(yield* isKnownLocal(root))) return io
  const facts = yield* Effect.option(io.stat(root))
  if (Option.isNone(facts)) return io
  const prompt = promptly(io, deviceOf(facts.value.identity))
  return (yield* isNodeFileSystem(io.fileSystem)) ? prompt : { ...io, isAtOnce: prompt.isAtOnce }
})
