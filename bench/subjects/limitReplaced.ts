/**
 * The limit of one readable file per session by rename: a temp file, its flush, the rename over the name, the flush of
 * the folder. The variants leave a step out or share it, to show what that step costs.
 */
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs"
import { open, rename, writeFile } from "node:fs/promises"
import { filePerSession } from "./filePerSession.ts"
import { appendByRewriting } from "./rewriting.ts"
import type { Open } from "./Subject.ts"

let tempCount = 0
const tempOf = (path: string): string => `${path}.${process.pid}.${tempCount++}.tmp`

const replace = async (path: string, text: string): Promise<void> => {
  const temp = tempOf(path)
  const file = await open(temp, "wx")
  await file.writeFile(text)
  await file.sync()
  await file.close()
  await rename(temp, path)
}

const syncFolder = async (directory: string): Promise<void> => {
  const folder = await open(directory, "r")
  await folder.sync()
  await folder.close()
}

/** Every step, on the main thread. */
export const syncOpen: Open = (directory) =>
  appendByRewriting(filePerSession(directory, (path, text) => {
    const temp = tempOf(path)
    const file = openSync(temp, "wx")
    writeFileSync(file, text)
    fsyncSync(file)
    closeSync(file)
    renameSync(temp, path)
    const folder = openSync(directory, "r")
    fsyncSync(folder)
    closeSync(folder)
  }))

/** Every step, by promises; each save flushes the folder itself. */
export const asyncOpen: Open = (directory) =>
  appendByRewriting(filePerSession(directory, async (path, text) => {
    await replace(path, text)
    await syncFolder(directory)
  }))

/** Without the flush of the folder: an acknowledged save can be lost in a power cut. */
export const fileFlushedOpen: Open = (directory) => appendByRewriting(filePerSession(directory, replace))

/** Nothing is flushed and nothing is atomic. */
export const unflushedOpen: Open = (directory) =>
  appendByRewriting(filePerSession(directory, (path, text) => writeFile(path, text)))

/** A function whose calls share a run that starts after them. */
const sharing = (run: () => Promise<void>): () => Promise<void> => {
  let next: Promise<void> | undefined
  let running: Promise<void> = Promise.resolve()
  const start = async (before: Promise<void>): Promise<void> => {
    await before
    next = undefined
    await run()
  }
  return () => {
    if (next === undefined) {
      next = start(running)
      running = next
    }
    return next
  }
}

/** Saves that end together share the flush of their folder. */
export const sharedFolderOpen: Open = (directory) => {
  const sync = sharing(() => syncFolder(directory))
  return appendByRewriting(filePerSession(directory, async (path, text) => {
    await replace(path, text)
    await sync()
  }))
}

/** Saves of one session that wait for the one under way are written as one, the last of them. */
export const coalescedOpen: Open = (directory) => {
  const latest = new Map<string, string>()
  const writers = new Map<string, () => Promise<void>>()
  const writerOf = (path: string): () => Promise<void> => {
    const known = writers.get(path)
    if (known !== undefined) return known
    const writer = sharing(async () => {
      await replace(path, latest.get(path) ?? "")
      await syncFolder(directory)
    })
    writers.set(path, writer)
    return writer
  }
  return appendByRewriting(filePerSession(directory, (path, text) => {
    latest.set(path, text)
    return writerOf(path)()
  }))
}
