/** Folders of a broken app for tests of recoveries: as it left them, and recovered. */
import * as Effect from "effect/Effect"
import { join } from "node:path"
import { makeBrokenApp } from "./brokenApp.ts"
import { inFolder, runCli } from "./cli.ts"

/** A folder of a broken app, in a folder of the test. */
export const withBrokenApp = <A, E, R>(test: (directory: string) => Effect.Effect<A, E, R>) =>
  inFolder((folder) => {
    const directory = join(folder, "sessions")
    makeBrokenApp(directory)
    return test(directory)
  })

/** Where a recovery puts its backup at the moment at which tests run. */
export const backupOf = (directory: string): string => `${directory}.backup-20261120T120000`

/** The same folder after a recovery, and its backup. */
export const recovered = <A, E, R>(test: (directory: string, backup: string) => Effect.Effect<A, E, R>) =>
  withBrokenApp((directory) =>
    Effect.andThen(runCli(["recover", "--store", directory, "--apply"]), test(directory, backupOf(directory)))
  )
