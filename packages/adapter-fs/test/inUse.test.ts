/** Whether a store is open, as a tool finds it out that must not work beside a living app. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { FileSystem } from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { FsAdapter } from "../src/index.ts"

const host = Layer.mergeAll(NodeFileSystem.layer, NodePath.layer)

it.live("a store is in use while somebody has it open, and looking makes no file", () =>
  Effect.gen(function*() {
    const fileSystem = yield* FileSystem
    const directory = yield* fileSystem.makeTempDirectoryScoped()
    assert.strictEqual(yield* FsAdapter.inUse({ directory }), "nobody")
    assert.deepStrictEqual(yield* fileSystem.readDirectory(directory), [])
    yield* Effect.scoped(Effect.gen(function*() {
      yield* FsAdapter.make({ directory })
      assert.strictEqual(yield* FsAdapter.inUse({ directory }), "somebody")
    }))
    assert.strictEqual(yield* FsAdapter.inUse({ directory }), "nobody")
  }).pipe(Effect.scoped, Effect.provide(host)))
