/**
 * From the filename of the options to a path that can be opened: absolute, without links, in a folder that is there.
 *
 * The real path is what this process knows a database by. Missing folders are made, each durable in its
 * parent, unless the store has to exist.
 */
import { type Reason, Unsupported } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import { existsSync, lstatSync, readlinkSync, realpathSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import { makeFolder } from "./files.ts"
import { reasonOf } from "./resultCode.ts"

/** Refuses what names no file: SQLite would keep a database of its own for each connection. */
const refuseMemory = (filename: string): Effect.Effect<void, Reason> =>
  filename === "" || filename === ":memory:"
    ? Effect.fail(
      new Unsupported({ capability: "a database without a file; use @holdfast/adapter-memory", outcome: "notApplied" })
    )
    : Effect.void

// As many as Linux follows, path_resolution(7).
const linksMax = 40

/** The real path of a file that may not be there yet; a link that leads nowhere yet is followed all the same. */
const realPathOf = (path: string, links: number): string => {
  if (existsSync(path)) return realpathSync.native(path)
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
  if (isLink && links > 0) return realPathOf(resolve(dirname(path), readlinkSync(path)), links - 1)
  return join(realpathSync.native(dirname(path)), basename(path))
}

/** The real path of a database, with the folder that it is in. */
export const openPath = ({ filename, mustExist }: {
  readonly filename: string
  readonly mustExist: boolean
}): Effect.Effect<string, Reason> =>
  Effect.gen(function*() {
    yield* refuseMemory(filename)
    const path = resolve(filename)
    return yield* Effect.try({
      try: () => {
        if (!mustExist) makeFolder(dirname(path))
        return realPathOf(path, linksMax)
      },
      catch: (cause) => reasonOf(cause, { path, outcome: "notApplied" })
    })
  })
