/**
 * What the place and the SQLite that Node carries allow: which journal, and who may share the store.
 *
 * Pure functions from observed facts to a mode. A network or FUSE mount gives no shared memory that can
 * be relied on, so there is no write-ahead log there; a SQLite with the WAL-reset bug keeps the database
 * to one connection. Sources: https://sqlite.org/wal.html, statfs(2).
 */
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

/** File systems without reliable shared memory or locks, by the magic numbers of statfs(2) and of coreutils' stat. */
export const remoteFileSystems: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xfe534d42, "SMB2"],
  [0xff534d42, "CIFS"],
  [0x01021997, "9P"],
  [0x65735546, "FUSE"],
  [0x5346414f, "AFS"],
  [0x73757245, "Coda"],
  [0x00c36400, "Ceph"],
  [0x564c, "NCP"],
  [0x01161970, "GFS2"],
  [0x7461636f, "OCFS2"],
  [0x0bd00bd0, "Lustre"],
  [0x47504653, "GPFS"],
  [0x19830326, "BeeGFS"],
  [0x6b414653, "kAFS"],
  [0xaad7aaea, "PanFS"],
  [0x61636673, "ACFS"],
  [0x20030528, "OrangeFS"],
  [0x7c7c6673, "Parallels shared folder"],
  [0xbeefdead, "StorNext"],
  [0xa501fcf5, "VxFS"],
  [0x013111a8, "IBRIX"],
  [0x786f4256, "VirtualBox shared folder"],
  [0xbacbacbc, "VMware shared folder"]
])

/** The name of a file system on which a write-ahead log is not safe; none for local ones. */
export const remoteName = ({ fileSystemType, folder, platform }: EnvironmentFacts): string | undefined => {
  if (platform === "win32") return /^[\\/]{2}(?:[?.][\\/]UNC[\\/]|(?![?.][\\/]))/i.test(folder) ? "UNC path" : undefined
  // The numbers are Linux's; they are read as unsigned because some lie above the signed range.
  return platform === "linux" ? remoteFileSystems.get(fileSystemType >>> 0) : undefined
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
  if (remoteName(facts) !== undefined) return { journal: "delete", locking: "normal", sharedBy: "process" }
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
