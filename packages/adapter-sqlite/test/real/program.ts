/** The program that the tests start, kill and starve, over a SQLite store. Its argument is the store's options as JSON. */
import { SqliteAdapter } from "@holdfast/adapter-sqlite"
import { givenOptions, runNotes } from "../../../../testing/real/runNotes.ts"

await runNotes(SqliteAdapter.layer(givenOptions() as SqliteAdapter.SqliteOptions))
