/** classic-level with JSON values, every write with `sync: true`. */
import { ClassicLevel } from "classic-level"
import { join } from "node:path"
import type { Message, Session } from "../documents.ts"
import { listedOf } from "./filePerSession.ts"
import type { Open } from "./Subject.ts"

const numberKey = (at: number): string => String(at).padStart(10, "0")

/** The keys of a session's messages. */
const within = (id: string) => ({ gt: `${id}:`, lt: `${id};` })

export const open: Open = async (directory) => {
  const root = new ClassicLevel(join(directory, "store"))
  await root.open()
  const sessions = root.sublevel<string, Session>("sessions", { valueEncoding: "json" })
  const messages = root.sublevel<string, Message>("messages", { valueEncoding: "json" })
  const lengths = new Map<string, number>()
  const lengthOf = async (id: string): Promise<number> => {
    const known = lengths.get(id)
    if (known !== undefined) return known
    const [last] = await messages.keys({ ...within(id), reverse: true, limit: 1 }).all()
    return last === undefined ? 0 : Number(last.slice(id.length + 1)) + 1
  }
  return {
    save: (session) =>
      root.batch([{ type: "put", sublevel: sessions, key: session.id, value: session, valueEncoding: "json" }], {
        sync: true
      }),
    load: (id) => sessions.get(id),
    list: async () => (await sessions.values().all()).map(listedOf),
    append: async (id, added) => {
      const from = await lengthOf(id)
      lengths.set(id, from + added.length)
      await root.batch(
        added.map((value, at) => ({
          type: "put",
          sublevel: messages,
          key: `${id}:${numberKey(from + at)}`,
          value,
          valueEncoding: "json"
        })),
        { sync: true }
      )
    },
    messages: async (id, last) =>
      (await messages.values({ ...within(id), reverse: true, limit: last ?? -1 }).all()).toReversed(),
    close: () => root.close()
  }
}
