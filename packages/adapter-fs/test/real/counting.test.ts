import { layer } from "@effect/vitest"
import { program } from "./app.ts"
import { countTogether } from "./counting.ts"

layer(program, { excludeTestServices: true })("two processes that count in the same sessions", (it) => {
  it.effect.each(["rename", "slots"] as const)(
    "lose no count and add none, in %s",
    (commit) => countTogether({ commit, processCount: 2, sessionCount: 3, countPerSession: 10 })
  )
})
