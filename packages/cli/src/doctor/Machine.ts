/**
 * What the machine says beside the store: its system, the room on its disks, and which processes hold locks.
 *
 * It is asked here and nowhere else; a test brings a machine of its own. What the system does not tell is none, never
 * a guess.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import { readFile, stat, statfs } from "node:fs/promises"
import { release } from "node:os"

/** A process that holds a lock. */
export interface Holder {
  readonly pid: number
  readonly program: string
}

export interface Room {
  readonly freeBytes: number
  readonly totalBytes: number
}

export interface Machine {
  readonly platform: string
  readonly architecture: string
  readonly osRelease: string
  readonly node: string
  /** The room on the disk of a folder. */
  readonly roomAt: (folder: string) => Effect.Effect<Option.Option<Room>>
  /** The other processes that hold a lock on a file; none where the system does not tell. */
  readonly holdersOf: (file: string) => Effect.Effect<Option.Option<ReadonlyArray<Holder>>>
}

const roomAt = (folder: string): Effect.Effect<Option.Option<Room>> =>
  Effect.option(Effect.map(
    Effect.tryPromise(() => statfs(folder)),
    ({ bavail, blocks, bsize }) => ({ freeBytes: bavail * bsize, totalBytes: blocks * bsize })
  ))

const programOf = (pid: number): Effect.Effect<string> =>
  Effect.tryPromise(() => readFile(`/proc/${pid}/comm`, "utf8")).pipe(
    Effect.map((name) => name.trim()),
    Effect.orElseSucceed(() => "a process of somebody else")
  )

// `1: POSIX  ADVISORY  READ 4711 08:01:1835014 1073741826 1073742335`, proc_locks(5); the last part names the inode.
const lockLine = /^\d+: (?:POSIX|OFDLCK)\s+\S+\s+\S+\s+(-?\d+) [0-9a-f]+:[0-9a-f]+:(\d+) /gm

/** The processes that hold a lock on an inode, in the text of `/proc/locks`. */
export const holdersIn = (locks: string, inode: number): ReadonlyArray<number> => [
  ...new Set(
    [...locks.matchAll(lockLine)].flatMap(([, pid, ino]) =>
      Number(ino) === inode && Number(pid) > 0 ? [Number(pid)] : []
    )
  )
]

const holdersOf = (file: string): Effect.Effect<Option.Option<ReadonlyArray<Holder>>> =>
  Effect.gen(function*() {
    const { ino } = yield* Effect.tryPromise(() => stat(file))
    const locks = yield* Effect.tryPromise(() => readFile("/proc/locks", "utf8"))
    const pids = holdersIn(locks, ino).filter((pid) => pid !== process.pid)
    return yield* Effect.forEach(pids, (pid) => Effect.map(programOf(pid), (program): Holder => ({ pid, program })))
  }).pipe(Effect.option)

/** The machine that this process runs on, unless somebody provides another. */
export const CurrentMachine: Context.Reference<Machine> = Context.Reference<Machine>("@holdfast/cli/doctor/Machine", {
  defaultValue: () => ({
    platform: process.platform,
    architecture: process.arch,
    osRelease: release(),
    node: process.versions.node,
    roomAt,
    holdersOf
  })
})
