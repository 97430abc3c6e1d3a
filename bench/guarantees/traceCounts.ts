/**
 * What a store asks of the kernel for a save, counted from a trace of its system calls, and what follows for a power
 * cut.
 *
 * `full` when what was written is flushed and so is every folder whose names changed; `file` when only the files are;
 * `none` when nothing is. A flush for fewer than all saves counts as none.
 */
import { statSync } from "node:fs"
import { countedSaves, markPath } from "../measuring/guaranteeProtocol.ts"

export type Durability = "none" | "file" | "full"

export interface SaveCounts {
  readonly fileFlushes: number
  readonly folderFlushes: number
  readonly renames: number
  readonly writes: number
  readonly opens: number
  readonly durability: Durability
}

interface Call {
  readonly name: string
  readonly text: string
}

const callPattern = /^(?:\[pid +\d+\] |\d+ +)?(\w+)\((.*)$/

/** The calls of a trace; the second half of one that was interrupted by another thread is not one. */
const callsOf = (trace: string): ReadonlyArray<Call> =>
  trace.split("\n").flatMap((line) => {
    const [, name, text] = callPattern.exec(line) ?? []
    return name === undefined || text === undefined ? [] : [{ name, text }]
  })

const between = (calls: ReadonlyArray<Call>, from: string, to: string): ReadonlyArray<Call> => {
  const markAt = (name: string) => calls.findIndex(({ text }) => text.includes(`"${markPath}${name}"`))
  return calls.slice(markAt(from) + 1, markAt(to))
}

/** The path behind a descriptor, which the trace prints in angle brackets. */
const pathOf = ({ text }: Call): string => /^\d+<([^>]*)>/.exec(text)?.[1] ?? ""

const isFolder = (path: string): boolean => {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

const flushNames = new Set(["fsync", "fdatasync", "msync", "sync_file_range", "syncfs"])
const writeNames = new Set(["write", "pwrite64", "writev", "pwritev", "pwritev2"])
const renameNames = new Set(["rename", "renameat", "renameat2", "link", "linkat"])

const isFailure = ({ text }: Call): boolean => / = -1 /.test(text)

interface Traced {
  readonly directory: string
  readonly syncedPaths: ReadonlySet<string>
}

/** Whether a call changes the names in a folder; a session that was there may be opened with O_CREAT all the same. */
const changesNames = ({ name, text }: Call, saves: "create" | "replace"): boolean =>
  renameNames.has(name) || name.startsWith("open") && text.includes(saves === "create" ? "O_CREAT" : "O_EXCL")

const each = (number: number): number => number / countedSaves

const countsOf = (calls: ReadonlyArray<Call>, saves: "create" | "replace", traced: Traced): SaveCounts => {
  const { directory, syncedPaths } = traced
  const within = calls.filter((call) => call.text.includes(directory) && !isFailure(call))
  const flushes = calls.filter(({ name }) => flushNames.has(name))
  const folders = flushes.filter((call) => isFolder(pathOf(call)))
  const writes = within.filter(({ name }) => writeNames.has(name))
  // A descriptor that was opened for it flushes with every write.
  const byWriting = writes.filter((call) => syncedPaths.has(pathOf(call)))
  const renames = within.filter(({ name }) => renameNames.has(name))
  const fileFlushes = flushes.length - folders.length + byWriting.length
  const namesChange = within.filter((call) => changesNames(call, saves)).length >= countedSaves
  return {
    fileFlushes: each(fileFlushes),
    folderFlushes: each(folders.length),
    renames: each(renames.length),
    writes: each(writes.length),
    opens: each(within.filter(({ name }) => name.startsWith("open")).length),
    durability: fileFlushes < countedSaves ? "none" : namesChange && folders.length < countedSaves ? "file" : "full"
  }
}

export interface TraceCounts {
  readonly create: SaveCounts
  readonly replace: SaveCounts
}

/** The counts per save, for sessions that were not there and for one that was. */
export const countTrace = (trace: string, directory: string): TraceCounts => {
  const calls = callsOf(trace)
  const syncedPaths = new Set(
    calls
      .filter(({ name, text }) => name.startsWith("open") && /\bO_D?SYNC\b/.test(text))
      .map(({ text }) => /"([^"]*)"/.exec(text)?.[1] ?? "")
  )
  return {
    create: countsOf(between(calls, "create", "replace"), "create", { directory, syncedPaths }),
    replace: countsOf(between(calls, "replace", "end"), "replace", { directory, syncedPaths })
  }
}
