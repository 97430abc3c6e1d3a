/**
 * The limit of one readable file per session without renames: its bytes are written over and flushed. A crash in between
 * leaves half of each; it is a limit, no way to keep anything.
 */
import { closeSync, constants, fdatasyncSync, ftruncateSync, openSync, writeSync } from "node:fs"
import { open } from "node:fs/promises"
import { filePerSession } from "./filePerSession.ts"
import { appendByRewriting } from "./rewriting.ts"
import type { Open } from "./Subject.ts"

const flags = constants.O_RDWR | constants.O_CREAT

export const syncOpen: Open = (directory) =>
  appendByRewriting(filePerSession(directory, (path, text) => {
    const file = openSync(path, flags)
    const bytes = Buffer.from(text)
    writeSync(file, bytes, 0, bytes.length, 0)
    ftruncateSync(file, bytes.length)
    fdatasyncSync(file)
    closeSync(file)
  }))

export const asyncOpen: Open = (directory) =>
  appendByRewriting(filePerSession(directory, async (path, text) => {
    const file = await open(path, flags)
    const bytes = Buffer.from(text)
    await file.write(bytes, 0, bytes.length, 0)
    await file.truncate(bytes.length)
    await file.datasync()
    await file.close()
  }))
