/**
 * What the tests of the catalog share: stores whose sessions look as if they had been written long ago, and
 * file systems that show what was opened.
 *
 * A row counts only when its session rested for 2 s before it was written. Here every session has: the times that
 * the disk tells are shifted, and change with every write all the same.
 */
import type { StorageError } from "@holdfast/core"
import { Context, Effect, type FileSystem, Option, type Scope } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { ExactStat, type LookExactly } from "../../src/io/exactStat.ts"
import type { FileCall } from "../../src/testing/intercept.ts"
import { interceptFileSystem } from "../../src/testing/intercept.ts"
import { type Adapter, listed, open, type OpenOptions, realFileSystem, visit } from "../kit.ts"

const hour = 3_600_000_000_000n

const onDisk: LookExactly = Context.get(Context.empty(), ExactStat)

/** The disk, with some of what lies on it an hour older than it is. */
const older = (isOlder: (file: string) => boolean): LookExactly => (file) =>
  Effect.map(
    onDisk(file),
    Option.map((facts) =>
      isOlder(file) ? { ...facts, mtimeNs: facts.mtimeNs - hour, ctimeNs: facts.ctimeNs - hour } : facts
    )
  )

const aged = older((file) => !file.includes(".holdfast"))

/** A disk on which the files have rested, and the folders have changed a moment ago. */
export const stirred: LookExactly = older((file) => !file.includes(".holdfast") && !file.endsWith("/"))

/** Runs an effect in a world where sessions have rested. */
export const inOldTimes = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.provideService(effect, ExactStat, aged)

/** Opens an adapter until the scope closes, on sessions that have rested. */
export const openAged = (directory: string, options?: OpenOptions): Effect.Effect<Adapter, StorageError, Scope.Scope> =>
  inOldTimes(open(directory, options))

/**
 * Opens an adapter on sessions that have rested, uses it and closes it. What another store then reads of them is
 * written down: of what it has saved itself a store that closes writes names only.
 */
export const visitAged = <A, E, R>(
  directory: string,
  use: (adapter: Adapter) => Effect.Effect<A, E, R>,
  options?: OpenOptions
) => inOldTimes(Effect.tap(visit(directory, use, options), () => visit(directory, (adapter) => listed(adapter))))

const isOfCatalog = (file: string): boolean => file.includes(`${path.sep}.holdfast${path.sep}catalog`)

/** A file system that shows which files of sessions were opened or read, and what was done to catalogs. */
export const shown = (below: FileSystem.FileSystem = realFileSystem) => {
  const opened: Array<string> = []
  const catalog: Array<FileCall> = []
  const fileSystem = interceptFileSystem(below, (call, effect) =>
    Effect.suspend(() => {
      if (isOfCatalog(call.path)) catalog.push(call)
      const opens = call.operation === "open" || call.operation === "readFile"
      if (opens && /\.jsonl?$/.test(call.path) && !call.path.includes(".holdfast")) {
        opened.push(path.basename(call.path))
      }
      return effect
    }))
  return { opened, catalog, fileSystem }
}

/** The catalog file of a folder of a store. */
export const catalogOf = (folder: string, ...names: ReadonlyArray<string>): string =>
  path.join(folder, ".holdfast", "catalog", ...names, "heads.jsonl")

/** The lines of a catalog that say something. */
export const linesOf = (folder: string, ...names: ReadonlyArray<string>): ReadonlyArray<string> =>
  fs.readFileSync(catalogOf(folder, ...names), "utf8").split("\n").filter((line) => line !== "")
