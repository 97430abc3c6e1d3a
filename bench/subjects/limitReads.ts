/** The limits of reading and listing: files without promises, one index file, that file believed only after a stat. */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { readFile, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { Listed } from "../documents.ts"
import { inFlight } from "../workloads/inFlight.ts"
import { filePerSession, readSync } from "./filePerSession.ts"
import type { Open, Subject } from "./Subject.ts"

const suffix = ".json"
const indexName = "index"
const statsAtOnce = 32

const unflushed = (directory: string) => filePerSession(directory, (path, text) => writeFile(path, text))

export const syncOpen: Open = (directory) => ({ ...unflushed(directory), ...readSync(directory) })

/** Keeps the rows of what it saves, and writes them as one file when it is closed. */
const indexed = (directory: string): Required<Pick<Subject, "save" | "close">> => {
  const rows: Array<Listed> = []
  const files = unflushed(directory)
  return {
    save: (session) => {
      rows.push({ id: session.id, title: session.title, updatedAt: session.updatedAt })
      return files.save(session)
    },
    close: () => {
      if (rows.length > 0) writeFileSync(join(directory, indexName), JSON.stringify(rows))
    }
  }
}

const parseRows = (text: string): ReadonlyArray<Listed> => JSON.parse(text) as ReadonlyArray<Listed>

const readIndex = (directory: string): ReadonlyArray<Listed> =>
  parseRows(readFileSync(join(directory, indexName), "utf8"))

/** The index, believed. */
export const indexOpen: Open = (directory) => ({ ...indexed(directory), list: () => readIndex(directory) })

/** The index, and a stat of every session's file: the least that notices what another program changed. */
export const indexStatOpen: Open = (directory) => ({
  ...indexed(directory),
  list: () => readIndex(directory).filter(({ id }) => statSync(join(directory, id + suffix)).size > 0)
})

/** The same by promises. */
export const indexStatAsyncOpen: Open = (directory) => ({
  ...indexed(directory),
  list: async () => {
    const rows = parseRows(await readFile(join(directory, indexName), "utf8"))
    const listed: Array<Listed> = []
    await inFlight(statsAtOnce, rows.length, async (at) => {
      const row = rows[at]!
      if ((await stat(join(directory, row.id + suffix))).size > 0) listed.push(row)
    })
    return listed
  }
})

/** Names and times from the folder alone: there is no title in it, so the name stands in for it. */
export const readdirStatOpen: Open = (directory) => ({
  ...unflushed(directory),
  list: () =>
    readdirSync(directory).map((name) => ({
      id: name.slice(0, -suffix.length),
      title: name,
      updatedAt: statSync(join(directory, name)).mtimeMs
    }))
})
