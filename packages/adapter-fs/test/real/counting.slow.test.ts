import { layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { program } from "./app.ts"
import { countTogether } from "./counting.ts"

layer(program, { excludeTestServices: true })("four processes that count in the same twenty sessions", (it) => {
  it.effect.each(["rename", "slots"] as const)("lose no count and add none, in %s", (commit) =>
    Effect.gen(function*() {
      const counting = { commit, processCount: 4, sessionCount: 20, countPerSession: 25 }
      const againCount = yield* countTogether(counting)
      console.log(`counting in ${commit}: 2,000 counts, 1,040 entries, ${againCount} tries again`)
    }))
})
