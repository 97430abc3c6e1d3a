/** The places of an app's sessions on a real disk. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { CurrentSurroundings } from "../../src/probe/surroundings.ts"
import { candidateRoots } from "../../src/roots/candidateRoots.ts"
import { mayHoldSessions } from "../../src/roots/candidates.ts"
import { unreadableDirectories } from "../../src/testing/FaultyFileSystem.ts"
import { commit, faulty, place, put, quickFolder, realFileSystem, visit } from "../kit.ts"
import { aroundOf } from "../probe/facts.ts"

const key = { namespace: ["acct"], id: "local_1" }

const namesIn = (folder: string) => fs.readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted()

const look = (home: string, fileSystem = realFileSystem) =>
  candidateRoots({ name: "app", legacy: ["~/old", "~/link"] }).pipe(
    Effect.provideService(FileSystem.FileSystem, fileSystem),
    Effect.provideService(
      CurrentSurroundings,
      aroundOf({ platform: process.platform, env: { HOME: home, USERPROFILE: home, OneDrive: home } })
    )
  )

/** A home with a store of ours in one place, and in another, by two paths, a file that never got its name. */
const home = Effect.gen(function*() {
  const folder = fs.realpathSync(yield* quickFolder)
  yield* visit(path.join(folder, ".app"), (adapter) => commit(adapter, put(key, 1)))
  place(folder, "old/acct/local_2.json.tmp", "{}")
  fs.symlinkSync(path.join(folder, "old"), path.join(folder, "link"))
  return folder
})

describe("the places of sessions on a disk", () => {
  it.live("are found with what is in them, links followed, and nothing is changed", () =>
    Effect.gen(function*() {
      const folder = yield* home
      const before = namesIn(folder)
      const { candidates, hints, unlisted, verdict } = yield* look(folder)
      const seen = candidates.filter(mayHoldSessions).map(({ realPath, seen, ways }) => [
        path.relative(folder, realPath),
        seen._tag === "Found" && [seen.hasMarker, seen.documents, seen.temporaries],
        ways.map(({ origin, path: way }) => `${origin} ${path.basename(way)}`)
      ])
      assert.deepStrictEqual(seen, [
        [".app", [true, 1, 0], ["homeFolder .app"]],
        ["old", [false, 0, 1], ["legacy old", "legacy link"]]
      ])
      assert.deepStrictEqual([verdict._tag, unlisted, hints.map(({ kind }) => kind)], [
        "Several",
        [],
        ["syncedFolder"]
      ])
      assert.deepStrictEqual(namesIn(folder), before)
    }))

  it.live("are in doubt, not empty, where folders cannot be listed", () =>
    Effect.gen(function*() {
      const folder = yield* home
      const { candidates, unlisted, verdict } = yield* look(folder, faulty(unreadableDirectories))
      assert.strictEqual(verdict._tag, "Several")
      assert.isTrue(candidates.every(({ seen }) => seen._tag === "Unreadable" && seen.code === "UNKNOWN"))
      assert.isTrue(unlisted.every(({ path: file }) => file.startsWith(folder) || file.includes("WpSystem")))
      assert.isNotEmpty(unlisted)
    }))
})
