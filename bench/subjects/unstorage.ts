/** unstorage with its two drivers for files. */
import { createStorage, type Driver } from "unstorage"
import fsDriver from "unstorage/drivers/fs"
import fsLiteDriver from "unstorage/drivers/fs-lite"
import type { Session } from "../documents.ts"
import { listedOf } from "./filePerSession.ts"
import { appendByRewriting } from "./rewriting.ts"
import type { Open, Subject } from "./Subject.ts"

const over = (driver: Driver): Subject => {
  const storage = createStorage<Session>({ driver })
  return appendByRewriting({
    save: (session) => storage.setItem(session.id, session),
    load: async (id) => await storage.getItem(id) ?? undefined,
    list: async () => (await storage.getItems(await storage.getKeys())).map(({ value }) => listedOf(value)),
    close: () => storage.dispose()
  })
}

export const fsOpen: Open = (directory) => over(fsDriver({ base: directory }))
export const fsLiteOpen: Open = (directory) => over(fsLiteDriver({ base: directory }))
