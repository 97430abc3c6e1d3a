/**
 * The mark that a recovery has begun to replace a database: a file that names where the damaged one goes.
 *
 * It has its name only when it is whole. While it stands nobody opens the store, because the database may be
 * between two names; the next recovery goes on from it.
 */
import * as Option from "effect/Option"
import { existsSync, readFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { moveIfThere, removeIfThere, writeNew } from "./files.ts"

const markPath = (path: string): string => `${path}-recovery`

/** Whether a recovery of the database at a path has begun and not ended. Throws what the system throws. */
export const isHalfRecovered = (path: string): boolean => existsSync(markPath(path))

/** Where the damaged database of a recovery that has begun goes; it lies beside the database. */
export const readMark = (path: string): Option.Option<string> =>
  isHalfRecovered(path)
    ? Option.some(join(dirname(path), readFileSync(markPath(path), "utf8")))
    : Option.none()

/** Marks that the database at a path is being replaced. */
export const writeMark = (path: string, aside: string): void => {
  const draft = `${markPath(path)}-draft`
  removeIfThere(draft)
  writeNew(draft, basename(aside))
  moveIfThere(draft, markPath(path))
}

/** Removes the mark: the database has its name. */
export const removeMark = (path: string): void => removeIfThere(markPath(path))
