/**
 * The one door to the disk: what the adapter asks of a file system, over Effect's `FileSystem`.
 *
 * Whatever replaces the `FileSystem` in the context (a faulty one, a recording one) is under everything
 * that the adapter does. Failures come back as `IoFailure` with the platform's own code, which
 * Effect's `PlatformError` hides behind `Unknown` for most codes.
 */
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type { File, FileSystem, OpenFlag } from "effect/FileSystem"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import * as Predicate from "effect/Predicate"

/** A failed system call, as the platform reported it. */
export class IoFailure extends Data.TaggedError("IoFailure")<{
  readonly code: string
  readonly errno: number
  readonly syscall: string
  readonly path: string
  /** The second name of a rename. */
  readonly target?: string | undefined
  readonly cause: unknown
}> {
  override get message() {
    return `${this.code} from ${this.syscall} at ${this.path}`
  }
}

// Effect names these failures itself; a file system that is not Node's may give no code beside them.
const codeOfTag: Record<string, string> = {
  NotFound: "ENOENT",
  AlreadyExists: "EEXIST",
  PermissionDenied: "EACCES",
  Busy: "EBUSY",
  TimedOut: "ETIMEDOUT",
  BadResource: "EISDIR",
  WriteZero: "ENOSPC"
}

const syscallOfMethod: Record<string, string> = {
  sync: "fsync",
  readDirectory: "scandir",
  writeAll: "write",
  truncate: "ftruncate",
  makeDirectory: "mkdir"
}

const textOf = (value: unknown, name: string): Option.Option<string> =>
  Predicate.hasProperty(value, name) && typeof value[name] === "string" ? Option.some(value[name]) : Option.none()

/** The failure behind a `PlatformError`. */
export const failureOf = (error: PlatformError, path: string, target?: string): IoFailure => {
  const { reason } = error
  const native = reason.cause
  return new IoFailure({
    code: Option.getOrElse(textOf(native, "code"), () => codeOfTag[reason._tag] ?? "UNKNOWN"),
    errno: Predicate.hasProperty(native, "errno") && typeof native.errno === "number" ? native.errno : 0,
    syscall: Option.getOrElse(textOf(native, "syscall"), () => syscallOfMethod[reason.method] ?? reason.method),
    path,
    target,
    cause: error
  })
}

/**
 * Whether the call that failed was the one that makes written bytes durable. After it the bytes can be
 * read, may be lost in a power cut, and a second sync would not tell: the system takes them for written.
 */
export const isSyncFailure = ({ syscall }: IoFailure): boolean => syncCalls.has(syscall)

const syncCalls: ReadonlySet<string> = new Set(["fsync", "fdatasync", "close"])

/**
 * Whether the call that failed was a write. Its bytes may be in the file all the same: NFS reports an
 * earlier write's failure by a later one.
 */
export const isWriteFailure = (failure: IoFailure): boolean => failure.syscall === "write"

/** Whether a failure says that there is no such file. */
export const isMissing = (failure: IoFailure): boolean => failure.code === "ENOENT"

type Attempt<A> = Effect.Effect<A, IoFailure>

/** What file systems tell of a file, as far as the adapter needs it. */
export interface FileFacts {
  readonly size: number
  readonly modifiedAt: Option.Option<number>
  readonly isDirectory: boolean
  readonly isFile: boolean
  /** Which file it is: another one at the same path has another identity. None where the file system has no such thing. */
  readonly identity: Option.Option<string>
}

/** Some bytes of a file, and its size. */
export interface Read {
  readonly bytes: Uint8Array
  readonly size: number
}

/** An open file that is written to. */
export type OpenFile = Pick<File, "seek" | "sync" | "truncate" | "writeAll">

/** Whether a symbolic link at a file's name is refused. */
export type Links = "refused" | "followed"

/** The file system as the adapter's parts use it. */
export interface Io {
  readonly fileSystem: FileSystem
  readonly links: Links
  readonly readFile: (path: string) => Attempt<Uint8Array>
  /** The bytes from `offset` to the end of the file, and the file's size. */
  readonly readFrom: (path: string, offset: number) => Attempt<Read>
  /** The bytes from one offset to before another, as far as the file has them, and the file's size. */
  readonly readRange: (path: string, from: number, to: number) => Attempt<Read>
  /** The same; none where there is no such file. */
  readonly readIfThere: (path: string, from: number, to: number) => Attempt<Option.Option<Read>>
  readonly readDirectory: (path: string) => Attempt<ReadonlyArray<string>>
  readonly stat: (path: string) => Attempt<FileFacts>
  /** The same; none where there is no such file. */
  readonly statIfThere: (path: string) => Attempt<Option.Option<FileFacts>>
  readonly realPath: (path: string) => Attempt<string>
  /** Makes sure that one folder is there, made for its owner only; its parent must be there. */
  readonly makeDirectory: (path: string) => Attempt<void>
  /** Runs an effect with an open file and closes it; a failed close is a failure. A symbolic link is not followed. */
  readonly withFile: <A>(
    path: string,
    flag: OpenFlag,
    use: (file: OpenFile) => Effect.Effect<A, PlatformError>
  ) => Attempt<A>
  /**
   * Reads a small file without the thread pool; nothing where it is too large for that. It throws what the system says.
   * None where that is never done; where it is, `isAtOnce` says when.
   */
  readonly readNow: Option.Option<(path: string) => Uint8Array | undefined>
  /** Whether calls in a folder may be made without the thread pool at the moment. */
  readonly isAtOnce: (folder: string) => Effect.Effect<boolean>
  /** The same as `withFile` with a folder, which is opened to be synced. The store may be reached by a link, so links are followed. */
  readonly withFolder: <A>(path: string, use: (folder: OpenFile) => Effect.Effect<A, PlatformError>) => Attempt<A>
}

