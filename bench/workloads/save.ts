/** W1: one session is saved, one save after the other. */
import { sessionOf } from "../documents.ts"
import { ability } from "../subjects/Subject.ts"
import { deadline } from "./deadline.ts"
import { judgeRead } from "./judge.ts"
import type { Workload } from "./Workload.ts"

export const save: Workload = async (subject, { budgetMillis, bytes, count, warmup }, stretch) => {
  const saveOne = ability(subject, "save")
  const session = (revision: number) => sessionOf({ index: 0, bytes, revision })
  for (let revision = 0; revision < warmup; revision++) await saveOne(session(revision))
  const sessions = Array.from({ length: count }, (_, at) => session(warmup + at))
  const { millis, value } = await stretch(async () => {
    const isOver = deadline(budgetMillis)
    let done = 0
    while (done < count && !isOver()) await saveOne(sessions[done++]!)
    return done
  })
  const last = sessions[value - 1]!
  const wrong = await judgeRead(() => ability(subject, "load")(last.id), last)
  return {
    figures: { rate: value / millis * 1000 },
    count: value,
    partial: value < count,
    ...(wrong === undefined ? {} : { wrong })
  }
}
