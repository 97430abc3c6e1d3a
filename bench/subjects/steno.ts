/** steno, one writer per session's file. */
import { Writer } from "steno"
import { filePerSession } from "./filePerSession.ts"
import { appendByRewriting } from "./rewriting.ts"
import type { Open } from "./Subject.ts"

export const open: Open = (directory) => {
  const writers = new Map<string, Writer>()
  return appendByRewriting(filePerSession(directory, (path, text) => {
    const writer = writers.get(path) ?? new Writer(path)
    writers.set(path, writer)
    return writer.write(text)
  }))
}
