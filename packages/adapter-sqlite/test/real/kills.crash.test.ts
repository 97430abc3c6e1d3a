import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { killAll } from "../../../../testing/real/kills.ts"
import { program } from "./app.ts"
import { mortalStore } from "./mortals.ts"

layer(program, { excludeTestServices: true })("a writer that is killed at any moment", (it) => {
  it.effect("loses nothing that was acknowledged, whole or in part", () =>
    Effect.gen(function*() {
      const stores = yield* Effect.all([mortalStore, mortalStore])
      for (const count of yield* killAll(stores, 12)) assert.isAbove(count, 15)
    }))
})
