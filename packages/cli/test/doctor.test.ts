/** What a doctor says of stores that are well, broken, refused, full, in use, and not known where. */
import { assert, describe, it } from "@effect/vitest"
import { FsAdapter } from "@holdfast/adapter-fs"
import { FaultyFileSystem } from "@holdfast/adapter-fs/testing"
import { SqliteAdapter } from "@holdfast/adapter-sqlite"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { existsSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { holdersIn } from "../src/doctor/Machine.ts"
import { typed } from "../src/output/text.ts"
import { contentOf, makeBrokenApp } from "./brokenApp.ts"
import { golden, goldenRuns, inFolder, runCli, shownOf } from "./cli.ts"
import { chats, filesWith, writeSeeds } from "./stores.ts"

const inStore = <A, E, R>(test: (directory: string) => Effect.Effect<A, E, R>) =>
  inFolder((folder) => test(join(folder, "sessions")))

describe("doctor", () => {
  it.live("a store that is well is healthy", () =>
    inStore((directory) =>
      Effect.gen(function*() {
        yield* filesWith(directory, chats)
        const { text } = yield* goldenRuns("doctor.healthy", ["doctor", "--store", directory], { directory })
        assert.strictEqual(text.code, 0)
      })
    ))

  it.live("a folder of unfinished saves is explained, with the command that brings them back, and not touched", () =>
    inStore((directory) =>
      Effect.gen(function*() {
        makeBrokenApp(directory)
        const before = contentOf(directory)
        const { text } = yield* goldenRuns("doctor.broken", ["doctor", "--store", directory], { directory })
        assert.strictEqual(text.code, 1)
        assert.deepStrictEqual(contentOf(directory), before)
      })
    ))

  it.live("in a package whose renames fail, saves are shown to go on, and where the files really lie", () =>
    inStore((directory) =>
      Effect.gen(function*() {
        yield* filesWith(directory, chats)
        const ran = yield* runCli(["doctor", "--store", directory], {
          faults: FaultyFileSystem.msix,
          around: { env: { FLATPAK_ID: "org.example.Chats" } }
        })
        golden("doctor.sandbox.text", shownOf(directory, ran))
      })
    ))

  it.live("a folder that cannot be listed is not called empty", () =>
    inStore((directory) =>
      Effect.gen(function*() {
        makeBrokenApp(directory)
        const faults = FaultyFileSystem.unreadableDirectories
        const { text } = yield* goldenRuns("doctor.unlisted", ["doctor", "--store", directory], { directory, faults })
        assert.strictEqual(text.code, 2)
      })
    ))

  it.live("a full disk is a problem", () =>
    inStore((directory) =>
      Effect.gen(function*() {
        yield* filesWith(directory, chats)
        const ran = yield* runCli(["doctor", "--store", directory], {
          faults: FaultyFileSystem.fullDisk(),
          machine: { roomAt: () => Effect.succeedSome({ freeBytes: 4096, totalBytes: 2 ** 30 }) }
        })
        golden("doctor.full.text", shownOf(directory, ran))
        assert.strictEqual(ran.code, 1)
      })
    ))

  it.live("who has the store open is named", () =>
    inStore((directory) =>
      Effect.gen(function*() {
        yield* FsAdapter.make({ directory })
        const ran = yield* runCli(["doctor", "--store", directory], {
          machine: { holdersOf: () => Effect.succeedSome([{ pid: 4711, program: "chats" }]) }
        })
        assert.include(ran.stdout, "open in         chats (process 4711)")
      })
    ))

  it.live("a database is examined, too", () =>
    inStore((directory) =>
      Effect.gen(function*() {
        mkdirSync(directory)
        const filename = join(directory, "sessions.db")
        yield* Effect.provide(writeSeeds(chats), Layer.fresh(SqliteAdapter.layer({ filename })))
        const ran = yield* runCli(["doctor", "--store", filename])
        assert.strictEqual(ran.code, 0, ran.stdout)
        assert.include(ran.stdout, "sessions        3 can be read")
      })
    ))

  it.live("a name that is misspelt makes no store", () =>
    inStore((directory) =>
      Effect.gen(function*() {
        for (const name of [directory, `${directory}.db`]) {
          const ran = yield* runCli(["doctor", "--store", name])
          assert.strictEqual(ran.code, 2)
          assert.isFalse(existsSync(name))
        }
      })
    ))
})

describe("doctor --app", () => {
  it.live("the one place that holds sessions is examined", () =>
    inFolder((home) =>
      Effect.gen(function*() {
        makeBrokenApp(join(home, ".config/Chats"))
        const ran = yield* runCli(["doctor", "--app", "Chats", "--json"], { around: { env: { HOME: home } } })
        assert.strictEqual(JSON.parse(ran.stdout).store.location, join(home, ".config/Chats"))
        assert.strictEqual(ran.code, 1)
      })
    ))

  it.live("between several places a person chooses", () =>
    inFolder((home) =>
      Effect.gen(function*() {
        makeBrokenApp(join(home, ".config/Chats"))
        makeBrokenApp(join(home, ".local/share/Chats"))
        const around = { env: { HOME: home } }
        const ran = yield* runCli(["doctor", "--app", "Chats"], { around })
        assert.strictEqual(ran.code, 1)
        for (const folder of [".local/share/Chats", ".config/Chats"]) {
          assert.include(ran.stdout, join(home, folder))
          assert.include(ran.stderr, `holdfast doctor --store ${join(home, folder)}`)
        }
        const json = yield* runCli(["doctor", "--app", "Chats", "--json"], { around })
        golden("doctor.several.json", shownOf(home, json))
      })
    ))

  it.live("an app without sessions is a failure that says what to do", () =>
    inFolder((home) =>
      Effect.gen(function*() {
        const ran = yield* runCli(["doctor", "--app", "Chats"], { around: { env: { HOME: home } } })
        assert.strictEqual(ran.code, 2)
        assert.include(ran.stderr, "no sessions of Chats were found")
      })
    ))
})

it("the holders of a lock are the processes that the system names for its inode", () => {
  const locks = [
    "1: POSIX  ADVISORY  READ  4711 08:01:1835014 1073741826 1073742335",
    "2: POSIX  ADVISORY  WRITE 4712 08:01:1835015 1073741826 1073742335",
    "2: -> POSIX  ADVISORY  WRITE 4713 08:01:1835014 1073741826 1073742335",
    "3: FLOCK  ADVISORY  WRITE 4714 08:01:1835014 0 EOF",
    "4: POSIX  ADVISORY  READ  4711 08:01:1835014 1073741826 1073742335",
    ""
  ].join("\n")
  assert.deepStrictEqual(holdersIn(locks, 1835014), [4711])
})

it("a path with spaces is typed in quotes, as the shells of its system take it", () => {
  assert.strictEqual(typed("/home/me/sessions"), "/home/me/sessions")
  assert.strictEqual(typed("/Users/me/Application Support/it's", "darwin"), "'/Users/me/Application Support/it'\\''s'")
  assert.strictEqual(typed("C:\\Users\\me\\My Chats", "win32"), "\"C:\\Users\\me\\My Chats\"")
})
