/** SQLite stores that another process has open. */
import { join } from "node:path"
import { elsewhere } from "../../../../testing/elsewhere.ts"
import type * as SqliteAdapter from "../../src/SqliteAdapter.ts"

const start = elsewhere(join(import.meta.dirname, "child.ts"), "sqlite-elsewhere")

/** Opens a SQLite store in a process of its own, until the scope closes. */
export const openElsewhere = (options: SqliteAdapter.SqliteOptions) => start(options)
