/** Stores for tests of bundles: one with sessions, and where a bundle and a second store go. */
import * as Effect from "effect/Effect"
import { join } from "node:path"
import { inFolder } from "./cli.ts"
import { filesWith, type Seed } from "./stores.ts"

interface Places {
  readonly source: string
  readonly target: string
  readonly bundle: string
}

/** Makes the store with sessions. */
export const withSource = <A, E, R>(seeds: ReadonlyArray<Seed>, test: (places: Places) => Effect.Effect<A, E, R>) =>
  inFolder((folder) => {
    const source = join(folder, "sessions")
    const places = { source, target: join(folder, "target"), bundle: join(folder, "b.ndjson") }
    return Effect.andThen(filesWith(source, seeds), test(places))
  })
