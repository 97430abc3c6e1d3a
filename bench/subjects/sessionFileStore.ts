/** session-file-store, the file store of Express sessions, without Express. */
import { EventEmitter } from "node:events"
import { createRequire } from "node:module"
import { promisify } from "node:util"
import type { Session } from "../documents.ts"
import { inFlight } from "../workloads/inFlight.ts"
import { listedOf } from "./filePerSession.ts"
import { appendByRewriting } from "./rewriting.ts"
import type { Open } from "./Subject.ts"

type Answer<A> = (error: Error | null, value?: A) => void

interface FileStore {
  readonly set: (id: string, session: Session, answer: Answer<void>) => void
  readonly get: (id: string, answer: Answer<Session>) => void
  readonly list: (answer: Answer<ReadonlyArray<string>>) => void
}

interface FileStoreOptions {
  readonly path: string
  readonly reapInterval: number
  readonly logFn: () => void
}

// The package has no declarations, and takes the class of Express' stores from whoever uses it.
const fileStore = createRequire(import.meta.url)("session-file-store") as (
  session: { readonly Store: typeof EventEmitter }
) => new(options: FileStoreOptions) => FileStore

export const open: Open = (directory) => {
  const Store = fileStore({ Store: EventEmitter })
  const store = new Store({ path: directory, reapInterval: -1, logFn: () => undefined })
  const get = promisify(store.get.bind(store))
  const set = promisify(store.set.bind(store))
  const names = promisify(store.list.bind(store))
  return appendByRewriting({
    save: async (session) => {
      await set(session.id, session)
    },
    load: (id) => get(id),
    list: async () => {
      const found = await names() ?? []
      const listed: Array<ReturnType<typeof listedOf>> = []
      await inFlight(32, found.length, async (at) => {
        const session = await get(found[at]!.replace(/\.json$/, ""))
        if (session !== undefined) listed.push(listedOf(session))
      })
      return listed
    },
    close: () => undefined
  })
}
