/** lowdb, one database file per session. */
import { Low } from "lowdb"
import { JSONFile } from "lowdb/node"
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { emptySession, type Listed, type Session } from "../documents.ts"
import { listedOf } from "./filePerSession.ts"
import { appendByRewriting } from "./rewriting.ts"
import type { Open } from "./Subject.ts"

// The library wants something for a file that is not there, and has no other way to say so.
const absent = emptySession(0)

export const open: Open = (directory) => {
  const open = new Map<string, Low<Session>>()
  const make = (id: string) => new Low<Session>(new JSONFile(join(directory, `${id}.json`)), absent)
  const load = async (id: string): Promise<Session> => {
    const low = make(id)
    await low.read()
    return low.data
  }
  return appendByRewriting({
    save: (session) => {
      const low = open.get(session.id) ?? make(session.id)
      open.set(session.id, low)
      low.data = session
      return low.write()
    },
    load,
    list: async () => {
      const listed: Array<Listed> = []
      for (const name of await readdir(directory)) {
        if (name.endsWith(".json")) listed.push(listedOf(await load(name.slice(0, -".json".length))))
      }
      return listed
    },
    close: () => undefined
  })
}
