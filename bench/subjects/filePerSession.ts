/**
 * One JSON file per session by hand, as apps write it: what the libraries that write one file are measured in, and the
 * limits of files.
 */
import { readdirSync, readFileSync } from "node:fs"
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import type { Listed, Session } from "../documents.ts"
import { inFlight } from "../workloads/inFlight.ts"
import { type Documents } from "./rewriting.ts"
import type { Awaitable } from "./Subject.ts"

const suffix = ".json"
// As many as saves go on at a time in the workloads; more only fill the queue of four threads.
const readsAtOnce = 32

export const parseSession = (text: string): Session => JSON.parse(text) as Session

export const listedOf = ({ id, title, updatedAt }: Session): Listed => ({ id, title, updatedAt })

/** Sessions in files that `write` replaces; read by promises. */
export const filePerSession = (
  directory: string,
  write: (path: string, text: string) => Awaitable<void>
): Documents => {
  const pathOf = (id: string): string => join(directory, id + suffix)
  const load = async (id: string): Promise<Session> => parseSession(await readFile(pathOf(id), "utf8"))
  return {
    save: (session) => write(pathOf(session.id), JSON.stringify(session)),
    load,
    list: async () => {
      const names = (await readdir(directory)).filter((name) => name.endsWith(suffix))
      const listed: Array<Listed> = []
      await inFlight(readsAtOnce, names.length, async (at) => {
        listed.push(listedOf(await load(names[at]!.slice(0, -suffix.length))))
      })
      return listed
    },
    close: () => undefined
  }
}

/** The same files read without promises. */
export const readSync = (directory: string): Required<Pick<Documents, "load" | "list">> => {
  const load = (id: string): Session => parseSession(readFileSync(join(directory, id + suffix), "utf8"))
  return {
    load,
    list: () =>
      readdirSync(directory)
        .filter((name) => name.endsWith(suffix))
        .map((name) => listedOf(load(name.slice(0, -suffix.length))))
  }
}
