/**
 * The faults of disks, one after the other: rules of the faulty file system that are there while a fault is.
 *
 * Each says which calls fail, with which code, and with which reasons the adapter may answer meanwhile. A
 * folder that cannot be read is one of them wherever reading fails.
 */
import type { Fault } from "@holdfast/core/testing"
import { Effect } from "effect"
import { type FaultRule, fullDisk, readOnlyRoot, unreadableDirectories } from "../../src/testing/FaultyFileSystem.ts"
import type { FileOperation } from "../../src/testing/index.ts"

interface Row extends Omit<Fault, "inject" | "lift"> {
  readonly rules: ReadonlyArray<FaultRule>
}

const reads: ReadonlyArray<FileOperation> = ["read", "readFile", "readDirectory"]
const changes: ReadonlyArray<FileOperation> = ["write", "truncate", "makeDirectory", "rename", "link", "remove"]
const toWrite = ["r+", "w", "wx", "w+", "wx+", "a", "ax", "a+", "ax+"]

const rows: ReadonlyArray<Row> = [
  { name: "the disk is full", rules: fullDisk(8), reasons: ["NoSpace"], hits: ["writes"] },
  { name: "the volume is read-only", rules: readOnlyRoot, reasons: ["ReadOnly"], hits: ["writes"] },
  {
    name: "the device fails",
    rules: [{ operation: ["open", "sync", "stat", ...reads, ...changes], code: "EIO" }],
    reasons: ["Io", "DirectoryUnreadable"],
    hits: ["reads", "writes"]
  },
  {
    name: "the device fails to write back",
    rules: [{ operation: "sync", code: "EIO" }],
    reasons: ["Io"],
    hits: ["writes"]
  },
  {
    name: "the answers of a network volume are lost",
    rules: [{ operation: ["write", "rename"], code: "EIO", afterwards: true }],
    reasons: ["Io"],
    hits: ["writes"]
  },
  {
    name: "access is denied",
    rules: [{ operation: ["open", ...reads, ...changes], code: "EACCES" }],
    reasons: ["PermissionDenied", "DirectoryUnreadable"],
    hits: ["reads", "writes"]
  },
  {
    name: "files are in use",
    rules: [{ operation: "open", flags: toWrite, code: "EBUSY" }, { operation: "rename", code: "EBUSY" }],
    reasons: ["Busy"],
    hits: ["writes"]
  },
  {
    name: "too many files are open",
    rules: [{ operation: ["open", "readFile", "readDirectory"], code: "EMFILE" }],
    reasons: ["TooManyOpenFiles"],
    hits: ["reads", "writes"]
  },
  {
    name: "folders cannot be listed",
    rules: unreadableDirectories,
    reasons: ["DirectoryUnreadable"],
    hits: ["reads"]
  }
]

/** The faults of disks, and the rules that they put in force: what is put over a file system. */
export const diskFaults = (): { readonly rules: ReadonlyArray<FaultRule>; readonly faults: ReadonlyArray<Fault> } => {
  const inForce: Array<FaultRule> = []
  const faults = rows.map(({ rules, ...row }): Fault => ({
    ...row,
    inject: Effect.sync(() => void inForce.push(...rules)),
    lift: Effect.sync(() => void inForce.splice(0))
  }))
  return { rules: inForce, faults }
}
