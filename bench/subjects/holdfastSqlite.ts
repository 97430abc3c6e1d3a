/** The SQLite adapter as it is by default. */
import { SqliteAdapter } from "@holdfast/adapter-sqlite"
import { join } from "node:path"
import { openStore } from "./holdfast.ts"
import type { Open } from "./Subject.ts"

export const open: Open = (directory) => openStore(SqliteAdapter.layer({ filename: join(directory, "sessions.db") }))
