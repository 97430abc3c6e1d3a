/**
 * A file system that knows what a power cut would leave of it.
 *
 * It lies in memory, records every change and every sync, and enumerates the states that its disk could
 * be in after a power cut at any moment. Each state can be mounted as such a file system again, so that
 * what opens it can be judged, and cut off a second time. What a write, a rename or a missing sync may
 * leave is in `crash/states.ts`.
 */
import { FileSystem } from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { ExactStat, type LookExactly } from "../io/exactStat.ts"
import { LockDatabases } from "../io/lockDatabase.ts"
import { applyStep, type Step } from "./crash/disk.ts"
import { makeFileSystem } from "./crash/fileSystem.ts"
import { type Files, identityOf, type Image, imageOf, nodesOf, pathsOf } from "./crash/image.ts"
import { makeLiveDisk } from "./crash/LiveDisk.ts"
import { makeLocks } from "./crash/locks.ts"
import { lookExactly } from "./crash/openFile.ts"
import { replay } from "./crash/replay.ts"
import { imagesOf, type NameOrder } from "./crash/states.ts"

export type { Files } from "./crash/image.ts"
export type { NameOrder } from "./crash/states.ts"

/** A state that a power cut can leave. */
export interface CrashState {
  /** The numbers of steps after which a power cut can leave it: the smallest and the largest. */
  readonly first: number
  readonly last: number
  /** What lies below the root: bytes by path, and nothing for folders, whose paths end in a slash. */
  readonly files: ReadonlyArray<readonly [path: string, bytes: Uint8Array | undefined]>
  /** The same text for the same names and bytes only. */
  readonly identity: string
  /** A disk in this state, under a path that no other disk of this process has. */
  readonly mount: (options?: Options) => CrashFileSystem
}

/** Which states are asked for. */
export interface StatesOptions {
  /** The numbers of steps at which the power may be cut; from the beginning to the last one by default. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  /** In which order the names of one folder reach the disk; `journal` by default. */
  readonly names?: NameOrder | undefined
  /** Paths below the root of which all is durable at once, so that they do not multiply the states of others. */
  readonly sure?: ((path: string) => boolean) | undefined
}

export interface Options {
  /** Which syncs fail with EIO, by path; what such a sync was to cover may be lost for good. None by default. */
  readonly failsSync?: ((path: string) => boolean) | undefined
}

export interface CrashFileSystem {
  /** The path of the only folder that is there from the start. */
  readonly root: string
  readonly fileSystem: FileSystem
  /** Locks within this process, in the place of those of the real disk. */
  readonly lockDatabases: LockDatabases
  /** What the disk tells of a file to the nanosecond, in the place of what the real one does. */
  readonly exactStat: LookExactly
  /** The file system, the locks and the exact times. */
  readonly layer: Layer.Layer<FileSystem>
  /** How many steps were made so far. */
  readonly steps: () => number
  /** Every state that a power cut can leave, each once. */
  readonly crashStates: (options?: StatesOptions) => ReadonlyArray<CrashState>
  /** The least that a power cut at this moment leaves: nothing that no sync has covered. */
  readonly leastState: () => CrashState
  /**
   * The disk after the death of the process alone, so many steps after the start: all that it wrote can be
   * read, and a power cut may take what was not synced from whoever comes next.
   */
  readonly killed: (step: number, options?: Options) => CrashFileSystem
}

// Knowledge that the process keeps about a folder is kept by its path: no two disks may share one.
let mounts = 0

const stateOf = (left: Image, span: { readonly first: number; readonly last: number }): CrashState => ({
  ...span,
  files: pathsOf(left),
  identity: identityOf(left),
  mount: (options = {}) => mount(left, [], options)
})

const mount = (image: Image, made: ReadonlyArray<Step>, { failsSync = () => false }: Options): CrashFileSystem => {
  mounts += 1
  const disk = makeLiveDisk(`/crash/${mounts}`, image, made)
  const fileSystem = makeFileSystem(disk, failsSync)
  const lockDatabases = makeLocks()
  const exactStat = lookExactly(disk)

  const crashStates = (options: StatesOptions = {}): ReadonlyArray<CrashState> => {
    const { from = made.length, names = "journal", sure = () => false, to = disk.steps.length } = options
    const nodes = nodesOf(image)
    const step = replay(nodes, sure)
    const found = new Map<string, { readonly image: Image; readonly first: number; last: number }>()
    const look = (at: number): void => {
      for (const left of imagesOf(nodes, names)) {
        const identity = identityOf(left)
        const known = found.get(identity)
        if (known === undefined) found.set(identity, { image: left, first: at, last: at })
        else known.last = at
      }
    }
    for (let at = 0; at <= to; at++) {
      if (at >= from) look(at)
      if (at < to) step(disk.steps[at]!)
    }
    return [...found.values()].map(({ first, image: left, last }) => stateOf(left, { first, last }))
  }

  const leastState = (): CrashState => {
    const nodes = nodesOf(image)
    const at = disk.steps.length
    for (const step of disk.steps) applyStep(nodes, step)
    const [least = image] = imagesOf(nodes, "journal")
    return stateOf(least, { first: at, last: at })
  }

  return {
    root: disk.root,
    fileSystem,
    lockDatabases,
    exactStat,
    layer: Layer.mergeAll(
      Layer.succeed(FileSystem, fileSystem),
      Layer.succeed(LockDatabases, lockDatabases),
      Layer.succeed(ExactStat, exactStat)
    ),
    steps: () => disk.steps.length,
    crashStates,
    leastState,
    killed: (at, options = {}) => mount(image, disk.steps.slice(0, at), options)
  }
}

/** A disk with some files, all durable. */
export const make = (files: Files = {}, options: Options = {}): CrashFileSystem => mount(imageOf(files), [], options)
