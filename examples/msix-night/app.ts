/**
 * One run of one app: a process of its own on a real folder, under a file system that misbehaves.
 *
 * Called as `app.ts <naive | files | sqlite | memory> <save | list> <folder> [scandir]`; prints what it read as JSON.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { FsAdapter } from "@holdfast/adapter-fs"
import { FaultyFileSystem } from "@holdfast/adapter-fs/testing"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { SqliteAdapter } from "@holdfast/adapter-sqlite"
import { Console, Effect, Layer } from "effect"
import * as holdfastApp from "./holdfastApp.ts"
import * as naiveApp from "./naiveApp.ts"
import { adopter, CodeSessions } from "./sessions.ts"

const [app = "", job = "", directory = "", ...faults] = process.argv.slice(2)

// Renames inside one folder answer EXDEV; with `scandir` listing a folder answers UNKNOWN as well.
const rules = [...FaultyFileSystem.msix, ...(faults.includes("scandir") ? FaultyFileSystem.unreadableDirectories : [])]
const disk = FaultyFileSystem.layer(rules).pipe(Layer.provideMerge(NodeServices.layer))

const naive = Effect.map(job === "save" ? naiveApp.save(directory) : naiveApp.load(directory), (count) => ({ count }))

// The one line that differs between the stores.
const storages = {
  files: FsAdapter.layer({ directory, adopt: adopter }),
  sqlite: SqliteAdapter.layer({ filename: `${directory}/sessions.db` }),
  memory: MemoryAdapter.layer
}
const storage = storages[app as keyof typeof storages]

const holdfast = Effect.gen(function*() {
  if (job === "save") return { receipts: yield* holdfastApp.save, ...(yield* holdfastApp.list) }
  return { ...(yield* holdfastApp.list), intact: yield* holdfastApp.loadAll }
}).pipe(Effect.provide(Layer.provide(CodeSessions.layer, storage)))

const program = Effect.gen(function*() {
  yield* Console.log(JSON.stringify(app === "naive" ? yield* naive : yield* holdfast))
})

NodeRuntime.runMain(Effect.provide(program, disk))
