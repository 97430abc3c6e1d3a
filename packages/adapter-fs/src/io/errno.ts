/**
 * Native error codes as reasons: one total table.
 *
 * The table is keyed by the platform's code; what it does not list is `Unclassified`, never folded into
 * a neighbour. The outcome is the caller's to say, because the same code means different things in a
 * read and in a write. Sources: libuv's error table (src/win/error.c, src/unix), rename(2), fsync(2).
 */
import {
  Busy,
  Corrupt,
  CrossDevice,
  DirectoryUnreadable,
  Io,
  NameTooLong,
  NoSpace,
  type Outcome,
  PermissionDenied,
  ReadOnly,
  type Reason,
  TooManyOpenFiles,
  Unavailable,
  Unclassified,
  Virtualized
} from "@holdfast/core/port"
import * as Option from "effect/Option"
import type { IoFailure } from "./Io.ts"

/** The platform, as `process.platform` names it; an input so that tests can be any of them. */
export type Platform = NodeJS.Platform

/** A container that redirects the store's folder: the path that was asked for, and the one that is real. */
export interface Container {
  /** For example `MSIX package Claude_pzs8sxrjxfjjc`. */
  readonly name: string
  readonly given: string
  readonly actual: string
}

/** What decides how a failure is read. */
export interface Environment {
  readonly platform: Platform
  readonly container: Option.Option<Container>
}

/** A platform without a container. */
export const uncontained = (platform: Platform): Environment => ({ platform, container: Option.none() })

// libuv has no names for these two: Node reports the code as text and the number negated.
const unnamed: { readonly [platform in Platform]?: ReadonlyMap<number, string> } = {
  linux: new Map([[122, "EDQUOT"], [116, "ESTALE"]]),
  darwin: new Map([[69, "EDQUOT"], [70, "ESTALE"]])
}

/** The code of a failure, also where Node has only a number for it. */
export const codeOf = (failure: IoFailure, platform: Platform): string => {
  if (!failure.code.startsWith("Unknown system error")) return failure.code
  return unnamed[platform]?.get(Math.abs(failure.errno)) ?? failure.code
}

type Row = (
  failure: IoFailure,
  at: { readonly path: string; readonly code: string; readonly outcome: Outcome; readonly cause: unknown }
) => Reason

const permission: Row = (_, at) => new PermissionDenied(at)
const space: Row = (_, at) => new NoSpace(at)
const descriptors: Row = (_, at) => new TooManyOpenFiles(at)
const device: Row = (_, at) => new Io(at)
const folder: Row = (_, at) => new DirectoryUnreadable(at)
const unreachable: Row = (_, { cause, outcome, path }) => new Unavailable({ what: path, outcome, cause })
const notAFile = (problem: string): Row => (_, { cause, outcome, path }) =>
  new Corrupt({ at: path, problem, outcome, cause })

/** What each code means. `UNKNOWN` stays unclassified: on Windows it stands for many causes (failures of network, cloud and policy). */
export const errnoTable: { readonly [code: string]: Row } = {
  EXDEV: (failure, { cause, outcome }) =>
    new CrossDevice({ from: failure.path, to: failure.target ?? failure.path, outcome, cause }),
  EPERM: permission,
  EACCES: permission,
  EBUSY: (_, at) => new Busy(at),
  ETXTBSY: (_, at) => new Busy(at),
  EAGAIN: (_, at) => new Busy(at),
  EROFS: (_, at) => new ReadOnly(at),
  ENOSPC: space,
  EDQUOT: space,
  EFBIG: space,
  ENAMETOOLONG: (_, at) => new NameTooLong(at),
  EMFILE: descriptors,
  ENFILE: descriptors,
  EIO: device,
  ESTALE: device,
  ENXIO: device,
  ENODEV: unreachable,
  ENOTCONN: unreachable,
  ETIMEDOUT: unreachable,
  ECONNRESET: unreachable,
  EHOSTDOWN: unreachable,
  EHOSTUNREACH: unreachable,
  // A folder on the way is missing or is a file: the store is not where it was.
  ENOENT: folder,
  ENOTDIR: folder,
  EISDIR: notAFile("is a folder"),
  ELOOP: notAFile("is a symbolic link, which is not followed")
}

/** Where a path below the store's folder really leads: `/a/bc` is not below `/a/b`. */
const actualPath = (path: string, { actual, given }: Container): string => {
  const rest = path.slice(given.length)
  return path.startsWith(given) && /^($|[\\/])/.test(rest) ? actual + rest : actual
}

/** A failure of a kind that containers cause, in one of them: where the path leads is the first thing to know. */
const virtualized = (failure: IoFailure, environment: Environment, outcome: Outcome): Option.Option<Reason> =>
  Option.map(environment.container, (container) =>
    new Virtualized({
      given: failure.path,
      actual: actualPath(failure.path, container),
      container: container.name,
      outcome,
      cause: failure.cause
    }))

/** The reason of a failed call; `outcome` says what the caller knows of the change. */
export const reasonOf = (failure: IoFailure, environment: Environment, outcome: Outcome): Reason => {
  const code = codeOf(failure, environment.platform)
  const { cause, errno, path, syscall } = failure
  const row = Object.hasOwn(errnoTable, code) ? errnoTable[code] : undefined
  const plain = () =>
    row?.(failure, { path, code, outcome, cause }) ??
      new Unclassified({ code, errno, syscall, path, outcome, cause })
  return code === "EXDEV" ? Option.getOrElse(virtualized(failure, environment, outcome), plain) : plain()
}

// A folder that is missing, no folder, on a full disk or on a broken one is so in and out of a container.
const explainThemselves: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "ENOSPC", "EDQUOT", "EIO"])

/** The reason of a failed listing of a folder: whatever the code, what is in it is unknown. */
export const directoryReasonOf = (failure: IoFailure, environment: Environment): Reason => {
  const code = codeOf(failure, environment.platform)
  if (code === "EMFILE" || code === "ENFILE") return reasonOf(failure, environment, "notApplied")
  const plain = () => new DirectoryUnreadable({ path: failure.path, code, outcome: "notApplied", cause: failure.cause })
  return explainThemselves.has(code)
    ? plain()
    : Option.getOrElse(virtualized(failure, environment, "notApplied"), plain)
}

// A platform that does not sync folders answers with one of these (Windows; some FUSE and 9p mounts).
const noDirectorySync: ReadonlySet<string> = new Set([
  "EPERM",
  "EACCES",
  "EISDIR",
  "EINVAL",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS"
])

/** Whether the code of a failed sync of a folder only says that the platform has no such thing. */
export const lacksDirectorySync = (platform: Platform, code: string): boolean =>
  noDirectorySync.has(code) && (platform === "win32" || !["EPERM", "EACCES"].includes(code))

export { isMissing } from "./Io.ts"
