/**
 * The limit of durable saves: lines at the end of one file that stays open, flushed before they are acknowledged. No
 * store does less that survives a power cut; it has no listing, no removal and grows for ever.
 */
import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from "node:fs"
import { open } from "node:fs/promises"
import { join } from "node:path"
import type { Message, Session } from "../documents.ts"
import type { Open, Subject } from "./Subject.ts"

type Line = { readonly session: Session } | { readonly id: string; readonly messages: ReadonlyArray<Message> }

const reading = (path: string): Required<Pick<Subject, "load" | "messages">> => {
  const lines = (): ReadonlyArray<Line> =>
    readFileSync(path, "utf8").split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as Line)
  return {
    load: (id) => lines().flatMap((line) => "session" in line && line.session.id === id ? [line.session] : []).at(-1),
    messages: (id, last) => {
      const all = lines().flatMap((line) => "messages" in line && line.id === id ? line.messages : [])
      return last === undefined ? all : all.slice(-last)
    }
  }
}

/** One write and one flush each, on the main thread. */
export const syncOpen: Open = (directory) => {
  const path = join(directory, "log.jsonl")
  const file = openSync(path, "a")
  const add = (line: Line): void => {
    writeSync(file, `${JSON.stringify(line)}\n`)
    fdatasyncSync(file)
  }
  return {
    ...reading(path),
    save: (session) => add({ session }),
    append: (id, messages) => add({ id, messages }),
    close: () => closeSync(file)
  }
}

/** One write and one flush each, by promises. */
export const asyncOpen: Open = async (directory) => {
  const path = join(directory, "log.jsonl")
  const file = await open(path, "a")
  const add = async (line: Line): Promise<void> => {
    await file.write(`${JSON.stringify(line)}\n`)
    await file.datasync()
  }
  return {
    ...reading(path),
    save: (session) => add({ session }),
    append: (id, messages) => add({ id, messages }),
    close: () => file.close()
  }
}

/** Who comes while a flush is under way shares the next one. */
export const groupOpen: Open = async (directory) => {
  const path = join(directory, "log.jsonl")
  const file = await open(path, "a")
  let waiting: Array<string> = []
  let next: Promise<void> | undefined
  let running: Promise<void> = Promise.resolve()
  const flush = async (before: Promise<void>): Promise<void> => {
    await before
    const lines = waiting
    waiting = []
    next = undefined
    await file.write(lines.join(""))
    await file.datasync()
  }
  const add = (line: Line): Promise<void> => {
    waiting.push(`${JSON.stringify(line)}\n`)
    if (next === undefined) {
      next = flush(running)
      running = next
    }
    return next
  }
  return {
    ...reading(path),
    save: (session) => add({ session }),
    append: (id, messages) => add({ id, messages }),
    close: () => file.close()
  }
}
