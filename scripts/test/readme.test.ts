/**
 * The README's table of adapters says what the adapters' capabilities say.
 */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { FsAdapter } from "@holdfast/adapter-fs"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { StorageAdapter } from "@holdfast/core"
import { Effect, FileSystem, Layer } from "effect"
import { readFileSync } from "node:fs"

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8")

/** The cells of the row that names an adapter, without the text columns round them. */
const rowOf = (adapter: string): ReadonlyArray<string> => {
  const row = readme.split("\n").find((line) => line.startsWith("|") && line.includes(`\`${adapter}\``)) ?? ""
  return row.split("|").slice(2, 6).map((cell) => cell.trim())
}

const capabilityCells = Effect.map(StorageAdapter, ({ capability }) => [
  capability.durability,
  capability.compareAndSet,
  capability.atomicity,
  capability.sharedBy
])

const files = Layer.unwrap(Effect.gen(function*() {
  const fileSystem = yield* FileSystem.FileSystem
  return FsAdapter.layer({ directory: yield* fileSystem.makeTempDirectoryScoped() })
})).pipe(Layer.provide(NodeServices.layer))

describe("the README", () => {
  it.live("shows the file adapter's capability", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(rowOf("FsAdapter"), yield* capabilityCells)
    }).pipe(Effect.provide(files)))

  it.effect("shows the memory adapter's capability", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(rowOf("MemoryAdapter"), yield* capabilityCells)
    }).pipe(Effect.provide(MemoryAdapter.layer)))
})
