/**
 * A file system on which calls fail by a plan: for each session its own call, its own code, once or for ever.
 *
 * A call belongs to the session whose folder it names, or else to the one that is being worked on; the store's own are
 * counted by themselves. Sessions do not share files, so one run answers for as many failures as there are sessions.
 */
import { Effect, type FileSystem } from "effect"
import { platformError } from "../../src/testing/FaultyFileSystem.ts"
import { type FileCall, type Intercept, interceptFileSystem, type WriteAll } from "../../src/testing/intercept.ts"
import type { Fault } from "../commit/failingCalls.ts"
import { numberAt } from "./scripts.ts"

/** The call that fails, counted from 1, and how. */
export interface Failing {
  readonly nth: number
  readonly fault: Fault
}

/** Whose calls fail; `store` stands for those of no session, and what fails for ever there fails everybody's. */
export type FaultPlan = ReadonlyMap<number | "store", Failing>

/** A call that was made: what it does, and in which part of the scenario. */
export interface MadeCall {
  readonly operation: FileCall["operation"]
  readonly part: string
}

/** The calls that were made for a session, or for the store. */
export type Counted = Map<number | "store", Array<MadeCall>>

export interface PlannedCalls {
  readonly fileSystem: FileSystem.FileSystem
  /** Says who is worked on from here. */
  readonly workOn: (who: number | "store") => void
  /** Says which part of the scenario begins. */
  readonly begin: (part: string) => void
  readonly counted: Counted
  /** The first call of each that failed. */
  readonly failed: ReadonlyMap<number | "store", string>
}

const describeCall = ({ flag, operation, path }: FileCall): string =>
  [operation, flag, path.split("/").slice(4).join("/")].filter((part) => part !== undefined).join(" ")

/** The share of the bytes of a write that is put down. */
const shareOf = ({ when }: Fault): number => when === "before" ? 0 : when === "short" ? 0.5 : 1

/** Puts a plan over a file system. */
export const plannedCalls = (below: FileSystem.FileSystem, plan: FaultPlan): PlannedCalls => {
  const counted: Counted = new Map()
  const failed = new Map<number | "store", string>()
  let current: number | "store" = "store"
  let currentPart = ""
  let isAllGone: Fault | undefined

  const count = (who: number | "store", call: FileCall): number => {
    const calls = counted.get(who) ?? []
    counted.set(who, calls)
    return calls.push({ operation: call.operation, part: currentPart })
  }

  const faultOf = (call: FileCall): Fault | undefined => {
    const who = numberAt(call.path) ?? current
    const number = count(who, call)
    const failing = plan.get(who)
    if (failing === undefined) return isAllGone
    const { fault, nth } = failing
    const isHit = fault.span === "once" ? number === nth : number >= nth
    if (!isHit) return isAllGone
    if (who === "store" && fault.span === "forever") isAllGone = fault
    if (!failed.has(who)) failed.set(who, `call ${number}, ${describeCall(call)}`)
    return fault
  }

  const intercept: Intercept = (call, effect) =>
    Effect.suspend(() => {
      // Writes are counted where their bytes are, in `writeAll`.
      const fault = call.operation === "write" ? undefined : faultOf(call)
      return fault === undefined ? effect : Effect.fail(platformError(call, fault.code))
    })

  const writeAll: WriteAll = (path, bytes, write) =>
    Effect.suspend(() => {
      const call: FileCall = { operation: "write", path, bytes: bytes.length }
      const fault = faultOf(call)
      if (fault === undefined) return write(bytes)
      const failure = Effect.fail(platformError(call, fault.code))
      const through = Math.floor(bytes.length * shareOf(fault))
      return through === 0 ? failure : Effect.andThen(write(bytes.subarray(0, through)), failure)
    })

  return {
    fileSystem: interceptFileSystem(below, intercept, writeAll),
    workOn: (who) => {
      current = who
    },
    begin: (part) => {
      currentPart = part
    },
    counted,
    failed
  }
}
