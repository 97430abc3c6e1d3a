/** conf, one configuration file per session. */
import Conf from "conf"
import { readdirSync } from "node:fs"
import type { Session } from "../documents.ts"
import { listedOf } from "./filePerSession.ts"
import { appendByRewriting } from "./rewriting.ts"
import type { Open } from "./Subject.ts"

export const open: Open = (directory) => {
  const open = new Map<string, Conf<Session>>()
  const read = (id: string): Conf<Session> => new Conf<Session>({ cwd: directory, configName: id })
  return appendByRewriting({
    save: (session) => {
      const conf = open.get(session.id) ?? read(session.id)
      open.set(session.id, conf)
      conf.store = session
    },
    load: (id) => read(id).store,
    list: () => readdirSync(directory).map((name) => listedOf(read(name.replace(/\.json$/, "")).store)),
    close: () => undefined
  })
}
