import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as path from "node:path"
import { quickFolder, recorded } from "../kit.ts"

describe("a recording", () => {
  it.live("has the calls that succeeded, in their order, with what each was about", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const { calls, fileSystem } = recorded()
      const [file, target] = [path.join(folder, "a"), path.join(folder, "b")]
      yield* Effect.exit(fileSystem.readFile(file))
      yield* Effect.scoped(Effect.gen(function*() {
        const handle = yield* fileSystem.open(file, { flag: "wx" })
        yield* handle.writeAll(new Uint8Array(5))
        yield* handle.sync
      }))
      yield* fileSystem.rename(file, target)
      yield* fileSystem.remove(target)
      assert.deepStrictEqual(calls, [
        { operation: "open", path: file, flag: "wx" },
        { operation: "write", path: file, bytes: 5 },
        { operation: "sync", path: file },
        { operation: "rename", path: file, target },
        { operation: "remove", path: target }
      ])
    }))
})
