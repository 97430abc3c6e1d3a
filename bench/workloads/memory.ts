/** A save and a load of sessions, pair by pair: what a store costs beside its storage. */
import { sessionOf } from "../documents.ts"
import { ability } from "../subjects/Subject.ts"
import { deadline } from "./deadline.ts"
import { judgeRead } from "./judge.ts"
import type { Workload } from "./Workload.ts"

const sessionCount = 100

export const memory: Workload = async (subject, { budgetMillis, bytes, count, warmup }, stretch) => {
  const save = ability(subject, "save")
  const load = ability(subject, "load")
  const sessions = Array.from({ length: sessionCount }, (_, index) => sessionOf({ index, bytes, revision: 0 }))
  const pairs = async (number: number, isOver: () => boolean): Promise<number> => {
    let done = 0
    while (done < number && !isOver()) {
      const session = sessions[done++ % sessionCount]!
      await save(session)
      await load(session.id)
    }
    return done
  }
  await pairs(warmup, () => false)
  const { millis, value } = await stretch(() => pairs(count, deadline(budgetMillis)))
  const wrong = await judgeRead(() => load(sessions[0]!.id), sessions[0]!)
  return {
    figures: { pair: millis / value * 1000 },
    count: value,
    partial: value < count,
    ...(wrong === undefined ? {} : { wrong })
  }
}
