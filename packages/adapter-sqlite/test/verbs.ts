/**
 * Short verbs for the tests of this adapter: changes and reads of stores, programs that leave databases in a state,
 * and the files of a folder with their bytes.
 *
 * The files of a store are looked at only while nobody in this process has it open: closing a descriptor would drop
 * the locks of its connection.
 */
import type { SqliteAdapter } from "@holdfast/adapter-sqlite"
import { makeKey, type Operation, randomId, type StorageChange, StorageError } from "@holdfast/core"
import { json, put } from "@holdfast/core/testing"
import { Effect, Option, Result, type Scope, Stream } from "effect"
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { type Adapter, open, quickFolder } from "./stores.ts"

/** A change of operations under a write id of its own. */
export const changeOf = (...operations: ReadonlyArray<Operation>): StorageChange => ({
  writeId: randomId(),
  operations
})

/** Saves a state under an id in no namespace. */
export const save = (adapter: Adapter, id: string, state: unknown) => adapter.commit(changeOf(put(makeKey(id), state)))

/** What a session holds; none when it is absent. */
export const stateOf = (adapter: Adapter, id: string) =>
  Effect.map(adapter.load(makeKey(id)), Option.map(({ body }) => JSON.parse(body) as unknown))

/** All rows of a listing by id. */
export const listAll = (adapter: Adapter) => Stream.runCollect(adapter.list({ namespace: [], order: "id" }))

/** All ids of a listing; rows that cannot be read are no ids. */
export const idsOf = (adapter: Adapter) =>
  Effect.map(listAll(adapter), (rows) => rows.flatMap((row) => row._tag === "StoredHead" ? [row.key.id] : []))

/** Opens a store for one use. */
export const visit = <A, E>(
  options: SqliteAdapter.SqliteOptions,
  use: (adapter: Adapter) => Effect.Effect<A, E, Scope.Scope>
): Effect.Effect<A, E | StorageError> => Effect.scoped(Effect.flatMap(open(options), use))

/** A place for a store that goes with the scope. */
export const place = Effect.map(quickFolder, (folder) => ({ folder, filename: join(folder, "sessions.db") }))

/** The reason and the outcome of a call that fails in the storage. */
export const refusalOf = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), (error) => {
    if (!(error instanceof StorageError)) throw new Error(`no storage error: ${String(error)}`)
    return [error.reason._tag, error.outcome] as const
  })

/** What a call is answered with, in a word: `done`, or the reason. */
export const answerOf = <A, R>(effect: Effect.Effect<A, StorageError, R>) =>
  Effect.map(Effect.result(effect), (answer) => Result.isSuccess(answer) ? "done" : answer.failure.reason._tag)

/** The files of a folder with their sizes and digests. */
export const filesIn = (folder: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(folder).toSorted().filter((name) => statSync(join(folder, name)).isFile()).map((name) => {
      const bytes = readFileSync(join(folder, name))
      return [name, `${bytes.length} ${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}`]
    })
  )

/** Runs a script over `db`, a connection to a file, in a process of its own. */
export const inProcess = (filename: string, script: string): void => {
  const source = `const { DatabaseSync } = require("node:sqlite"); const db = new DatabaseSync(${json(filename)});
    const die = () => process.kill(process.pid, "SIGKILL"); ${script}`
  const { signal, status, stderr } = spawnSync(process.execPath, ["-e", source], { encoding: "utf8" })
  if (status !== 0 && signal !== "SIGKILL") throw new Error(stderr)
}
