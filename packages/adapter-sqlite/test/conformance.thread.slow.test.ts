/** The SQLite adapter keeps the laws of the port with its database in a worker thread. */
import type { Harness } from "@holdfast/core/testing"
import { conformance } from "@holdfast/core/testing/vitest"
import { Effect } from "effect"
import { openElsewhere } from "./conformance/elsewhere.ts"
import { open } from "./stores.ts"
import { place } from "./verbs.ts"

const harness: Harness = {
  name: "sqlite, worker thread",
  fresh: Effect.map(place, ({ filename }) => ({
    open: open({ filename, busyTimeout: 250, thread: "worker" }),
    elsewhere: openElsewhere({ filename })
  }))
}

conformance(harness)
