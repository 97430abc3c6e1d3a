/** Groups of changes whose transactions tests can look into: with statements that count, wait or fail. */
import { makeKey, type PlannedOperation, randomId } from "@holdfast/core"
import { put } from "@holdfast/core/testing"
import { Duration, Effect, Result } from "effect"
import type { Connection } from "../src/connection.ts"
import { acquireDatabase, type Database } from "../src/Database.ts"
import { type GroupCommit, makeGroupCommit } from "../src/groupCommit.ts"
import type { Statement, Statements } from "../src/statements.ts"
import { open } from "./stores.ts"
import { place } from "./verbs.ts"

const mode = { journal: "wal", locking: "normal", sharedBy: "host" } as const
export const atOnce = { concurrency: "unbounded" } as const

/** What SQLite throws. */
export const failure = (errcode: number) => Object.assign(new Error("injected"), { code: "ERR_SQLITE_ERROR", errcode })

export type Tap = (connection: Connection) => Partial<Statements>

/** The same database with other statements, which may call those of the connection. */
export const tapped = (database: Database, tap: Tap): Database => ({
  ...database,
  use: (run) =>
    database.use((connection) => run({ ...connection, statements: { ...connection.statements, ...tap(connection) } }))
})

/** A statement that runs after something else did. */
export const after = <Row>(statement: Statement<Row>, before: () => void): Statement<Row> => ({
  ...statement,
  run: (...values) => {
    before()
    statement.run(...values)
  }
})

/** A group over a database of its own, which an adapter has open too. */
export const group = Effect.fnUntraced(function*(tap: Tap, options?: { readonly committed?: Effect.Effect<void> }) {
  const { filename } = yield* place
  const adapter = yield* open({ filename })
  const database = yield* acquireDatabase({ path: filename, mode, mustExist: true })
  const made = yield* makeGroupCommit(tapped(database, tap), {
    busyTimeout: Duration.seconds(2),
    committed: options?.committed ?? Effect.void
  })
  return { adapter, filename, group: made }
})

export const commit = ({ commit }: GroupCommit, ...operations: ReadonlyArray<PlannedOperation>) =>
  commit({ change: { writeId: randomId(), operations }, now: 1_000, path: "/place" })

/** What an answer says, in a word. */
export const said = (answer: Effect.Success<ReturnType<GroupCommit["commit"]>>) =>
  Result.isSuccess(answer) ? "done" : answer.failure.reason._tag

export const commitAll = (group: GroupCommit, ids: ReadonlyArray<string>) =>
  Effect.forEach(ids, (id) => Effect.map(commit(group, put(makeKey(id), id)), said), atOnce)

export const numbered = (count: number) => Array.from({ length: count }, (_, index) => `${index}`)

/** Statements that fail for one session, as SQLite fails: with the transaction standing, or given up. */
export const failingFor =
  (id: string, errcode: number, transaction: "stands" | "is given up"): Tap => ({ database, statements }) => ({
    insert: {
      ...statements.insert,
      get: (...values) => {
        if (values.some((value) => value === JSON.stringify(id))) {
          if (transaction === "is given up") database.exec("ROLLBACK")
          throw failure(errcode)
        }
        return statements.insert.get(...values)
      }
    }
  })
