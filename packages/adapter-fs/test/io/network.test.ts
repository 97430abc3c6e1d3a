/** What a store promises on a network mount, where the kernel's locks keep nobody out on another host. */
import { assert, describe, it } from "@effect/vitest"
import { remoteFileSystems } from "@holdfast/core"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { FileSystemType } from "../../src/io/network.ts"
import { commit, open, put, quickFolder } from "../kit.ts"

const key = { namespace: [], id: "local_1" }

describe("a store on a network mount", () => {
  for (const [type, name] of remoteFileSystems) {
    it.live(`keeps writers apart within its process only, and says so: ${name}`, () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const adapter = yield* Effect.provideService(open(folder), FileSystemType, () => Effect.succeed(type))
        assert.deepStrictEqual([adapter.capability.compareAndSet, adapter.capability.watch], ["process", "process"])
        yield* commit(adapter, put(key, 1))
        assert.deepStrictEqual(
          fs.readdirSync(path.join(folder, ".holdfast")).filter((file) => file.startsWith("lock-")),
          []
        )
      }))
  }

  it.live("is told from a local disk by the type of its file system", () =>
    Effect.gen(function*() {
      const local = 0xef53
      const adapter = yield* Effect.provideService(
        open(yield* quickFolder),
        FileSystemType,
        () => Effect.succeed(local)
      )
      assert.deepStrictEqual([adapter.capability.compareAndSet, adapter.capability.watch], ["host", "host"])
    }))
})
