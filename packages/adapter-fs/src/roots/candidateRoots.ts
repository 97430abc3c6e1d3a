/**
 * The places of an app's sessions on this machine, over the file system of the context.
 *
 * It only looks: nothing is opened, made or changed. Seen from inside a package or a sandbox some places
 * are hidden or led elsewhere, which `hints` tells.
 */
import * as Effect from "effect/Effect"
import { type DirectoryEntry, FileSystem } from "effect/FileSystem"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import { codeOf } from "../io/errno.ts"
import { failureOf } from "../io/Io.ts"
import { hintsOf } from "../probe/containers.ts"
import type { Hint } from "../probe/hint.ts"
import { CurrentSurroundings, type Surroundings } from "../probe/surroundings.ts"
import { findRoots, type Roots } from "./candidates.ts"
import type { Entry, Folders } from "./expand.ts"
import { join } from "./folders.ts"
import type { App } from "./patterns.ts"

/** The places of an app's sessions, and the containers that the process is in. */
export interface RootsReport extends Roots {
  readonly hints: ReadonlyArray<Hint>
}

const disk = (fileSystem: FileSystem, around: Surroundings): Folders => {
  // A link leads to a folder or does not: only following it tells.
  const entryOf = (folder: string, { name, type }: DirectoryEntry): Effect.Effect<Entry> =>
    type === "SymbolicLink" || type === "Unknown"
      ? Effect.match(fileSystem.stat(join(around, folder, name)), {
        onFailure: () => ({ name, isFolder: false }),
        onSuccess: (info) => ({ name, isFolder: info.type === "Directory" })
      })
      : Effect.succeed({ name, isFolder: type === "Directory" })
  const codeAt = (path: string) => (error: PlatformError) => codeOf(failureOf(error, path), around.platform)
  return {
    list: (path) =>
      fileSystem.readDirectoryEntries(path).pipe(
        Effect.mapError(codeAt(path)),
        Effect.flatMap((entries) => Effect.forEach(entries, (entry) => entryOf(path, entry)))
      ),
    realPath: (path) => Effect.match(fileSystem.realPath(path), { onFailure: () => path, onSuccess: (real) => real })
  }
}

/** Every place where sessions of an app may lie on this machine, with what was seen there. */
export const candidateRoots = Effect.fnUntraced(function*(
  app: App
): Effect.fn.Return<RootsReport, never, FileSystem> {
  const around = yield* CurrentSurroundings
  const roots = yield* findRoots(app, around, disk(yield* FileSystem, around))
  const given = roots.candidates[0]?.path ?? ""
  return { ...roots, hints: hintsOf(around, { given, actual: Option.none() }) }
})
