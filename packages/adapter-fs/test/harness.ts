/**
 * File stores as storage under test, one for each way in which heads can be published.
 *
 * The two protocols are put to everything that a harness can offer: other processes, faults of the disk, and
 * the states that a death can leave. What the others add is how they come to one of the two.
 */
import type { Harness, Storage } from "@holdfast/core/testing"
import { Effect } from "effect"
import { antivirus, msix } from "../src/testing/FaultyFileSystem.ts"
import { deathsOf } from "./conformance/crashes.ts"
import { openElsewhere } from "./conformance/elsewhere.ts"
import { diskFaults } from "./conformance/faults.ts"
import { faulty, open, type OpenOptions, quickFolder } from "./kit.ts"

const over = (name: string, options: OpenOptions): Harness => ({
  name,
  fresh: Effect.map(quickFolder, (folder) => ({ open: open(folder, options) }))
})

const storageOf = (folder: string, commit: "rename" | "slots"): Storage => {
  const { faults, rules } = diskFaults()
  return {
    open: open(folder, { commit, fileSystem: faulty(rules) }),
    elsewhere: openElsewhere({ directory: folder, commit }),
    faults,
    crashes: deathsOf({ commit }, (copy) => ({ open: open(copy, { commit }) }))
  }
}

const published = (name: string, commit: "rename" | "slots"): Harness => ({
  name,
  fresh: Effect.map(quickFolder, (folder) => storageOf(folder, commit))
})

export const renamed = published("files, rename", "rename")
export const inSlots = published("files, slots", "slots")
export const chosen = over("files, auto", {})

/** Renames are refused, as inside an MSIX package. */
export const virtualized = over("files, auto under MSIX", { fileSystem: faulty(msix) })

/** A virus scanner that never lets go. */
export const scanned = over("files, auto under a virus scanner", { fileSystem: faulty(antivirus(Infinity)) })
