/**
 * What a store asks of the kernel for one operation, counted from a trace of its system calls.
 *
 * The counts are the same on every machine, whatever its disk. A program answers every operation with a line on its
 * standard output; the calls between two answers belong to the operation of the second one.
 */

/** System calls on what lies in the store's folder. */
export interface CallCounts {
  /** Syncs of files and of folders. */
  readonly flushes: number
  readonly writes: number
  /** Bytes handed over by the writes. */
  readonly bytes: number
  /** Folders whose names were read. */
  readonly folderReads: number
  /** Opens of files and folders, also those that found nothing. */
  readonly opens: number
}

export type CallKind = keyof CallCounts

/** strace's names of the calls that are counted, and where their trace goes. */
export const tracing = (trace: string): ReadonlyArray<string> => [
  "strace",
  "-f",
  "-y",
  "-qq",
  "-o",
  trace,
  "-e",
  "trace=fsync,fdatasync,msync,sync_file_range,write,pwrite64,writev,pwritev,open,openat,getdents64"
]

const flushNames = new Set(["fsync", "fdatasync", "msync", "sync_file_range"])
const writeNames = new Set(["write", "pwrite64", "writev", "pwritev"])

// `12 fdatasync(7</path>) = 0`; what a thread was interrupted in is told a second time as resumed, which is not counted.
const callPattern = /^\d+ +(\w+)\((.*)$/

interface Call {
  readonly name: string
  readonly rest: string
}

const callOf = (line: string): ReadonlyArray<Call> => {
  const [, name, rest] = callPattern.exec(line) ?? []
  return name === undefined || rest === undefined ? [] : [{ name, rest }]
}

const isAnswer = ({ name, rest }: Call): boolean => writeNames.has(name) && rest.startsWith("1<")

// The last number of a write's arguments is its length, of a pwrite64's the one before.
const bytesOf = ({ name, rest }: Call): number => {
  const numbers = /, (\d+)(?:, (\d+))?(?:\)| <unfinished)/.exec(rest.replace(/"(?:[^"\\]|\\.)*"\.*/, "text"))
  if (numbers === null) throw new Error(`no length in ${name}(${rest}`)
  return Number(numbers[1])
}

const kindsOf = (call: Call): Partial<CallCounts> => {
  if (flushNames.has(call.name)) return { flushes: 1 }
  if (writeNames.has(call.name)) return { writes: 1, bytes: bytesOf(call) }
  if (call.name.startsWith("open")) return { opens: 1, folderReads: call.rest.includes("O_DIRECTORY") ? 1 : 0 }
  return {}
}

const countAll = (calls: ReadonlyArray<Call>): CallCounts =>
  calls.map(kindsOf).reduce<CallCounts>(
    (sum, { bytes = 0, flushes = 0, folderReads = 0, opens = 0, writes = 0 }) => ({
      flushes: sum.flushes + flushes,
      writes: sum.writes + writes,
      bytes: sum.bytes + bytes,
      folderReads: sum.folderReads + folderReads,
      opens: sum.opens + opens
    }),
    { flushes: 0, writes: 0, bytes: 0, folderReads: 0, opens: 0 }
  )

/** The lines of a trace up to each answer; the first part is the opening. */
export const partsOf = (trace: string): ReadonlyArray<ReadonlyArray<string>> => {
  const parts: Array<Array<string>> = [[]]
  for (const line of trace.split("\n")) {
    if (callOf(line).some(isAnswer)) parts.push([])
    else parts.at(-1)!.push(line)
  }
  return parts
}

/** Counts the calls that touch what lies in a folder. */
export const countCalls = (lines: ReadonlyArray<string>, folder: string): CallCounts =>
  countAll(lines.flatMap(callOf).filter(({ rest }) => rest.includes(`<${folder}`) || rest.includes(`"${folder}`)))

/** A trace's lines of one more call on what lies in a folder: what a store would leave that does too much. */
export const oneMore = (folder: string): Readonly<Record<CallKind, string>> => ({
  flushes: `1 fdatasync(3<${folder}/a.json>) = 0`,
  writes: `1 pwrite64(3<${folder}/a.json>, "", 0, 0) = 0`,
  bytes: `1 pwrite64(3<${folder}/a.json>, "x", 1, 0) = 1`,
  folderReads: `1 openat(AT_FDCWD</>, "${folder}", O_RDONLY|O_DIRECTORY) = 3<${folder}>`,
  opens: `1 openat(AT_FDCWD</>, "${folder}/a.json", O_RDONLY) = 3<${folder}/a.json>`
})
