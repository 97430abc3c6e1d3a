/** lmdb with JSON values; a save is acknowledged when it is flushed. */
import { open as openDatabase } from "lmdb"
import { join } from "node:path"
import type { Message, Session } from "../documents.ts"
import { listedOf } from "./filePerSession.ts"
import type { Open } from "./Subject.ts"

export const open: Open = (directory) => {
  const root = openDatabase({ path: join(directory, "store") })
  const sessions = root.openDB<Session, string>({ name: "sessions", encoding: "json" })
  const messages = root.openDB<Message, [string, number]>({ name: "messages", encoding: "json" })
  const lengths = new Map<string, number>()
  const lengthOf = (id: string): number => {
    const known = lengths.get(id)
    if (known !== undefined) return known
    const [last] = [...messages.getKeys({ start: [id, Infinity], end: [id, -1], reverse: true, limit: 1 })]
    return last === undefined ? 0 : last[1] + 1
  }
  return {
    save: async (session) => {
      await sessions.put(session.id, session)
      await root.flushed
    },
    load: (id) => sessions.get(id),
    list: () => Array.from(sessions.getRange({}), ({ value }) => listedOf(value)),
    append: async (id, added) => {
      const from = lengthOf(id)
      lengths.set(id, from + added.length)
      await Promise.all(added.map((message, at) => messages.put([id, from + at], message)))
      await root.flushed
    },
    messages: (id, last) => {
      const newest = messages.getRange({
        start: [id, Infinity],
        end: [id, -1],
        reverse: true,
        ...(last === undefined ? {} : { limit: last })
      })
      return Array.from(newest, ({ value }) => value).toReversed()
    },
    close: () => root.close()
  }
}
