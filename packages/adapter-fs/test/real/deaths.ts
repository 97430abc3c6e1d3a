/** A sequence of changes that is cut off by a kill at a counted system call, and what must be there afterwards. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { join } from "node:path"
import { startApp, temporaryFolder } from "./app.ts"
import { changeAll, inStore, judge, litterIn } from "./judge.ts"
import { makeLedger } from "./ledger.ts"
import { append, type Change, save } from "./notes.ts"
import { traced } from "./tracer.ts"

const before: ReadonlyArray<Change> = [save("acct/a", "before"), append("acct/a", "zero"), save("b", "before")]

const during: ReadonlyArray<Change> = [
  save("acct/a", "one"),
  append("acct/a", "one", "two", "three"),
  save("new/c", "first"),
  { name: "commit", key: "acct/a", state: { title: "acct/a", text: "two" }, entries: ["four"] },
  { name: "remove", key: "b" },
  save("b", "again"),
  save("acct/a", "three")
]

/**
 * Runs the sequence and kills it on entering the `count`th call of a kind; judges what is left, saves again and judges
 * once more. Answers whether the program was killed: with a high enough count it is not.
 */
export const dieAt = Effect.fnUntraced(function*(commit: "rename" | "slots", call: string, count: number) {
  const directory = join(yield* temporaryFolder, "store")
  const ledger = makeLedger()
  yield* inStore({ directory, commit }, (ask) => changeAll(ask, ledger, before))

  const app = yield* startApp({ directory, commit, ...traced(call, `signal=KILL:when=${count}`) })
  const lanes = yield* app.run([during])
  const { code, errors, signal } = yield* app.close
  assert.isTrue(code === 0 || signal === "SIGKILL", `ended with ${code}: ${errors}`)
  ledger.noteLanes(lanes)

  yield* inStore(
    { directory, commit },
    Effect.fnUntraced(function*(ask) {
      yield* judge(ledger, ask)
      yield* changeAll(ask, ledger, ledger.keys().map((key) => save(key, "after")))
      yield* judge(ledger, ask)
    })
  )
  yield* inStore({ directory, commit }, (ask) => judge(ledger, ask))
  assert.deepStrictEqual(litterIn(directory), [])
  return signal === "SIGKILL"
})
