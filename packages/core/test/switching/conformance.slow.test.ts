/** The laws of the port while a store is switched back and forth between files and SQLite on a disk. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { FsAdapter } from "@holdfast/adapter-fs"
import { SqliteAdapter } from "@holdfast/adapter-sqlite"
import { laws } from "@holdfast/core/testing"
import { conformance } from "@holdfast/core/testing/vitest"
import { Effect, FileSystem, Layer } from "effect"
import { join } from "node:path"
import { switched } from "./switched.ts"

const harness = switched({
  name: "switched between files and SQLite",
  backends: Effect.gen(function*() {
    const directory = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
    const files = FsAdapter.layer({ directory: join(directory, "files") })
    return {
      files: Layer.provide(files, NodeServices.layer),
      sqlite: SqliteAdapter.layer({ filename: join(directory, "sessions.db") })
    }
  }).pipe(Effect.provide(NodeServices.layer), Effect.orDie),
  every: "20 millis"
})

/**
 * Files are written to by other processes as well, so whoever watches is told `Missed` at every switch away from them:
 * `changes.ofOthers`, `changes.areFollowed` and the others allow for it, these do not.
 */
const neverMissed = [
  "changes.fromSubscription",
  "changes.tellWrites",
  "changes.silentOnNothing",
  "changes.forEverySubscriber",
  "restore.isTold"
]

/** The next backend knows a removal and what it ended, under the time at which it was told of it. */
const ofTimes = ["repeat.remove"]

const leftOut = new Set([...neverMissed, ...ofTimes])

conformance(harness, {
  laws: laws.filter(({ id }) => !leftOut.has(id)),
  // The records of its backends are the switch's own.
  knownGaps: laws.filter(({ asks, family }) => family === "role" && asks === undefined).map(({ id }) => id),
  // Sessions of a thousand entries are copied again and again.
  limit: "5 minutes"
})
