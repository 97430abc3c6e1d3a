/** A sequence of changes in which a counted system call fails, and what must be true of every answer. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { join } from "node:path"
import { failed, temporaryFolder } from "../../../../testing/real/app.ts"
import { changeAll, judge } from "../../../../testing/real/judge.ts"
import { makeLedger } from "../../../../testing/real/ledger.ts"
import { type Answer, append, type Change, save } from "../../../../testing/real/notes.ts"
import { traced } from "../../../../testing/real/tracer.ts"
import { inStore, startApp } from "./app.ts"

/** Which call fails, how, and when: `7` for the seventh, `7+` for that and all after it. */
export interface Failing {
  readonly calls: string
  readonly error: "EIO" | "ENOSPC"
  readonly when: string
  /** Only calls on the database and its log: others of the same kind start Node itself. */
  readonly of?: "database"
}

const before: ReadonlyArray<Change> = [save("acct/a", "before"), append("acct/a", "zero"), save("b", "before")]

/** An append that the app repeats under the same operation id when it is not told that it was done. */
const repeatable = (entry: string): Change => ({ name: "append", key: "acct/a", entries: [entry], operationId: entry })

const during: ReadonlyArray<Change> = [
  save("acct/a", "one"),
  repeatable("first"),
  { name: "commit", key: "acct/a", state: { title: "acct/a", text: "two" }, entries: ["both"] },
  save("new/c", "x".repeat(20_000)),
  repeatable("second"),
  { name: "remove", key: "b" },
  save("b", "again"),
  repeatable("third")
]

const reasonOf = (answer: Answer): string => {
  const { _tag, outcome } = failed(answer)
  // What was not told to be unknown was told not to be applied; the ledger holds the store to it.
  assert.strictEqual(outcome, _tag === "OutcomeUnknown" ? "unknown" : "notApplied")
  return _tag
}

/**
 * Runs the sequence in a program of which a call fails. Repeats what may be repeated, kills the program without
 * closing the store, and judges what is left. Gives the reasons that were told.
 */
export const failAt = Effect.fnUntraced(function*({ calls, error, of, when }: Failing) {
  const options = { filename: join(yield* temporaryFolder, "sessions.db"), busyTimeout: 500 }
  const ledger = makeLedger()
  yield* inStore(options, (ask) => changeAll(ask, ledger, before))
  const reasons: Array<string> = []
  const { environment, under } = traced(calls, `error=${error}:when=${when}`)
  const paths = of === undefined ? [] : ["-P", options.filename, "-P", `${options.filename}-wal`]
  const app = yield* startApp({ ...options, environment, under: [...under!, ...paths] })
  const opened = yield* app.opened
  if (opened._tag === "Failed") reasons.push(`open ${reasonOf(opened)}`)
  else {
    for (const one of during) {
      const answer = yield* app.ask(one)
      ledger.note(one, answer)
      if (answer._tag === "Written") continue
      if (one.name !== "append" && answer._tag === "Failed" && answer.error._tag !== "StorageError") continue
      reasons.push(reasonOf(answer))
      if (one.name === "append") ledger.note(one, yield* app.ask(one))
    }
    // What is served is what was acknowledged, whatever cannot be written.
    const served = yield* app.ask({ name: "load", key: "acct/a" })
    if (served._tag === "Loaded") ledger.check("acct/a", served.session)
    else reasons.push(`load ${reasonOf(served)}`)
  }
  yield* app.kill
  yield* inStore(
    options,
    Effect.fnUntraced(function*(ask) {
      yield* judge(ledger, ask)
      yield* changeAll(ask, ledger, ledger.keys().map((key) => save(key, "after")))
      yield* judge(ledger, ask)
    })
  )
  return reasons
})
