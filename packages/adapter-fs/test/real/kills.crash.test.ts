import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Program } from "./app.ts"
import { killAll } from "./kills.ts"

layer(Program.layer, { excludeTestServices: true })("a writer that is killed at any moment", (it) => {
  it.effect("loses nothing that was acknowledged, whole or in part", () =>
    Effect.gen(function*() {
      for (const count of yield* killAll({ deathCount: 60, storeCount: 4 })) assert.isAbove(count, 50)
    }))
})
