/**
 * The few calls that name files of a store: making folders, and setting databases aside.
 *
 * Every change of a name is flushed before the next one, so that a crash leaves the names of one step or
 * of the one before. None of these calls is made on a database that anybody has open. All throw what the
 * system throws.
 */
import * as Result from "effect/Result"
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, unlinkSync, writeSync } from "node:fs"
import { dirname } from "node:path"

/** Flushes the entries of a folder; a platform that cannot open folders has no such flush. */
const syncFolder = (path: string): void => {
  if (process.platform === "win32") return
  const folder = openSync(path, "r")
  fsyncSync(folder)
  closeSync(folder)
}

/** Makes a folder and those above it that are missing, for the user alone. */
export const makeFolder = (path: string): void => {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  // Node's own recursion never ends where a folder cannot be made, as in /proc.
  const made = Result.try(() => mkdirSync(path, { mode: 0o700 }))
  if (Result.isFailure(made) && !existsSync(path)) throw made.failure
  syncFolder(dirname(path))
}

/** Gives a file in the same folder another name, if it is there. */
export const moveIfThere = (source: string, target: string): void => {
  if (!existsSync(source)) return
  renameSync(source, target)
  syncFolder(dirname(target))
}

/** Removes a file of ours, if it is there. */
export const removeIfThere = (path: string): void => {
  if (!existsSync(path)) return
  unlinkSync(path)
  syncFolder(dirname(path))
}

/** Writes a small file that must not exist, on the disk with its name when this returns. */
export const writeNew = (path: string, text: string): void => {
  const file = openSync(path, "wx", 0o600)
  writeSync(file, text)
  fsyncSync(file)
  closeSync(file)
  syncFolder(dirname(path))
}

/** Flushes a file that nobody has open. */
export const syncFile = (path: string): void => {
  const file = openSync(path, "r+")
  fsyncSync(file)
  closeSync(file)
}

/** Makes an empty file for the user alone, unless there is one. */
export const makePrivate = (path: string): void => {
  if (!existsSync(path)) closeSync(openSync(path, "a", 0o600))
}
