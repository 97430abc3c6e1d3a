/** SQLite stores as storage under test, with everything that a harness can offer. */
import type { Harness, Storage } from "@holdfast/core/testing"
import { Effect } from "effect"
import { join } from "node:path"
import { powerCuts } from "./conformance/crashes.ts"
import { openElsewhere } from "./conformance/elsewhere.ts"
import { databaseFaults } from "./conformance/faults.ts"
import { open, quickFolder } from "./stores.ts"

// Long enough for a commit of another process, short enough for a law that meets a lock again and again.
const busyTimeout = 250

const storageOf = (filename: string): Storage => ({
  open: open({ filename, busyTimeout }),
  elsewhere: openElsewhere({ filename }),
  faults: databaseFaults(filename),
  crashes: powerCuts((copy) => ({ open: open({ filename: copy }) }))
})

export const sqlite: Harness = {
  name: "sqlite",
  fresh: Effect.map(quickFolder, (folder) => storageOf(join(folder, "sessions.db")))
}
