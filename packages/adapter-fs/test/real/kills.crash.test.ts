import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { program } from "./app.ts"
import { killWriters } from "./kills.ts"

layer(program, { excludeTestServices: true })("a writer that is killed at any moment", (it) => {
  it.effect("loses nothing that was acknowledged, whole or in part", () =>
    Effect.gen(function*() {
      for (const count of yield* killWriters(12)) assert.isAbove(count, 5)
    }))
})
