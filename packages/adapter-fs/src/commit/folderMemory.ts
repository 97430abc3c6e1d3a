/**
 * What all adapters of one process share about one folder, found by its real path.
 *
 * Two adapters opened on one folder lock each other out per key, know each other's writes on their way,
 * and agree on what was synced. Everything here is knowledge that may be lost: a process that does not
 * know that something was synced writes and syncs it again.
 */
import {
  type AppliedWrite,
  type ChangeFeed,
  type KeyedLock,
  makeChangeFeed,
  makeKeyedLock,
  randomId
} from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { HostLocks } from "../io/hostLocks.ts"
import { makeSharedSync, type SharedSync } from "../io/sharedSync.ts"
import type { LogState } from "../layout/logFold.ts"
import { type Gate, makeGate } from "./gate.ts"
import { type HeadMemo, makeHeadMemo } from "./headMemo.ts"
import type { Verdict } from "./storeMarker.ts"

/** How a head gets its name. */
export type Protocol = "rename" | "slots"

/** What this process knows of one key. */
export interface KeyMemory {
  /** The newest version whose head this process has synced, with its name. */
  readonly headSynced: number
  /** How far this process has read and synced the key's log. */
  readonly log: { readonly incarnation: string; readonly segment: number; readonly state: LogState } | undefined
  /** What this process saved of the key's present life, by write id, oldest first: more than a head remembers. */
  readonly saves: { readonly incarnation: string; readonly writes: Map<string, AppliedWrite> }
  /** A sync of the log failed: what was written since may be lost, and writing goes on in a new segment. */
  readonly isLogBroken: boolean
}

const unknownKey = (): KeyMemory => ({
  headSynced: 0,
  log: undefined,
  saves: { incarnation: "", writes: new Map() },
  isLogBroken: false
})

/** A marker as it was read. */
export interface KnownMarker {
  /** Which file it was, empty where that cannot be told: another record makes another file of it. */
  readonly identity: string
  readonly verdict: Verdict
}

/** What this process knows of one store's folder, whoever opened it. */
export interface FolderMemory {
  readonly lock: KeyedLock
  /** What this process is called on the notice board of the store. */
  readonly writer: string
  /** Where this process's writes are told to those who watch the store. */
  readonly feed: ChangeFeed
  /** The locks between processes, opened once for as long as this memory is kept; none where there are none. */
  readonly hostLocks: (
    open: Effect.Effect<Option.Option<HostLocks>, never, Scope.Scope>
  ) => Effect.Effect<Option.Option<HostLocks>>
  /** The keys whose locks somebody holds. */
  readonly held: ReadonlySet<string>
  readonly recall: (key: string) => KeyMemory
  readonly remember: (key: string, memory: KeyMemory) => void
  /** Whether a sync of the key's log failed in this process. */
  readonly isLogBroken: (key: string) => boolean
  /** The protocol that last worked, per folder, and when renames were last tried there, in epoch milliseconds. */
  readonly protocols: Map<string, { readonly protocol: Protocol; readonly triedAt: number }>
  /** The heads that this process has published. */
  readonly heads: HeadMemo
  /** Folders whose names up to the root this process has synced. */
  readonly syncedFolders: Set<string>
  /** What each marker was when it was read last, by its text without a record. */
  readonly markers: Map<string, KnownMarker>
  /** The number of the store-level record that this process has synced, by the marker's text without one. */
  readonly syncedRoles: Map<string, number>
  /** Passed by commits, and shut while the store-level record is replaced. */
  readonly gate: Gate
  /** Syncs of folders, shared by all who wait for one. */
  readonly sharedSync: SharedSync
  /** Stems that this process has published, per folder: listings look for them even when `readdir` misses them. */
  readonly stems: Map<string, Set<string>>
  /** Temporary files of writes that are under way in this process. */
  readonly temps: Set<string>
  /**
   * Keeps this memory for the length of a write: one that hangs while its adapter is closed still holds
   * its key's lock, and whoever opens the folder again must find it held.
   */
  readonly retain: <A, E, R>(write: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

// Each remembers at most 1,536 write ids, about 300 KB; forgotten keys are read again.
const keyMemoriesMax = 256

const makeMemory = (): Pick<FolderMemory, "isLogBroken" | "recall" | "remember"> => {
  const memories = new Map<string, KeyMemory>()
  return {
    recall: (key) => memories.get(key) ?? unknownKey(),
    isLogBroken: (key) => memories.get(key)?.isLogBroken === true,
    remember: (key, memory) => {
      // Deleting first moves the key to the end: the map's order is the order of last use.
      memories.delete(key)
      memories.set(key, memory)
      const oldest = memories.size > keyMemoriesMax ? memories.keys().next().value : undefined
      if (oldest !== undefined) memories.delete(oldest)
    }
  }
}

/** The memory of a folder, and how many use it. */
interface OpenFolder {
  readonly memory: FolderMemory
  /** Ends when the last user leaves. */
  readonly scope: Scope.Closeable
  users: number
}

const openFolders = new Map<string, OpenFolder>()

const enter = (realPath: string, folder: OpenFolder) =>
  Effect.sync(() => {
    folder.users += 1
    openFolders.set(realPath, folder)
    return folder.memory
  })

const leave = (realPath: string, folder: OpenFolder) =>
  Effect.suspend(() => {
    folder.users -= 1
    if (folder.users > 0) return Effect.void
    openFolders.delete(realPath)
    return Scope.close(folder.scope, Exit.void)
  })

/** Keeps what is opened first until the scope closes. */
const openOnce = <A>(scope: Scope.Scope) => {
  const turn = Semaphore.makeUnsafe(1)
  let opened: Option.Option<A> | undefined
  return (open: Effect.Effect<Option.Option<A>, never, Scope.Scope>): Effect.Effect<Option.Option<A>> =>
    turn.withPermit(Effect.suspend(() =>
      opened === undefined
        ? Effect.tap(Scope.provide(open, scope), (result) =>
          Effect.sync(() => {
            opened = result
          }))
        : Effect.succeed(opened)
    ))
}

const makeFolder = (realPath: string, lock: KeyedLock): OpenFolder => {
  const held = new Set<string>()
  const holding = <A, E, R>(key: string, effect: Effect.Effect<A, E, R>) =>
    Effect.acquireUseRelease(Effect.sync(() => held.add(key)), () => effect, () => Effect.sync(() => held.delete(key)))
  const scope = Scope.makeUnsafe()
  const folder: OpenFolder = {
    users: 0,
    scope,
    memory: {
      hostLocks: openOnce(scope),
      lock: (key) => (effect) => lock(key)(holding(key, effect)),
      writer: randomId(),
      feed: makeChangeFeed(),
      held,
      ...makeMemory(),
      protocols: new Map(),
      heads: makeHeadMemo(),
      syncedFolders: new Set(),
      markers: new Map(),
      syncedRoles: new Map(),
      gate: makeGate(),
      sharedSync: makeSharedSync(),
      stems: new Map(),
      temps: new Set(),
      retain: (write) => Effect.acquireUseRelease(enter(realPath, folder), () => write, () => leave(realPath, folder))
    }
  }
  return folder
}

/** The memory of the folder at a real path, kept while somebody in this process uses it. */
export const acquireFolderMemory = (realPath: string): Effect.Effect<FolderMemory, never, Scope.Scope> =>
  Effect.gen(function*() {
    const lock = yield* makeKeyedLock
    const folder = openFolders.get(realPath) ?? makeFolder(realPath, lock)
    return yield* Effect.acquireRelease(enter(realPath, folder), () => leave(realPath, folder))
  })
