/** The program of `program.ts` as the tests see it, and the same store in this process. */
import { SqliteAdapter } from "@holdfast/adapter-sqlite"
import type * as Effect from "effect/Effect"
import { join } from "node:path"
import { Program, start, type StartOptions } from "../../../../testing/real/app.ts"
import { type Ask, inStorage } from "../../../../testing/real/judge.ts"

/** The program, bundled once for a suite. */
export const program = Program.layer(join(import.meta.dirname, "program.ts"))

/** How the program is started. */
export interface AppOptions extends SqliteAdapter.SqliteOptions, StartOptions {}

/** Starts the program on a database. It ends with the scope. */
export const startApp = (options: AppOptions) => start(options)

/** Opens a store in this process for one use. */
export const inStore = <A>(options: SqliteAdapter.SqliteOptions, use: (ask: Ask) => Effect.Effect<A>) =>
  inStorage(SqliteAdapter.layer(options), use)
