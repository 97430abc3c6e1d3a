/** Files, then SQLite, then memory, of which the first fails now and then, keep the laws of the port. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { FsAdapter } from "@holdfast/adapter-fs"
import { SqliteAdapter } from "@holdfast/adapter-sqlite"
import { makeMemory, makeMemoryAdapter, StorageAdapter } from "@holdfast/core"
import type { Harness } from "@holdfast/core/testing"
import { conformance } from "@holdfast/core/testing/vitest"
import { Context, Effect, FileSystem, Layer } from "effect"
import { join } from "node:path"
import { chainOf } from "../../../../../testing/policies.ts"

const folder = Effect.provide(
  Effect.orDie(Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())),
  NodeServices.layer
)

const over = (
  name: string,
  layerIn: (directory: string) => Layer.Layer<StorageAdapter, unknown>
): Harness => ({
  name,
  fresh: Effect.map(folder, (directory) => ({
    open: Effect.map(
      Effect.orDie(Layer.build(Layer.fresh(layerIn(directory)))),
      (built) => Context.get(built, StorageAdapter)
    )
  }))
})

const files = over("files", (directory) => Layer.provide(FsAdapter.layer({ directory }), NodeServices.layer))

const sqlite = over("sqlite", (directory) => SqliteAdapter.layer({ filename: join(directory, "sessions.db") }))

const memory: Harness = {
  name: "memory",
  fresh: Effect.sync(() => {
    const content = makeMemory()
    return { open: makeMemoryAdapter(content) }
  })
}

conformance(chainOf("files that fail by seed, then SQLite, then memory", files, [sqlite, memory]), {
  // A write that goes lower copies the whole session, also one with a thousand entries.
  limit: "5 minutes"
})
