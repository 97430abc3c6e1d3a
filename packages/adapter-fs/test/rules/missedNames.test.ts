/** A listing that the disk gives short: a name that was known before is looked for, and not taken for gone. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type FileSystem } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { visitAged } from "../catalog/aged.ts"
import { commit, listed, open, put, quickFolder, realFileSystem, visit } from "../kit.ts"

const keyOf = (id: string) => ({ namespace: ["acct"], id })

/** A file system on which the first listings of a folder lack a name, as tmpfs has it while names are renamed over. */
const missing = (name: string, times: number): FileSystem.FileSystem => {
  let left = times
  return {
    ...realFileSystem,
    readDirectory: (folder) =>
      Effect.map(realFileSystem.readDirectory(folder), (names) => {
        if (!names.includes(name) || left === 0) return names
        left -= 1
        return names.filter((each) => each !== name)
      })
  }
}

const stored = Effect.gen(function*() {
  const folder = yield* quickFolder
  yield* visitAged(folder, (adapter) => Effect.forEach(["one", "two"], (id) => commit(adapter, put(keyOf(id), id))))
  return folder
})

describe("a name that readdir misses", () => {
  it.live("is listed when the catalog knows it, by a process that has not written it", () =>
    Effect.gen(function*() {
      const folder = yield* stored
      const fileSystem = missing("two.json", Infinity)
      assert.deepStrictEqual(yield* visit(folder, (adapter) => listed(adapter), { fileSystem }), ["one", "two"])
    }))

  it.live("is listed when nothing knows it and the folder is changing: what is read twice is taken together", () =>
    Effect.gen(function*() {
      const folder = yield* stored
      const away = yield* quickFolder
      yield* visit(away, (other) => commit(other, put(keyOf("three"), 3)))
      const adapter = yield* open(folder, { fileSystem: missing("three.json", 1) })
      fs.copyFileSync(path.join(away, "acct/three.json"), path.join(folder, "acct/three.json"))
      assert.deepStrictEqual(yield* listed(adapter), ["one", "three", "two"])
    }))
})
