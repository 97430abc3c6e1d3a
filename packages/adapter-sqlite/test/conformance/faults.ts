/**
 * What goes wrong below a SQLite store, for real: somebody else keeps the database locked, and the file goes from
 * where it was.
 *
 * Full and read-only disks need mounts of their own: they are tested apart from the laws.
 */
import type { Fault } from "@holdfast/core/testing"
import { Effect } from "effect"
import { existsSync, renameSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"

/** The faults of a store at a path. */
export const databaseFaults = (filename: string): ReadonlyArray<Fault> => {
  const away = `${filename}-away`
  let holder: DatabaseSync | undefined
  return [
    {
      name: "somebody else keeps the database locked",
      reasons: ["Busy"],
      hits: ["writes"],
      inject: Effect.sync(() => {
        holder = new DatabaseSync(filename)
        holder.exec("BEGIN EXCLUSIVE")
      }),
      lift: Effect.sync(() => holder?.close())
    },
    {
      name: "the file is moved away",
      reasons: ["DirectoryUnreadable"],
      hits: ["reads", "writes"],
      inject: Effect.sync(() => renameSync(filename, away)),
      lift: Effect.sync(() => {
        if (existsSync(away)) renameSync(away, filename)
      })
    }
  ]
}
