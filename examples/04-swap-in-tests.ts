/**
 * An app's test that swaps its storage: one set of tests over memory, files and SQLite, and one for bad days.
 *
 * The tests are the app's; Holdfast brings `layerTest` for the quick ones, the real adapters for the others, and
 * a disk that fails on purpose. Run it with `node`, as any file of `node:test`.
 */
import { NodeServices } from "@effect/platform-node"
import { FsAdapter } from "@holdfast/adapter-fs"
import { FaultyFileSystem } from "@holdfast/adapter-fs/testing"
import { SqliteAdapter } from "@holdfast/adapter-sqlite"
import type { StorageError } from "@holdfast/core"
import { Effect, Layer } from "effect"
import { deepStrictEqual } from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { menu, remember, Workspaces } from "./swap-in-tests/recentFiles.ts"

const root = mkdtempSync(join(tmpdir(), "holdfast-swap-in-tests-"))
after(() => rmSync(root, { recursive: true, force: true }))

const inFiles = (rules: ReadonlyArray<FaultyFileSystem.FaultRule>) =>
  FsAdapter.layer({ directory: join(root, "files") }).pipe(
    Layer.provide(FaultyFileSystem.layer(rules)),
    Layer.provide(NodeServices.layer)
  )

const stores: Readonly<Record<string, Layer.Layer<Workspaces, StorageError>>> = {
  "memory": Workspaces.layerTest,
  "files": Layer.provide(Workspaces.layer, inFiles([])),
  "files under MSIX": Layer.provide(Workspaces.layer, inFiles(FaultyFileSystem.msix)),
  "SQLite": Layer.provide(Workspaces.layer, SqliteAdapter.layer({ filename: join(root, "sessions.db") }))
}

/** What the app does in a test; the store is the test's to choose. */
const opensFiles = Effect.gen(function*() {
  for (const file of ["a.ts", "b.ts", "a.ts", "c.ts", "d.ts"]) yield* remember("holdfast", file)
  return yield* menu("holdfast")
})

for (const [name, store] of Object.entries(stores)) {
  void test(`the newest file is on top, over ${name}`, async () => {
    deepStrictEqual(await Effect.runPromise(Effect.provide(opensFiles, store)), "d.ts, c.ts, a.ts")
  })
}

void test("a menu over an empty store has no files", async () => {
  deepStrictEqual(await Effect.runPromise(Effect.provide(menu("nobody"), Workspaces.layerTest)), "no recent files")
})

void test("a menu over a store that cannot be read says so", async () => {
  const unreadable = Layer.provide(
    Workspaces.layer,
    inFiles([{ operation: ["open", "readFile"], path: /holdfast\.json$/, code: "EIO" }])
  )
  deepStrictEqual(
    await Effect.runPromise(Effect.provide(menu("holdfast"), unreadable)),
    "recent files cannot be read (Io)"
  )
})
