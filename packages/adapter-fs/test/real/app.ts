/** The program of `program.ts` as the tests see it: an app that keeps notes in a file store. */
import type { FsAdapter } from "@holdfast/adapter-fs"
import { join } from "node:path"
import { Program, start, type StartOptions } from "../../../../testing/real/app.ts"

/** The program, bundled once for a suite. */
export const program = Program.layer(join(import.meta.dirname, "program.ts"))

/** How the program is started. */
export interface AppOptions extends Omit<FsAdapter.FsOptions, "adopt">, StartOptions {
  /** Documents of other programs that have a note's fields become notes. */
  readonly adopt?: "notes" | undefined
}

/** Starts the program on a folder. It ends with the scope. */
export const startApp = (options: AppOptions) => start(options)
