/** keyv with its SQLite store. */
import { KeyvSqlite } from "@keyv/sqlite"
import { Keyv } from "keyv"
import { join } from "node:path"
import { overKeyv } from "./overKeyv.ts"
import type { Open } from "./Subject.ts"

export const open: Open = (directory) =>
  overKeyv(new Keyv({ store: new KeyvSqlite({ uri: `sqlite://${join(directory, "keyv.sqlite")}` }) }))
