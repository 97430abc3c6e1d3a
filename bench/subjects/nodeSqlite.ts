/** Raw `node:sqlite`, one transaction each and grouped. */
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { grouped, oneEach } from "./sql.ts"
import type { Open } from "./Subject.ts"

const database = (directory: string) => new DatabaseSync(join(directory, "sessions.db"))

export const open: Open = (directory) => oneEach(database(directory))
export const groupedOpen: Open = (directory) => grouped(database(directory))
