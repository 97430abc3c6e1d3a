/** Raw better-sqlite3, one transaction each. */
import { createRequire } from "node:module"
import { join } from "node:path"
import { type Database, oneEach } from "./sql.ts"
import type { Open } from "./Subject.ts"

// The package has no declarations of its own.
const BetterSqlite3 = createRequire(import.meta.url)("better-sqlite3") as new(path: string) => Database

export const open: Open = (directory) => oneEach(new BetterSqlite3(join(directory, "sessions.db")))
