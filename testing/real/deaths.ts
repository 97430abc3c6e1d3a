/** A sequence of changes that is cut off by a kill at a counted system call, and what must be there afterwards. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { start } from "./app.ts"
import { type Ask, changeAll, judge } from "./judge.ts"
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

/** A store in which somebody dies, and how to open it. */
export interface MortalStore {
  /** The options that the program gets. */
  readonly options: object
  /** Opens it in this process for one use. */
  readonly inStore: (use: (ask: Ask) => Effect.Effect<void>) => Effect.Effect<unknown, unknown>
  /** Judges what lies there while nobody has it open. */
  readonly check: () => void
}

/**
 * Runs the sequence and kills it on entering the `count`th call of a kind; judges what is left, saves again and judges
 * once more. Answers whether the program was killed: with a high enough count it is not.
 */
export const dieAt = Effect.fnUntraced(function*(
  { check, inStore, options }: MortalStore,
  call: string,
  count: number
) {
  const ledger = makeLedger()
  yield* inStore((ask) => changeAll(ask, ledger, before))

  const app = yield* start({ ...options, ...traced(call, `signal=KILL:when=${count}`) })
  const lanes = yield* app.run([during])
  const { code, errors, signal } = yield* app.close
  assert.isTrue(code === 0 || signal === "SIGKILL", `ended with ${code}: ${errors}`)
  ledger.noteLanes(lanes)

  yield* inStore(
    Effect.fnUntraced(function*(ask) {
      yield* judge(ledger, ask)
      yield* changeAll(ask, ledger, ledger.keys().map((key) => save(key, "after")))
      yield* judge(ledger, ask)
    })
  )
  yield* inStore((ask) => judge(ledger, ask))
  check()
  return signal === "SIGKILL"
})
