/**
 * Folders that another program copies to a server and back: told by their paths.
 *
 * Such a program may hold a file for a moment, put an older one back, or add conflict copies. That is worth
 * knowing and no reason of a failure.
 */
import * as Option from "effect/Option"
import type { Hint, StoreFolder } from "./hint.ts"
import { isWithin, plain } from "./paths.ts"
import type { Surroundings } from "./surroundings.ts"

// Names as the programs give them; accounts and organisations follow after " - ", "-" or " (".
const folders: ReadonlyArray<readonly [name: string, pattern: RegExp]> = [
  ["OneDrive", /\/OneDrive(?: ?- ?[^/]+)?(\/|$)/i],
  ["Dropbox", /\/Dropbox(?:-[^/]+| \([^/]+\))?(\/|$)/i],
  ["iCloud Drive", /\/(?:iCloudDrive|Mobile Documents)(\/|$)/i],
  ["Google Drive", /\/(?:Google Drive|GoogleDrive(?:-[^/]+)?|My Drive)(\/|$)/i]
]

const oneDriveVariables = ["OneDrive", "OneDriveCommercial", "OneDriveConsumer"]

const isInOneDrive = (path: string, { env, platform }: Surroundings): boolean =>
  oneDriveVariables.some((name) => {
    const folder = env[name]
    return folder !== undefined && folder !== "" && isWithin(path, folder, platform)
  })

/** The synced folders that a store lies in: at most one hint for each program. */
export const syncedFolderHints = (around: Surroundings, { actual, given }: StoreFolder): ReadonlyArray<Hint> => {
  const paths = [given, ...Option.toArray(actual)]
  const found = folders.flatMap(([name, pattern]) => paths.some((path) => pattern.test(plain(path))) ? [name] : [])
  const byVariable = paths.some((path) => isInOneDrive(path, around)) ? ["OneDrive"] : []
  return [...new Set([...found, ...byVariable])].map((name) => ({
    kind: "syncedFolder",
    name,
    because: "the folder lies in one that is synced",
    redirects: false
  }))
}
