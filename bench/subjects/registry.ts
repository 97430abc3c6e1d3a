/**
 * Every store that is measured.
 *
 * A module is loaded by the process that measures it and by nobody else, so that a peer that cannot be loaded is a row
 * with a reason, and start-up costs what that one store costs.
 */
import type { Entry } from "./Entry.ts"
import { holdfast } from "./holdfastEntries.ts"
import { readLimits, writeLimits } from "./limitEntries.ts"
import { peers } from "./peerEntries.ts"

/** What the open workload is measured above: a process that does nothing. */
export const bareName = "bare node"

export const registry: ReadonlyArray<Entry> = [...holdfast, ...writeLimits, ...readLimits, ...peers]

export const entryOf = (name: string): Entry => {
  const entry = registry.find((candidate) => candidate.name === name)
  if (entry === undefined) throw new Error(`no subject is named ${JSON.stringify(name)}`)
  return entry
}
