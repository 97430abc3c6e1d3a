/** W2: sessions are saved once each, 32 at a time. */
import { sessionOf } from "../documents.ts"
import { ability } from "../subjects/Subject.ts"
import { deadline } from "./deadline.ts"
import { inFlight } from "./inFlight.ts"
import { judgeRead } from "./judge.ts"
import type { Workload } from "./Workload.ts"

const atOnce = 32
const samples = 20

export const saveMany: Workload = async (subject, { budgetMillis, bytes, count, warmup }, stretch) => {
  const saveOne = ability(subject, "save")
  const session = (index: number) => sessionOf({ index, bytes, revision: 0 })
  await inFlight(atOnce, warmup, (at) => saveOne(session(count + at)))
  const sessions = Array.from({ length: count }, (_, index) => session(index))
  const { millis, value } = await stretch(async () => {
    const isOver = deadline(budgetMillis)
    let done = 0
    await inFlight(atOnce, count, async (at) => {
      if (isOver()) return
      await saveOne(sessions[at]!)
      done++
    })
    return done
  })
  const load = ability(subject, "load")
  const step = Math.max(1, Math.floor(value / samples))
  let wrong: string | undefined
  for (let at = 0; at < value && wrong === undefined; at += step) {
    wrong = await judgeRead(() => load(sessions[at]!.id), sessions[at]!)
  }
  return {
    figures: { rate: value / millis * 1000 },
    count: value,
    partial: value < count,
    ...(wrong === undefined ? {} : { wrong })
  }
}
