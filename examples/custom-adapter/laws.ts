/**
 * A process of its own that runs the whole conformance kit over the adapter, and prints what came of it as JSON.
 *
 * What a law that is broken found goes to the standard error.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { checkAll, laws } from "@holdfast/core/testing"
import { Console, Effect } from "effect"
import { inStorage } from "./harness.ts"

const program = Effect.gen(function*() {
  const outcomes = yield* checkAll(inStorage(localStorage), laws, { concurrency: 1 })
  const broken = outcomes.filter(({ verdict }) => verdict === "broken")
  yield* Effect.forEach(broken, ({ detail, law }) => Console.error(`${law.id} is broken: ${detail}`))
  const reasons = outcomes.flatMap(({ detail, verdict }) => verdict === "notApplicable" ? [detail] : [])
  yield* Console.log(JSON.stringify({
    kept: outcomes.filter(({ verdict }) => verdict === "holds").length,
    notApplicable: [...Map.groupBy(reasons, (reason) => reason)].map(([reason, all]) => [all.length, reason]),
    broken: broken.map(({ law }) => law.id)
  }))
})

NodeRuntime.runMain(program)
