/** Which limit a store is compared with: the one of its own durability, which the experiments found. */
import type { CaseResult, Results } from "../results.ts"
import { registry } from "../subjects/registry.ts"
import type { WorkloadName } from "../workloads/names.ts"

type Class = "none" | "file" | "full"

const byClass = (full: string): Readonly<Record<Class, string>> => ({
  full,
  file: "temp, fsync, rename, async",
  none: "writeFile"
})

const same = (name: string): Readonly<Record<Class, string>> => ({ full: name, file: name, none: name })

const limits: Readonly<Partial<Record<WorkloadName, Readonly<Record<Class, string>>>>> = {
  save: byClass("log, append + fdatasync, sync"),
  saveMany: byClass("log, group commit"),
  // Without coalescing nobody knows which of several renames is the last.
  burst: { ...same("coalesced file writes"), none: "writeFile" },
  load: same("readFileSync"),
  list: same("one index file"),
  append: { ...same("log, append + fdatasync, sync"), none: "" },
  memory: same("Map and JSON by hand")
}

/** What the experiments say that a store flushes in a workload. */
export const durabilityOf = (
  results: Results,
  subject: string,
  workload: WorkloadName
): Class | "memory" | undefined => {
  if (registry.some(({ keeps, name }) => name === subject && keeps === "memory")) return "memory"
  const counts = results.guarantees[subject]?.counts
  return workload === "saveMany" ? counts?.create.durability : counts?.replace.durability
}

/** The case that a case is compared with; none where the experiments did not say what it flushes. */
export const limitOf = (results: Results, one: CaseResult): CaseResult | undefined => {
  const found = durabilityOf(results, one.subject, one.workload)
  const reads = one.workload === "load" || one.workload === "list" || one.workload === "memory"
  const durability = reads || found === "memory" ? "none" : found
  if (durability === undefined) return undefined
  const name = limits[one.workload]?.[durability]
  return results.cases.find((other) =>
    other.workload === one.workload && other.place === one.place && other.subject === name &&
    other.sizes.bytes === one.sizes.bytes
  )
}
