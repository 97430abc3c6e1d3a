/** W6: messages are added to one session, each acknowledged before the next one is added. */
import { emptySession, messageOf, messagesOf } from "../documents.ts"
import { ability } from "../subjects/Subject.ts"
import { deadline } from "./deadline.ts"
import { judgeMessages } from "./judge.ts"
import type { Workload } from "./Workload.ts"

export const append: Workload = async (subject, { budgetMillis, count, warmup }, stretch) => {
  const saveOne = ability(subject, "save")
  const add = ability(subject, "append")
  const [first, measured] = [emptySession(0), emptySession(1)]
  await saveOne(first)
  for (let at = 0; at < warmup; at++) await add(first.id, [messageOf(at)])
  await saveOne(measured)
  const messages = messagesOf(0, count)
  const { millis, value } = await stretch(async () => {
    const isOver = deadline(budgetMillis)
    let done = 0
    while (done < count && !isOver()) await add(measured.id, [messages[done++]!])
    return done
  })
  const read = await ability(subject, "messages")(measured.id)
  const wrong = judgeMessages(read, messages.slice(0, value))
  return {
    figures: { total: millis },
    count: value,
    partial: value < count,
    ...(wrong === undefined ? {} : { wrong })
  }
}
