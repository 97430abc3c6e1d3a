/**
 * What the place and the SQLite that Node carries allow: which journal, and who may share the store.
 *
 * Pure functions from observed facts to a mode. A network or FUSE mount gives no shared memory that can
 * be relied on, so there is no write-ahead log there; a SQLite with the WAL-reset bug keeps the database
 * to one connection. Sources: https://sqlite.org/wal.html, statfs(2).
 */
import { remoteFileSystem } from "@holdfast/core/port"
import * as Context from "effect/Context"
import { statfsSync } from "node:fs"

/** How a database is opened. */
export interface Mode {
  readonly journal: "wal" | "delete"
  /** `exclusive`: one connection keeps everybody else out for as long as it is open. */
  readonly locking: "normal" | "exclusive"
  /** Whether locks may be relied on between processes of one host. */
  readonly sharedBy: "process" | "host"
}

/** What was observed of the place and of SQLite. */
export interface EnvironmentFacts {
  readonly platform: NodeJS.Platform
  readonly sqliteVersion: string
  readonly folder: string
  /** The type of the folder's file system as statfs gives it; 0 where it is not known. */
  readonly fileSystemType: number
}

/**
 * Whether this SQLite may lose a commit when a WAL is reset (fixed in 3.51.3, and in 3.50.7 for that branch). One
 * that does not say its version may.
 */
export const hasWalResetBug = (version: string): boolean => {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number)
  if (major > 3 || (major === 3 && minor > 51)) return false
  if (major < 3) return true
  return minor === 51 ? patch < 3 : minor === 50 ? patch < 7 : true
}

/** The mode for a place. */
export const modeOf = (facts: EnvironmentFacts): Mode => {
  if (remoteFileSystem(facts) !== undefined) return { journal: "delete", locking: "normal", sharedBy: "process" }
  if (hasWalResetBug(facts.sqliteVersion)) return { journal: "wal", locking: "exclusive", sharedBy: "process" }
  return { journal: "wal", locking: "normal", sharedBy: "host" }
}

const observe = (folder: string): EnvironmentFacts => ({
  platform: process.platform,
  sqliteVersion: process.versions["sqlite"] ?? "0",
  folder,
  fileSystemType: process.platform === "win32" ? 0 : statfsSync(folder).type
})

/** How the place of a folder that is there is observed; what it throws is what statfs throws. */
export const Observe = Context.Reference<(folder: string) => EnvironmentFacts>("@holdfast/adapter-sqlite/Observe", {
  defaultValue: () => observe
})
