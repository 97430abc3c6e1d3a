/** Writers of file stores, in both protocols, that are killed at random moments. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { killAll, mortalKeys } from "../../../../testing/real/kills.ts"
import { mortalFolder } from "./mortals.ts"

const protocols = ["rename", "slots", "rename", "slots"] as const

/** Kills writers of four stores so many times altogether; answers how many changes each store acknowledged. */
export const killWriters = Effect.fnUntraced(function*(deathCount: number) {
  const stores = yield* Effect.forEach(protocols, mortalFolder)
  const counts = yield* killAll(stores, deathCount)
  for (const { directory } of stores) {
    const hasLost = readdirSync(directory).includes("lost-found")
    const lostAndFound = hasLost
      ? readdirSync(join(directory, "lost-found")).filter((name) => !name.endsWith(".about.json"))
      : []
    // A death cuts off at most one write of each lane.
    assert.isAtMost(lostAndFound.length, deathCount / stores.length * mortalKeys.length)
  }
  return counts
})
