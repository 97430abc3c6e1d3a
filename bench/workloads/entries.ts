/** Messages are added to, and the last 20 are read from, a session that has many: how both grow with their number. */
import { emptySession, messageOf, messagesOf } from "../documents.ts"
import { ability } from "../subjects/Subject.ts"
import { deadline } from "./deadline.ts"
import { judgeMessages } from "./judge.ts"
import type { Workload } from "./Workload.ts"

const tailLength = 20
const batchLength = 10_000

export const entries: Workload = async (subject, { budgetMillis, count, entries }, stretch) => {
  const add = ability(subject, "append")
  const read = ability(subject, "messages")
  const session = emptySession(0)
  await ability(subject, "save")(session)
  for (let from = 0; from < entries; from += batchLength) {
    await add(session.id, messagesOf(from, Math.min(batchLength, entries - from)))
  }
  await read(session.id, tailLength)
  const added = await stretch(async () => {
    const isOver = deadline(budgetMillis)
    let done = 0
    while (done < count && !isOver()) await add(session.id, [messageOf(entries + done++)])
    return done
  })
  const tails = await stretch(async () => {
    const isOver = deadline(budgetMillis)
    let done = 0
    while (done < count && !isOver()) {
      await read(session.id, tailLength)
      done++
    }
    return done
  })
  const total = entries + added.value
  const length = Math.min(tailLength, total)
  const wrong = judgeMessages(await read(session.id, tailLength), messagesOf(total - length, length))
  return {
    figures: { append: added.millis / added.value, tail: tails.millis / tails.value },
    count: added.value,
    partial: added.value < count || tails.value < count,
    ...(wrong === undefined ? {} : { wrong })
  }
}
