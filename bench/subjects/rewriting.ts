/**
 * How an app appends where a store knows whole documents alone: it holds the list, and every message saves all of it.
 */
import type { Message, Session } from "../documents.ts"
import type { Subject } from "./Subject.ts"

export type Documents = Pick<Subject, "list" | "close"> & Required<Pick<Subject, "save" | "load">>

export const appendByRewriting = (documents: Documents): Subject => {
  const open = new Map<string, { session: Session; turns: Array<Message> }>()
  const opened = async (id: string) => {
    const known = open.get(id)
    if (known !== undefined) return known
    const session = await documents.load(id)
    if (session === undefined) throw new Error(`${id} is absent`)
    const fresh = { session, turns: [...session.turns] }
    open.set(id, fresh)
    return fresh
  }
  return {
    ...documents,
    append: async (id, messages) => {
      const { session, turns } = await opened(id)
      for (const message of messages) turns.push(message)
      await documents.save({ ...session, turns })
    },
    messages: async (id, last) => {
      const turns = (await documents.load(id))?.turns ?? []
      return last === undefined ? turns : turns.slice(-last)
    }
  }
}
