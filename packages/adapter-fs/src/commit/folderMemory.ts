/**
 * What all adapters of one process share about one folder, found by its real path.
 *
 * Two adapters opened on one folder lock each other out per key, know each other's writes on their way,
 * and agree on what was synced. Everything here is knowledge that may be lost: a process that does not
 * know that something was synced writes and syncs it again.
 */
import { type KeyedLock, makeKeyedLock } from "@holdfast/core"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { LogState } from "../layout/logFold.ts"

/** How a head gets its name. */
export type Protocol = "rename" | "slots"

/** What this process knows of one key. */
export interface KeyMemory {
  /** The newest version whose head this process has synced, with its name. */
  readonly headSynced: number
  /** How far this process has read and synced the key's log. */
  readonly log: { readonly incarnation: string; readonly segment: number; readonly state: LogState } | undefined
  /** A sync of the log failed: what was written since may be lost, and writing goes on in a new segment. */
  readonly isLogBroken: boolean
}

const unknownKey: KeyMemory = { headSynced: 0, log: undefined, isLogBroken: false }

/** What this process knows of one store's folder, whoever opened it. */
export interface FolderMemory {
  readonly lock: KeyedLock
  readonly recall: (key: string) => KeyMemory
  readonly remember: (key: string, memory: KeyMemory) => void
  /** The protocol that last worked, per folder. */
  readonly protocols: Map<string, Protocol>
  /** Folders whose names up to the root this process has synced. */
  readonly syncedFolders: Set<string>
  /** Stems that this process has published, per folder: listings look for them even when `readdir` misses them. */
  readonly stems: Map<string, Set<string>>
  /** Temporary files of writes that are under way in this process. */
  readonly temps: Set<string>
}

// Each remembers at most 1,024 write ids, about 200 KB; forgotten keys are read again.
const keyMemoriesMax = 256

const makeMemory = (): Pick<FolderMemory, "recall" | "remember"> => {
  const memories = new Map<string, KeyMemory>()
  return {
    recall: (key) => memories.get(key) ?? unknownKey,
    remember: (key, memory) => {
      // Deleting first moves the key to the end: the map's order is the order of last use.
      memories.delete(key)
      memories.set(key, memory)
      const oldest = memories.size > keyMemoriesMax ? memories.keys().next().value : undefined
      if (oldest !== undefined) memories.delete(oldest)
    }
  }
}

const open = new Map<string, { readonly memory: FolderMemory; users: number }>()

/** The memory of the folder at a real path, kept while somebody in this process uses it. */
export const acquireFolderMemory = (realPath: string): Effect.Effect<FolderMemory, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.map(makeKeyedLock, (lock) => {
      const entry = open.get(realPath) ?? {
        users: 0,
        memory: {
          lock,
          ...makeMemory(),
          protocols: new Map(),
          syncedFolders: new Set<string>(),
          stems: new Map<string, Set<string>>(),
          temps: new Set<string>()
        }
      }
      entry.users += 1
      open.set(realPath, entry)
      return entry.memory
    }),
    () =>
      Effect.sync(() => {
        const entry = open.get(realPath)
        if (entry === undefined) return
        entry.users -= 1
        if (entry.users === 0) open.delete(realPath)
      })
  )