/** Session files are their owner's alone. */
export const fileMode = 0o600
const directoryMode = 0o700

// Effect's file system dies when closing a file fails. NFS reports a failed write that way, so it is a
// failure like any other.
const closeFailures =
  (path: string) => <A, R>(attempt: Effect.Effect<A, IoFailure, R>): Effect.Effect<A, IoFailure, R> =>
    Effect.catchCause(attempt, (cause) => {
      const defect = cause.reasons.find(Cause.isDieReason)?.defect
      return Predicate.hasProperty(defect, "_tag") && defect._tag === "PlatformError"
        ? Effect.fail(failureOf(defect as unknown as PlatformError, path))
        : Effect.failCause(cause)
    })

const readBetween = (file: File, from: number, to: number) =>
  Effect.gen(function*() {
    const chunks: Array<Uint8Array> = []
    const { size } = yield* file.stat
    const end = to < size ? BigInt(to) : size
    let position = BigInt(from)
    while (position < end) {
      const chunk = yield* file.readAlloc(Number(end - position), { position })
      if (Option.isNone(chunk)) break
      chunks.push(chunk.value)
      position += BigInt(chunk.value.length)
    }
    // One chunk is what nearly every file takes, and of a large one there is no room for a copy.
    return { bytes: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks), size: Number(size) }
  })

const attempt = <A>(path: string, effect: Effect.Effect<A, PlatformError>, target?: string): Attempt<A> =>
  Effect.mapError(effect, (error) => failureOf(error, path, target))

/**
 * Makes the door over a file system. Where the platform can open without following symbolic links, a link
 * at a file's name is refused: whoever can plant one must not choose what is read as a session, or written.
 */
export const makeIo = (fileSystem: FileSystem, links: Links): Io => {
  const noFollow = links === "refused" ? { noFollow: true } : {}
  const withFile = <A>(path: string, flag: OpenFlag, use: (file: File) => Effect.Effect<A, PlatformError>) =>
    closeFailures(path)(
      attempt(path, Effect.scoped(Effect.flatMap(fileSystem.open(path, { flag, mode: fileMode, ...noFollow }), use)))
    )
  const io: Io = {
    fileSystem,
    links,
    readFile: (path) => Effect.map(io.readFrom(path, 0), ({ bytes }) => bytes),
    readFrom: (path, offset) => io.readRange(path, offset, Infinity),
    readRange: (path, from, to) => withFile(path, "r", (file) => readBetween(file, from, to)),
    readIfThere: (path, from, to) =>
      Effect.catchIf(Effect.asSome(io.readRange(path, from, to)), isMissing, () => Effect.succeedNone),
    readDirectory: (path) => attempt(path, fileSystem.readDirectory(path)),
    stat: (path) =>
      Effect.map(attempt(path, fileSystem.stat(path)), (info) => ({
        size: Number(info.size),
        modifiedAt: Option.map(info.mtime, (time) => time.getTime()),
        isDirectory: info.type === "Directory",
        isFile: info.type === "File",
        identity: Option.map(info.ino, (ino) => `${info.dev}:${ino}`)
      })),
    statIfThere: (path) => Effect.catchIf(Effect.asSome(io.stat(path)), isMissing, () => Effect.succeedNone),
    realPath: (path) => attempt(path, fileSystem.realPath(path)),
    makeDirectory: (path) =>
      Effect.catchIf(
        attempt(path, fileSystem.makeDirectory(path, { mode: directoryMode })),
        (failure) => failure.code === "EEXIST",
        () => Effect.void
      ),
    withFile,
    readNow: Option.none(),
    isAtOnce: () => Effect.succeed(false),
    withFolder: (path, use) =>
      closeFailures(path)(attempt(path, Effect.scoped(Effect.flatMap(fileSystem.open(path, { flag: "r" }), use))))
  }
  return io
}
