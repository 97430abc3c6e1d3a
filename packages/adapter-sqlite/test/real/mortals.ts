/** SQLite stores whose writers are killed: where they lie, how they are opened, and what may lie there afterwards. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { temporaryFolder } from "../../../../testing/real/app.ts"
import type { MortalStore } from "../../../../testing/real/deaths.ts"
import { inStore } from "./app.ts"

const files = ["sessions.db", "sessions.db-lock", "sessions.db-shm", "sessions.db-wal"]

/** An empty store. */
export const mortalStore = Effect.map(temporaryFolder, (folder): MortalStore => {
  const options = { filename: join(folder, "sessions.db") }
  return {
    options,
    inStore: (use) => inStore(options, use),
    check: () => assert.deepStrictEqual(readdirSync(folder).filter((name) => !files.includes(name)), [])
  }
})
