/**
 * A file system whose n-th call fails, once or from there for ever: what a sweep puts under the adapter.
 *
 * Every call is counted, whatever it does. The failure looks like Node's.
 */
import type { FileSystem } from "effect"
import { Effect } from "effect"
import { platformError } from "../../src/testing/FaultyFileSystem.ts"
import { type FileCall, type Intercept, interceptFileSystem, type WriteAll } from "../../src/testing/intercept.ts"

/** How the call fails. */
export interface Fault {
  readonly code: string
  readonly span: "once" | "forever"
  /** `before`: nothing was done. `short`: a write put half of its bytes down. `after`: all was done, its answer is lost. */
  readonly when: "before" | "short" | "after"
}

/** A fault in a few words. */
export const describeFault = ({ code, span, when }: Fault): string => `${code} ${when} ${span}`

export interface FailingCalls {
  readonly fileSystem: FileSystem.FileSystem
  /** How many calls there were. */
  readonly count: () => number
  /** The calls that failed. */
  readonly failed: () => ReadonlyArray<string>
}

const describeCall = ({ flag, operation, path, target }: FileCall): string =>
  [operation, flag, path.split("/").slice(3).join("/"), target?.split("/").at(-1)].filter((part) => part !== undefined)
    .join(" ")

/** A file system whose n-th call, counted from 1, fails. */
export const failingCalls = (nth: number, fault: Fault, below: FileSystem.FileSystem): FailingCalls => {
  let count = 0
  const failed: Array<string> = []

  const hits = (call: FileCall): boolean => {
    count += 1
    const isHit = fault.span === "once" ? count === nth : count >= nth
    if (isHit) failed.push(`call ${count}: ${describeCall(call)}`)
    return isHit
  }

  const intercept: Intercept = (call, effect) =>
    Effect.suspend(() => {
      // Writes are counted where their bytes are, in `writeAll`.
      if (call.operation === "write" || !hits(call)) return effect
      const failure = Effect.fail(platformError(call, fault.code))
      // An open that fails has opened nothing, and made nothing.
      return fault.when === "after" && call.operation !== "open" ? Effect.andThen(effect, failure) : failure
    })

  const writeAll: WriteAll = (path, bytes, write) =>
    Effect.suspend(() => {
      const call: FileCall = { operation: "write", path, bytes: bytes.length }
      if (!hits(call)) return write(bytes)
      const failure = Effect.fail(platformError(call, fault.code))
      const part = fault.when === "before" ? 0 : fault.when === "short" ? Math.floor(bytes.length / 2) : bytes.length
      return part === 0 ? failure : Effect.andThen(write(bytes.subarray(0, part)), failure)
    })

  return { fileSystem: interceptFileSystem(below, intercept, writeAll), count: () => count, failed: () => failed }
}
