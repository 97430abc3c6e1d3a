/**
 * Sessions and messages in two tables by hand: what somebody writes who knows SQLite. The list has its own columns with
 * an index, messages are rows, every commit is flushed (WAL, `synchronous = FULL`).
 */
import type { Listed, Message, Session } from "../documents.ts"
import type { Subject } from "./Subject.ts"

/** What `node:sqlite` and `better-sqlite3` have in common. */
export interface Database {
  readonly exec: (sql: string) => unknown
  readonly prepare: (sql: string) => {
    readonly run: (...values: Array<string | number>) => unknown
    readonly get: (...values: Array<string | number>) => unknown
    readonly all: (...values: Array<string | number>) => unknown
  }
  readonly close: () => unknown
}

const tables = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS session (id TEXT PRIMARY KEY, title TEXT NOT NULL, updated INTEGER NOT NULL, body TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS listed ON session (updated DESC, id, title);
  CREATE TABLE IF NOT EXISTS message (
    session TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (session, at)
  ) WITHOUT ROWID;
`

const prepareAll = (database: Database) => ({
  save: database.prepare(
    `INSERT INTO session (id, title, updated, body) VALUES (?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET title = excluded.title, updated = excluded.updated, body = excluded.body`
  ),
  load: database.prepare("SELECT body FROM session WHERE id = ?"),
  list: database.prepare("SELECT id, title, updated AS updatedAt FROM session ORDER BY updated DESC, id"),
  append: database.prepare(
    "INSERT INTO message (session, at, body) SELECT ?, coalesce(max(at), -1) + 1, ? FROM message WHERE session = ?"
  ),
  messages: database.prepare("SELECT body FROM message WHERE session = ? ORDER BY at DESC LIMIT ?")
})

const bodyOf = (row: unknown): unknown => JSON.parse((row as { readonly body: string }).body)

/** The statements of a database, each a transaction of its own unless the caller has one open. */
export const tablesOf = (database: Database) => {
  database.exec(tables)
  const statements = prepareAll(database)
  return {
    save: (session: Session): void => {
      statements.save.run(session.id, session.title, session.updatedAt, JSON.stringify(session))
    },
    load: (id: string): Session | undefined => {
      const row = statements.load.get(id)
      return row === undefined ? undefined : bodyOf(row) as Session
    },
    list: (): ReadonlyArray<Listed> => statements.list.all() as ReadonlyArray<Listed>,
    append: (id: string, messages: ReadonlyArray<Message>): void => {
      if (messages.length > 1) database.exec("BEGIN IMMEDIATE")
      for (const message of messages) statements.append.run(id, JSON.stringify(message), id)
      if (messages.length > 1) database.exec("COMMIT")
    },
    messages: (id: string, last?: number): ReadonlyArray<Message> =>
      (statements.messages.all(id, last ?? -1) as ReadonlyArray<unknown>).map((row) => bodyOf(row) as Message)
        .toReversed(),
    close: (): void => {
      database.close()
    }
  }
}

/** One transaction each. */
export const oneEach = (database: Database): Subject => tablesOf(database)

/** Saves of one turn of the event loop share a transaction and its flush. */
export const grouped = (database: Database): Subject => {
  const rows = tablesOf(database)
  let waiting: Array<Session> = []
  let next: Promise<void> | undefined
  const commit = (): void => {
    const sessions = waiting
    waiting = []
    next = undefined
    database.exec("BEGIN IMMEDIATE")
    for (const session of sessions) rows.save(session)
    database.exec("COMMIT")
  }
  return {
    ...rows,
    save: (session) => {
      waiting.push(session)
      next ??= new Promise((resolve) => setImmediate(resolve)).then(commit)
      return next
    }
  }
}
