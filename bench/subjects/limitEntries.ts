/** What the machine allows, by hand: each row is a limit in the workloads that it names. */
import { type Entry, writes } from "./Entry.ts"

export const writeLimits: ReadonlyArray<Entry> = [
  {
    name: "log, append + fdatasync, sync",
    group: "limit",
    workloads: ["save", "append"],
    keeps: "files",
    open: async () => (await import("./limitLog.ts")).syncOpen
  },
  {
    name: "log, append + fdatasync, async",
    group: "limit",
    workloads: ["save", "append"],
    keeps: "files",
    open: async () => (await import("./limitLog.ts")).asyncOpen
  },
  {
    name: "log, group commit",
    group: "limit",
    workloads: ["saveMany", "burst"],
    keeps: "files",
    open: async () => (await import("./limitLog.ts")).groupOpen
  },
  {
    name: "in place + fdatasync, sync",
    group: "limit",
    workloads: ["save"],
    keeps: "files",
    open: async () => (await import("./limitInPlace.ts")).syncOpen
  },
  {
    name: "in place + fdatasync, async",
    group: "limit",
    workloads: ["save", "saveMany", "bodies"],
    keeps: "files",
    open: async () => (await import("./limitInPlace.ts")).asyncOpen
  },
  {
    name: "temp, fsync, rename, directory fsync, sync",
    group: "limit",
    workloads: ["save"],
    keeps: "files",
    open: async () => (await import("./limitReplaced.ts")).syncOpen
  },
  {
    name: "temp, fsync, rename, directory fsync, async",
    group: "limit",
    workloads: [...writes, "append", "bodies"],
    keeps: "files",
    open: async () => (await import("./limitReplaced.ts")).asyncOpen
  },
  {
    name: "temp, fsync, rename, shared directory fsync",
    group: "limit",
    workloads: ["saveMany"],
    keeps: "files",
    open: async () => (await import("./limitReplaced.ts")).sharedFolderOpen
  },
  {
    name: "coalesced file writes",
    group: "limit",
    workloads: ["burst"],
    keeps: "files",
    open: async () => (await import("./limitReplaced.ts")).coalescedOpen
  },
  {
    name: "temp, fsync, rename, async",
    group: "limit",
    workloads: writes,
    keeps: "files",
    open: async () => (await import("./limitReplaced.ts")).fileFlushedOpen
  },
  {
    name: "writeFile",
    group: "limit",
    workloads: [...writes, "load", "list", "append", "open", "bodies", "sessions"],
    keeps: "files",
    open: async () => (await import("./limitReplaced.ts")).unflushedOpen
  },
  {
    name: "Map and JSON by hand",
    group: "limit",
    workloads: ["memory", "append"],
    keeps: "memory",
    open: async () => (await import("./byHandMemory.ts")).open
  }
]

export const readLimits: ReadonlyArray<Entry> = [
  {
    name: "readFileSync",
    group: "limit",
    workloads: ["load", "list", "open"],
    keeps: "files",
    open: async () => (await import("./limitReads.ts")).syncOpen
  },
  {
    name: "one index file",
    group: "limit",
    workloads: ["list", "sessions"],
    keeps: "files",
    open: async () => (await import("./limitReads.ts")).indexOpen
  },
  {
    name: "one index file + stat of each",
    group: "limit",
    workloads: ["list", "sessions"],
    keeps: "files",
    open: async () => (await import("./limitReads.ts")).indexStatOpen
  },
  {
    name: "one index file + stat of each, async",
    group: "limit",
    workloads: ["list"],
    keeps: "files",
    open: async () => (await import("./limitReads.ts")).indexStatAsyncOpen
  },
  {
    name: "readdir + stat of each",
    group: "limit",
    workloads: ["list"],
    keeps: "files",
    open: async () => (await import("./limitReads.ts")).readdirStatOpen
  }
]
