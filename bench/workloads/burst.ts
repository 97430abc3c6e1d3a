/**
 * W3: one session is saved many times at once, as by an app that saves on every keystroke. What is there in the end has
 * to be the last of them.
 */
import { sessionOf } from "../documents.ts"
import { ability } from "../subjects/Subject.ts"
import { deadline } from "./deadline.ts"
import { judgeRead } from "./judge.ts"
import type { Workload } from "./Workload.ts"

const savesPerBurst = 200

export const burst: Workload = async (subject, { budgetMillis, bytes, count, warmup }, stretch) => {
  const saveOne = ability(subject, "save")
  const load = ability(subject, "load")
  const session = (revision: number) => sessionOf({ index: 0, bytes, revision })
  // A session that is there, as when somebody types; the first burst would otherwise create it.
  await saveOne(session(0))
  let wrong: string | undefined
  let saves = 0
  let millis = 0
  const isOver = deadline(budgetMillis)
  for (let at = 0; at < warmup + count && !(isOver() && saves > 0); at++) {
    const sessions = Array.from({ length: savesPerBurst }, (_, save) => session(1 + at * savesPerBurst + save))
    const run = () => Promise.allSettled(sessions.map(async (one) => saveOne(one)))
    if (at < warmup) {
      await run()
      continue
    }
    const ended = await stretch(run)
    const failed = ended.value.filter(({ status }) => status === "rejected").length
    if (failed > 0) wrong ??= `${failed} of ${savesPerBurst} saves failed`
    wrong ??= await judgeRead(() => load(sessions[0]!.id), sessions.at(-1)!)
    saves += savesPerBurst
    millis += ended.millis
  }
  return {
    figures: { rate: saves / millis * 1000 },
    count: saves,
    partial: saves < count * savesPerBurst,
    ...(wrong === undefined ? {} : { wrong })
  }
}
