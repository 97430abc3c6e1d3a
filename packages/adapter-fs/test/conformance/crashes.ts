/**
 * The states of a folder in which the death of a process could leave it: a copy before every call that changes
 * something, one in the midst of every write, and one after all of them.
 *
 * Bytes that a process has written survive its death, so syncs and reads leave nothing of their own.
 */
import type { Crashes, CrashState, Storage } from "@holdfast/core/testing"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { type FileCall, type Intercept, interceptFileSystem, type WriteAll } from "../../src/testing/intercept.ts"
import { isLockDatabase, open, type OpenOptions, quickFolder, realFileSystem } from "../kit.ts"

const changing = new Set<FileCall["operation"]>(["truncate", "makeDirectory", "rename", "link", "remove"])

const makes = ({ flag, operation }: FileCall): boolean => operation === "open" && flag !== "r" && flag !== "r+"

// What a probe leaves when it is cut off has tests of its own, and opening makes a dozen of its states.
const isOfProbe = (moment: string): boolean => moment.includes("-probe-")

const describeCall = ({ operation, path: file }: FileCall): string => `${operation} ${path.basename(file)}`

/** A file system that shows every moment at which a process could die. */
const watched = (look: (moment: string) => void) => {
  const intercept: Intercept = (call, effect) =>
    Effect.suspend(() => {
      if (changing.has(call.operation) || makes(call)) look(`before ${describeCall(call)}`)
      return effect
    })
  const writeAll: WriteAll = (file, bytes, write) => {
    const half = Math.floor(bytes.length / 2)
    const name = describeCall({ operation: "write", path: file })
    return Effect.gen(function*() {
      look(`before ${name}`)
      if (half > 0) yield* write(bytes.subarray(0, half))
      look(`in the midst of ${name}`)
      yield* write(bytes.subarray(half))
    })
  }
  return interceptFileSystem(realFileSystem, intercept, writeAll)
}

/** Runs work over a folder and gives every state that a death could have left of it. */
export const deathsOf = (options: OpenOptions, storageOf: (folder: string) => Storage): Crashes => (work) =>
  Effect.gen(function*() {
    const folder = yield* quickFolder
    const copies = yield* quickFolder
    const states: Array<CrashState> = []
    let acknowledged = 0
    const look = (name: string): void => {
      if (isOfProbe(name)) return
      const copy = path.join(copies, String(states.length))
      fs.cpSync(folder, copy, { recursive: true, filter: (file) => !isLockDatabase(file) })
      states.push({ name, acknowledged, storage: storageOf(copy) })
    }
    yield* Effect.scoped(Effect.gen(function*() {
      const adapter = yield* open(folder, { ...options, fileSystem: watched(look) })
      const counting = Effect.sync(() => acknowledged++)
      yield* work({ ...adapter, commit: (change) => Effect.tap(adapter.commit(change), () => counting) })
    }))
    look("after all")
    return states
  })
