/** SQLite stores as storage under test in the places that not every machine has: a remote disk, a SQLite with a bug. */
import type { Harness } from "@holdfast/core/testing"
import { Effect } from "effect"
import { type EnvironmentFacts, Observe } from "../src/environment.ts"
import { open } from "./stores.ts"
import { place } from "./verbs.ts"

/** Observes a local Linux disk and a sound SQLite, but for these facts. */
export const underFacts = (facts: Partial<EnvironmentFacts>) =>
  Effect.provideService(Observe, (folder: string): EnvironmentFacts => ({
    platform: "linux",
    sqliteVersion: "3.53.4",
    folder,
    fileSystemType: 0xef53,
    ...facts
  }))

/** Stores that are opened as if these were the facts of their place. */
export const observing = (name: string, facts: Partial<EnvironmentFacts>): Harness => ({
  name,
  fresh: Effect.map(place, ({ filename }) => ({ open: underFacts(facts)(open({ filename, busyTimeout: 250 })) }))
})
