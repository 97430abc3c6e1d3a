/** W4: random reads of a store that another process filled, one after the other. */
import { uniformInt } from "pure-rand/distribution/uniformInt"
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus"
import { type Session, sessionId, sessionOf } from "../documents.ts"
import { ability } from "../subjects/Subject.ts"
import { deadline } from "./deadline.ts"
import { judgeSession } from "./judge.ts"
import type { Workload } from "./Workload.ts"

const kept = 20

export const load: Workload = async (subject, { budgetMillis, bytes, count, sessions, warmup }, stretch) => {
  const loadOne = ability(subject, "load")
  const random = xoroshiro128plus(1)
  const indexes = Array.from({ length: warmup + count }, () => uniformInt(random, 0, sessions - 1))
  for (const index of indexes.slice(0, warmup)) await loadOne(sessionId(index))
  const ids = indexes.slice(warmup).map(sessionId)
  const read: Array<Session | undefined> = []
  const { millis, value } = await stretch(async () => {
    const isOver = deadline(budgetMillis)
    let done = 0
    while (done < count && !isOver()) {
      const session = await loadOne(ids[done]!)
      if (done++ < kept) read.push(session)
    }
    return done
  })
  const wrong = read
    .map((session, at) => judgeSession(session, sessionOf({ index: indexes[warmup + at]!, bytes, revision: 0 })))
    .find((problem) => problem !== undefined)
  return {
    figures: { rate: value / millis * 1000 },
    count: value,
    partial: value < count,
    ...(wrong === undefined ? {} : { wrong })
  }
}
