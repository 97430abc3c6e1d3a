/** Holdfast over its adapters. */
import { type Entry, everyday, stores, writes } from "./Entry.ts"

export const holdfast: ReadonlyArray<Entry> = [
  {
    name: "Holdfast fs, rename",
    group: "Holdfast",
    package: "@holdfast/adapter-fs",
    workloads: stores,
    keeps: "files",
    open: async () => (await import("./holdfastFs.ts")).renameOpen
  },
  {
    name: "Holdfast fs, slots",
    group: "Holdfast",
    package: "@holdfast/adapter-fs",
    workloads: stores,
    keeps: "files",
    open: async () => (await import("./holdfastFs.ts")).slotsOpen
  },
  {
    name: "Holdfast fs, rename, host-wide locks",
    group: "Holdfast",
    package: "@holdfast/adapter-fs",
    workloads: everyday,
    keeps: "files",
    open: async () => (await import("./holdfastFs.ts")).renameHostOpen
  },
  {
    name: "Holdfast fs, slots, host-wide locks",
    group: "Holdfast",
    package: "@holdfast/adapter-fs",
    workloads: everyday,
    keeps: "files",
    open: async () => (await import("./holdfastFs.ts")).slotsHostOpen
  },
  {
    name: "Holdfast SQLite",
    group: "Holdfast",
    package: "@holdfast/adapter-sqlite",
    workloads: stores,
    keeps: "database",
    open: async () => (await import("./holdfastSqlite.ts")).open
  },
  {
    name: "Holdfast memory",
    group: "Holdfast",
    package: "@holdfast/adapter-memory",
    workloads: [...writes, "append", "memory"],
    keeps: "memory",
    open: async () => (await import("./holdfastMemory.ts")).open
  },
  {
    name: "Holdfast fs, rename (bundled)",
    group: "Holdfast",
    workloads: ["open"],
    keeps: "files",
    bundled: { module: "holdfastFs.ts", name: "renameOpen" },
    open: async () => (await import("./holdfastFs.ts")).renameOpen
  },
  {
    name: "Holdfast SQLite (bundled)",
    group: "Holdfast",
    workloads: ["open"],
    keeps: "database",
    bundled: { module: "holdfastSqlite.ts", name: "open" },
    open: async () => (await import("./holdfastSqlite.ts")).open
  }
]
