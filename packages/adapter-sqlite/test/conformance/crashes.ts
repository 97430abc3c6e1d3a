/**
 * The states in which a power cut could leave a database: its log cut at every frame and in the midst of one.
 *
 * While work is done everything goes to the log, so the main file is as the opening left it. What was flushed
 * when a commit was acknowledged is in every state that counts it; what follows is there in part. The files of
 * an open database are copied by another process: a descriptor of this one would drop its locks.
 */
import type { Crashes, CrashState, Storage } from "@holdfast/core/testing"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { open, quickFolder } from "../stores.ts"

// The log's own header and that of each frame, https://sqlite.org/fileformat2.html#walformat.
const logHeaderBytes = 32
const frameHeaderBytes = 24

const copyOpen = (source: string, target: string): void => {
  execFileSync("cp", [source, target])
}

/** Where the log is cut: at each frame, and in the middle of each. */
const cutsOf = (log: Uint8Array): ReadonlyArray<number> => {
  const pageBytes = Buffer.from(log).readUInt32BE(8)
  const frameBytes = frameHeaderBytes + pageBytes
  const count = Math.floor((log.length - logHeaderBytes) / frameBytes)
  return [
    0,
    logHeaderBytes,
    ...Array.from(
      { length: count },
      (_, frame) => [0.5, 1].map((part) => logHeaderBytes + Math.floor((frame + part) * frameBytes))
    ).flat()
  ]
}

/** Runs work over a database and gives every state that a power cut could have left of its log. */
export const powerCuts = (storageOf: (filename: string) => Storage): Crashes => (work) =>
  Effect.gen(function*() {
    const folder = yield* quickFolder
    const filename = join(folder, "sessions.db")
    const copies = yield* quickFolder
    const main = join(copies, "main")
    const log = join(copies, "log")
    // How long the log was when each write was acknowledged: so much of it was flushed.
    const flushed: Array<number> = []
    yield* Effect.scoped(Effect.gen(function*() {
      const adapter = yield* open({ filename })
      copyOpen(filename, main)
      const counting = Effect.sync(() => flushed.push(statSync(`${filename}-wal`).size))
      yield* work({ ...adapter, commit: (change) => Effect.tap(adapter.commit(change), () => counting) })
      copyOpen(`${filename}-wal`, log)
    }))
    const bytes = readFileSync(log)
    return cutsOf(bytes).map((cut): CrashState => {
      const copy = join(copies, `cut-${cut}`)
      mkdirSync(copy)
      copyFileSync(main, join(copy, "sessions.db"))
      writeFileSync(join(copy, "sessions.db-wal"), bytes.subarray(0, cut))
      const acknowledged = flushed.filter((end) => end <= cut).length
      return {
        name: `with ${cut} of ${bytes.length} bytes of the log`,
        acknowledged,
        storage: storageOf(join(copy, "sessions.db"))
      }
    })
  })
