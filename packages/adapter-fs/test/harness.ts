/** File stores as storage under test, one for each way in which heads can be published. */
import type { Harness } from "@holdfast/core/testing"
import { Effect } from "effect"
import { antivirus, msix } from "../src/testing/FaultyFileSystem.ts"
import { faulty, open, type OpenOptions, quickFolder } from "./kit.ts"

const over = (name: string, options: OpenOptions): Harness => ({
  name,
  fresh: Effect.map(quickFolder, (folder) => ({ open: open(folder, options) }))
})

export const renamed = over("files, rename", { commit: "rename" })
export const inSlots = over("files, slots", { commit: "slots" })
export const chosen = over("files, auto", {})

/** Renames are refused, as inside an MSIX package. */
export const virtualized = over("files, auto under MSIX", { fileSystem: faulty(msix) })

/** A virus scanner that never lets go. */
export const scanned = over("files, auto under a virus scanner", { fileSystem: faulty(antivirus(Infinity)) })
