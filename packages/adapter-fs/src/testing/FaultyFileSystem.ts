/**
 * A file system that fails on purpose: rules say which calls fail, with which code.
 *
 * It stands over any Effect `FileSystem`, so whatever an adapter, or an app of its own making, does
 * through that service meets the faults. A failure looks like Node's: the same code, number, system call
 * and paths behind a `PlatformError`.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as PlatformError from "effect/PlatformError"
import { constants } from "node:os"
import { type FileCall, type FileOperation, type Intercept, interceptFileSystem, type WriteAll } from "./intercept.ts"

/** Which calls fail, and how. */
export interface FaultRule {
  readonly operation: FileOperation | ReadonlyArray<FileOperation>
  /** Only paths that this matches; a rename or link is matched by either of its two. */
  readonly path?: RegExp | undefined
  /** Only opens with such a flag. */
  readonly flags?: ReadonlyArray<string> | undefined
  /**
   * The code, for example `EXDEV`. `UNKNOWN` is what libuv gives for a Windows error that it has no name
   * for, and `Unknown system error -122` what Node gives for an errno without one.
   */
  readonly code: string
  /** Which of the matching calls fail, counted from 1; all when absent. */
  readonly calls?: ((call: number) => boolean) | undefined
  /** Do it all the same before failing: the acknowledgement is lost, not the change. */
  readonly afterwards?: boolean | undefined
  /** Of a write, let so many bytes through before failing. */
  readonly bytesBefore?: number | undefined
}

// uv_errno_t: https://docs.libuv.org/en/v1.x/errors.html
const unknownErrno = -4094

// Node's text for an errno without a name is all that tells its number.
const unnamed = /^Unknown system error (-\d+)$/

const errnoOf = (code: string): number => {
  const number = unnamed.exec(code)?.[1]
  if (number !== undefined) return Number(number)
  const known = (constants.errno as Record<string, number | undefined>)[code]
  return known === undefined ? unknownErrno : -known
}

const syscalls: Partial<Record<FileOperation, string>> = {
  sync: "fsync",
  truncate: "ftruncate",
  readFile: "open",
  readDirectory: "scandir",
  makeDirectory: "mkdir",
  remove: "rm",
  realPath: "realpath"
}

// The codes that Effect's Node file system tells apart; it calls all others `Unknown`.
const tags: Record<string, PlatformError.SystemError["_tag"]> = {
  ENOENT: "NotFound",
  EACCES: "PermissionDenied",
  EPERM: "PermissionDenied",
  EEXIST: "AlreadyExists",
  EISDIR: "BadResource",
  ENOTDIR: "BadResource",
  ELOOP: "BadResource",
  EBUSY: "Busy"
}

/** The failure of a call as Effect's Node file system reports it. */
export const platformError = (call: FileCall, code: string): PlatformError.PlatformError => {
  const { operation, path, target } = call
  const syscall = syscalls[operation] ?? operation
  const names = target === undefined ? `'${path}'` : `'${path}' -> '${target}'`
  const cause = Object.assign(new Error(`${code}: injected, ${syscall} ${names}`), {
    code,
    errno: errnoOf(code),
    syscall,
    path,
    ...(target === undefined ? {} : { dest: target })
  })
  const tag = tags[code] ?? "Unknown"
  return PlatformError.systemError({
    _tag: tag,
    module: "FileSystem",
    method: operation,
    pathOrDescriptor: path,
    syscall,
    cause
  })
}

const matches = (rule: FaultRule, call: FileCall): boolean =>
  [rule.operation].flat().includes(call.operation)
  && (rule.flags === undefined || (call.flag !== undefined && rule.flags.includes(call.flag)))
  && (rule.path === undefined || rule.path.test(call.path) ||
    (call.target !== undefined && rule.path.test(call.target)))

/** Puts rules over a file system. The first rule that matches a call and counts it in decides. */
export const make = (fileSystem: FileSystem.FileSystem, rules: ReadonlyArray<FaultRule>): FileSystem.FileSystem => {
  const counts = new Map<FaultRule, number>()
  const faultOf = (call: FileCall): FaultRule | undefined =>
    rules.find((rule) => {
      if (!matches(rule, call)) return false
      const count = (counts.get(rule) ?? 0) + 1
      counts.set(rule, count)
      return rule.calls?.(count) ?? true
    })

  const intercept: Intercept = (call, effect) =>
    Effect.suspend(() => {
      // A write that lets bytes through first is cut short where the bytes are, in `writeAll`.
      const rule = call.operation === "write" && rules.some((some) =>
          some.bytesBefore !== undefined && matches(some, call)
        )
        ? undefined
        : faultOf(call)
      if (rule === undefined) return effect
      const failure = Effect.fail(platformError(call, rule.code))
      return rule.afterwards === true ? Effect.andThen(effect, failure) : failure
    })

  const writeAll: WriteAll = (path, bytes, write) =>
    Effect.suspend(() => {
      const call: FileCall = { operation: "write", path, bytes: bytes.length }
      const rule = rules.some((some) => some.bytesBefore !== undefined && matches(some, call))
        ? faultOf(call)
        : undefined
      if (rule === undefined) return write(bytes)
      const through = rule.afterwards === true ? bytes.length : rule.bytesBefore ?? 0
      return Effect.andThen(write(bytes.subarray(0, through)), Effect.fail(platformError(call, rule.code)))
    })

  return interceptFileSystem(fileSystem, intercept, writeAll)
}

/** Puts rules over the file system below. */
export const layer = (
  rules: ReadonlyArray<FaultRule>
): Layer.Layer<FileSystem.FileSystem, never, FileSystem.FileSystem> =>
  Layer.effect(FileSystem.FileSystem, Effect.map(FileSystem.FileSystem, (fileSystem) => make(fileSystem, rules)))

/** Renames and links inside one folder answer EXDEV, as an MSIX package's file-system virtualization does. */
export const msix: ReadonlyArray<FaultRule> = [{ operation: ["rename", "link"], code: "EXDEV" }]

/** Listing any folder answers UNKNOWN, as under MSIX after an update. */
export const unreadableDirectories: ReadonlyArray<FaultRule> = [{ operation: "readDirectory", code: "UNKNOWN" }]

/** A virus scanner holds new files: the first `calls` renames answer EPERM. */
export const antivirus = (calls: number): ReadonlyArray<FaultRule> => [
  { operation: "rename", code: "EPERM", calls: (call) => call <= calls }
]

/** The disk is full: a write puts `bytesBefore` bytes down and fails, and nothing can be made. */
export const fullDisk = (bytesBefore = 0): ReadonlyArray<FaultRule> => [
  { operation: "write", code: "ENOSPC", bytesBefore },
  { operation: "makeDirectory", code: "ENOSPC" }
]

/** Everything that would change the disk answers EROFS. */
export const readOnlyRoot: ReadonlyArray<FaultRule> = [
  { operation: ["makeDirectory", "rename", "link", "remove", "truncate", "write"], code: "EROFS" },
  { operation: "open", flags: ["r+", "w", "wx", "w+", "wx+", "a", "ax", "a+", "ax+"], code: "EROFS" }
]
