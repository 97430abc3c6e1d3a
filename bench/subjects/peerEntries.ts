/** What people would pick instead. */
import { type Entry, everyday, stores } from "./Entry.ts"

/** Peers that do everything, after the package that they come from. */
const peer = (
  name: string,
  { keeps, workloads = stores, ...entry }:
    & Pick<Entry, "keeps" | "open">
    & Partial<Pick<Entry, "package" | "workloads" | "bundled">>
): Entry => ({ name, group: "peer", package: name, keeps, workloads, ...entry })

export const peers: ReadonlyArray<Entry> = [
  peer("node:sqlite", { keeps: "database", open: async () => (await import("./nodeSqlite.ts")).open }),
  peer("node:sqlite, grouped", {
    keeps: "database",
    package: "node:sqlite",
    workloads: ["saveMany", "burst"],
    open: async () => (await import("./nodeSqlite.ts")).groupedOpen
  }),
  peer("better-sqlite3", {
    keeps: "database",
    workloads: everyday,
    open: async () => (await import("./betterSqlite3.ts")).open
  }),
  peer("lmdb", { keeps: "database", open: async () => (await import("./lmdb.ts")).open }),
  peer("classic-level", { keeps: "database", open: async () => (await import("./classicLevel.ts")).open }),
  peer("@keyv/sqlite", { keeps: "database", open: async () => (await import("./keyvSqlite.ts")).open }),
  peer("keyv-file", { keeps: "files", workloads: everyday, open: async () => (await import("./keyvFile.ts")).open }),
  peer("unstorage fs", {
    keeps: "files",
    package: "unstorage",
    open: async () => (await import("./unstorage.ts")).fsOpen
  }),
  peer("unstorage fs-lite", {
    keeps: "files",
    package: "unstorage",
    workloads: everyday,
    open: async () => (await import("./unstorage.ts")).fsLiteOpen
  }),
  peer("Effect KeyValueStore", {
    keeps: "files",
    package: "effect",
    open: async () => (await import("./effectKeyValueStore.ts")).open
  }),
  peer("Effect KeyValueStore (bundled)", {
    keeps: "files",
    package: "effect",
    workloads: ["open"],
    bundled: { module: "effectKeyValueStore.ts", name: "open" },
    open: async () => (await import("./effectKeyValueStore.ts")).open
  }),
  peer("conf", { keeps: "files", workloads: everyday, open: async () => (await import("./conf.ts")).open }),
  peer("write-file-atomic", { keeps: "files", open: async () => (await import("./writeFileAtomic.ts")).open }),
  peer("atomically", { keeps: "files", workloads: everyday, open: async () => (await import("./atomically.ts")).open }),
  peer("steno", { keeps: "files", workloads: everyday, open: async () => (await import("./steno.ts")).open }),
  peer("lowdb", { keeps: "files", workloads: everyday, open: async () => (await import("./lowdb.ts")).open }),
  peer("session-file-store", {
    keeps: "files",
    workloads: everyday,
    open: async () => (await import("./sessionFileStore.ts")).open
  })
]
