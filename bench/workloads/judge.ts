/**
 * Whether a store gives back what was saved: a store that loses or mixes data is wrong, however fast it was.
 *
 * Titles and turns are compared; times are the store's own business where it keeps them itself.
 */
import { isDeepStrictEqual } from "node:util"
import type { Listed, Message, Session } from "../documents.ts"
import { sessionId } from "../documents.ts"

/** What is wrong with a session that was read, or nothing. */
export const judgeSession = (read: unknown, saved: Session): string | undefined => {
  if (read === undefined || read === null) return "lost: the session is absent"
  if (typeof read !== "object") return `corrupt: the session is a ${typeof read}`
  const { title, turns } = read as Partial<Session>
  if (title === undefined || turns === undefined) return "corrupt: the session has no title or no turns"
  if (title !== saved.title) return `another state: ${JSON.stringify(title)} instead of ${JSON.stringify(saved.title)}`
  return isDeepStrictEqual(turns, saved.turns) ? undefined : "corrupt: the turns differ"
}

/** The same for a read that may fail. */
export const judgeRead = async (read: () => unknown, saved: Session): Promise<string | undefined> => {
  try {
    return judgeSession(await read(), saved)
  } catch (cause) {
    return `unreadable: ${cause instanceof Error ? cause.message.split("\n")[0] : String(cause)}`
  }
}

export const judgeMessages = (
  read: ReadonlyArray<Message>,
  appended: ReadonlyArray<Message>
): string | undefined => {
  if (read.length !== appended.length) return `${read.length} messages instead of ${appended.length}`
  return isDeepStrictEqual([...read], [...appended]) ? undefined : "the messages differ"
}

/** A list has every session of the store once, with a title and a time. */
export const judgeList = (listed: ReadonlyArray<Listed>, sessions: number): string | undefined => {
  if (listed.length !== sessions) return `${listed.length} sessions listed instead of ${sessions}`
  const ids = new Set(listed.map(({ id }) => id))
  const missing = Array.from({ length: sessions }, (_, index) => sessionId(index)).find((id) => !ids.has(id))
  if (missing !== undefined) return `${missing} is not in the list`
  const vague = listed.find(({ title, updatedAt }) => typeof title !== "string" || !(updatedAt > 0))
  return vague === undefined ? undefined : `${vague.id} is listed without a title or a time`
}
