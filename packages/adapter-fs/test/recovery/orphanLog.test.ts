/** A crash between a temp file and its rename leaves a log without a head: both come back together. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { append, commit, contentOf, open, put, quickFolder, realFileSystem, visit } from "../kit.ts"

const key = { namespace: [], id: "s" }

describe("entries whose head is in a temp file", () => {
  it.live.each([false, true])(
    "come back with it, whichever is found first (turned round: %s)",
    (isTurned) =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        yield* visit(folder, (adapter) => commit(adapter, put(key, 1), append(key, ["a", "b"])))
        fs.renameSync(path.join(folder, "s.json"), path.join(folder, "s.json.0123456789abcdef0123.tmp"))
        const fileSystem = {
          ...realFileSystem,
          readDirectory: (directory: string) =>
            Effect.map(
              realFileSystem.readDirectory(directory),
              (names) => isTurned ? names.toSorted().toReversed() : names.toSorted()
            )
        }
        const adapter = yield* open(folder, { fileSystem })
        assert.deepStrictEqual(yield* contentOf(adapter, key), Option.some({ state: 1, entries: ["a", "b"] }))
      })
  )
})
