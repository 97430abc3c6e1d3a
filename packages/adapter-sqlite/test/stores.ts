/** What the tests of the SQLite adapter begin with: a folder of their own, and a store opened in it. */
import { SqliteAdapter } from "@holdfast/adapter-sqlite"
import { StorageAdapter } from "@holdfast/core"
import { Context, Effect, Layer, type Scope } from "effect"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

export type Adapter = StorageAdapter["Service"]

const quickRoot = existsSync("/dev/shm") ? "/dev/shm" : tmpdir()

/** An empty folder that goes with the scope. */
export const quickFolder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(quickRoot, "holdfast-sqlite-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

/** Opens an instance, as an app does. */
export const open = (options: SqliteAdapter.SqliteOptions) =>
  Effect.map(Layer.build(Layer.fresh(SqliteAdapter.layer(options))), (built) => Context.get(built, StorageAdapter))
