/** Switches between files and SQLite on a disk, under concurrent writers, with backends that fail and restarts. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, it } from "@effect/vitest"
import { FsAdapter } from "@holdfast/adapter-fs"
import { SqliteAdapter } from "@holdfast/adapter-sqlite"
import { Effect, FileSystem, Layer } from "effect"
import { join } from "node:path"
import { runSwitchLoad } from "../../../../testing/switchLoad.ts"
import { overBackends } from "./load.ts"

it.live(
  "no write is lost or doubled by 100 switches between files and SQLite, some of which fail or are interrupted, with restarts",
  () =>
    Effect.gen(function*() {
      const directory = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
      const files = FsAdapter.layer({ directory: join(directory, "files") })
      const backends = yield* overBackends(
        Layer.provide(files, NodeServices.layer),
        SqliteAdapter.layer({ filename: join(directory, "sessions.db") })
      )
      const report = yield* runSwitchLoad({
        ...backends,
        switchCount: 100,
        writerCount: 4,
        writeEvery: "50 millis",
        failEvery: 3,
        interruptEvery: 7,
        restartEvery: 10
      })
      assert.deepStrictEqual([report.lost, report.doubled, report.fallen], [[], [], []])
      assert.isAbove(report.failedCount, 20)
      assert.isAbove(report.interruptedCount, 5)
      assert.isAbove(report.restartCount, 10)
      assert.isAbove(report.writeCount, 1000)
    }).pipe(Effect.provide(NodeServices.layer)),
  600_000
)
