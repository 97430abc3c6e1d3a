/** What the plan and the report know of a store: its name, what it is, which workloads apply to it, where its code is. */
import type { WorkloadName } from "../workloads/names.ts"
import type { Open } from "./Subject.ts"

export interface Entry {
  readonly name: string
  readonly group: "Holdfast" | "limit" | "peer"
  /** The npm package whose version is reported. */
  readonly package?: string
  readonly workloads: ReadonlyArray<WorkloadName>
  /** Writes a file per session, or a database: "file peer" in the targets. */
  readonly keeps: "files" | "database" | "memory"
  /** Has a program of its own, in which this export of this module is bundled with all that it imports. */
  readonly bundled?: { readonly module: string; readonly name: string }
  readonly open: () => Promise<Open>
}

/** The workloads that a store for apps has to bear. */
export const everyday: ReadonlyArray<WorkloadName> = ["save", "saveMany", "burst", "load", "list", "append", "open"]
// How cost grows with size is measured for one peer of each kind: those that work alike grow alike.
export const stores: ReadonlyArray<WorkloadName> = [...everyday, "bodies", "sessions", "entries"]
export const writes: ReadonlyArray<WorkloadName> = ["save", "saveMany", "burst"]
