/**
 * Who has a store open, whichever kind it is, and the lock that tells: asked before a command opens it itself.
 *
 * A chain of stores is asked by none of them: then it is unknown. So is a program that uses files or a database without
 * Holdfast: that one takes no lock.
 */
import type { StorageUrl } from "@holdfast/core"
import * as Effect from "effect/Effect"
import type { FileSystem } from "effect/FileSystem"
import * as Path from "effect/Path"

/** Who has a store open, and the file of the lock by which they have it. */
export interface Users {
  readonly inUse: "nobody" | "somebody" | "unknown"
  readonly lock: string | undefined
}

/** Asks who has a store open. */
export const usersOfStore = Effect.fnUntraced(function*(
  { stores: [store, ...others] }: StorageUrl.Parsed
): Effect.fn.Return<Users, never, FileSystem | Path.Path> {
  const path = yield* Path.Path
  if (store?.scheme === "fs" && others.length === 0) {
    const { FsAdapter } = yield* Effect.promise(() => import("@holdfast/adapter-fs"))
    const lock = path.join(path.resolve(store.path), ".holdfast", "presence.db")
    return { inUse: yield* FsAdapter.inUse({ directory: store.path }), lock }
  }
  if (store?.scheme === "sqlite" && others.length === 0) {
    const { SqliteAdapter } = yield* Effect.promise(() => import("@holdfast/adapter-sqlite"))
    return {
      inUse: yield* SqliteAdapter.inUse({ filename: store.path }),
      lock: `${path.resolve(store.path)}-lock`
    }
  }
  return { inUse: "unknown", lock: undefined }
})
