/** File stores whose writers are killed: where they lie, how they are opened, and what may lie there afterwards. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { join } from "node:path"
import { temporaryFolder } from "../../../../testing/real/app.ts"
import type { MortalStore } from "../../../../testing/real/deaths.ts"
import { inStore, litterIn } from "./judge.ts"

export interface MortalFolder extends MortalStore {
  readonly directory: string
}

/** An empty store, written by one protocol. */
export const mortalFolder = (commit: "rename" | "slots") =>
  Effect.map(temporaryFolder, (folder): MortalFolder => {
    const options = { directory: join(folder, "store"), commit }
    return {
      directory: options.directory,
      options,
      inStore: (use) => inStore(options, use),
      check: () => assert.deepStrictEqual(litterIn(options.directory), [])
    }
  })
