/** One session of a size is saved and loaded, one after the other: how cost grows with the size. */
import { sessionOf } from "../documents.ts"
import { ability } from "../subjects/Subject.ts"
import { deadline } from "./deadline.ts"
import { judgeRead } from "./judge.ts"
import type { Workload } from "./Workload.ts"

export const bodies: Workload = async (subject, { budgetMillis, bytes, count, warmup }, stretch) => {
  const save = ability(subject, "save")
  const load = ability(subject, "load")
  const session = (revision: number) => sessionOf({ index: 0, bytes, revision })
  const id = session(0).id
  for (let revision = 0; revision < warmup; revision++) {
    await save(session(revision))
    await load(id)
  }
  const sessions = Array.from({ length: count }, (_, at) => session(warmup + at))
  const saved = await stretch(async () => {
    const isOver = deadline(budgetMillis)
    let done = 0
    while (done < count && !isOver()) await save(sessions[done++]!)
    return done
  })
  const loaded = await stretch(async () => {
    const isOver = deadline(budgetMillis)
    let done = 0
    while (done < count && !isOver()) {
      await load(id)
      done++
    }
    return done
  })
  const wrong = await judgeRead(() => load(id), sessions[saved.value - 1]!)
  return {
    figures: { save: saved.millis / saved.value, load: loaded.millis / loaded.value },
    count: saved.value,
    partial: saved.value < count || loaded.value < count,
    ...(wrong === undefined ? {} : { wrong })
  }
}
