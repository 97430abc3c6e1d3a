/** The story of the app whose sessions are gone: looked at, planned, brought back, and taken back again. */
import { assert, describe, it } from "@effect/vitest"
import { FsAdapter } from "@holdfast/adapter-fs"
import { FaultyFileSystem } from "@holdfast/adapter-fs/testing"
import { SqliteAdapter } from "@holdfast/adapter-sqlite"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { contentOf, makeBrokenApp, wholeTitles } from "./brokenApp.ts"
import { backupOf, recovered, withBrokenApp } from "./brokenStores.ts"
import { golden, goldenRuns, inFolder, runCli, shownOf } from "./cli.ts"
import { chats, filesWith, titlesIn, writeSeeds } from "./stores.ts"

describe("recover", () => {
  it.live("the plan says what is brought back and what is left, and changes nothing", () =>
    withBrokenApp((directory) =>
      Effect.gen(function*() {
        const before = contentOf(directory)
        const { text } = yield* goldenRuns("recover.plan", ["recover", "--store", directory], { directory })
        assert.strictEqual(text.code, 1)
        assert.deepStrictEqual(contentOf(directory), before)
      })
    ))

  it.live("whoever runs the program by npx is told commands that begin with it, and others by its name", () =>
    withBrokenApp((directory) =>
      Effect.gen(function*() {
        const screen = { program: "npx @holdfast/cli", width: 200 }
        const plan = yield* runCli(["recover", "--store", directory], { screen })
        assert.include(plan.stdout, `\n  npx @holdfast/cli recover --store ${directory} --apply\n`)
        const doctor = yield* runCli(["doctor", "--store", directory], { screen })
        assert.include(doctor.stdout, `\n    npx @holdfast/cli recover --store ${directory}\n`)
        const failed = yield* runCli(["show", "nobody", "--store", directory], { screen })
        assert.include(failed.stderr, "To do: Run `npx @holdfast/cli ls` to see")
      })
    ))

  it.live("every valid session is brought back, a second run finds nothing to do, and an undo restores bytes, times and modes", () =>
    withBrokenApp((directory) =>
      Effect.gen(function*() {
        const before = contentOf(directory)
        const applied = yield* runCli(["recover", "--store", directory, "--apply"])
        golden("recover.apply.text", shownOf(directory, applied))
        assert.deepStrictEqual(yield* titlesIn(directory), wholeTitles)

        const recovered = contentOf(directory)
        const { text } = yield* goldenRuns("recover.again", ["recover", "--store", directory, "--apply"], { directory })
        assert.strictEqual(text.code, 0)
        assert.deepStrictEqual(contentOf(directory), recovered)

        const undone = yield* runCli(["recover", "--undo", backupOf(directory)])
        golden("recover.undo.text", shownOf(directory, undone))
        assert.deepStrictEqual(contentOf(directory), before)
        const again = yield* runCli(["recover", "--undo", backupOf(directory), "--json"])
        golden("recover.undo.json", shownOf(directory, again))
        assert.deepStrictEqual(contentOf(directory), before)
      })
    ))

  it.live("a folder that cannot be listed is a failure that says so, and nothing is changed", () =>
    withBrokenApp((directory) =>
      Effect.gen(function*() {
        const before = contentOf(directory)
        const faults = FaultyFileSystem.unreadableDirectories
        const ran = yield* runCli(["recover", "--store", directory, "--apply"], { faults })
        golden("recover.unlisted.text", shownOf(directory, ran))
        assert.deepStrictEqual(contentOf(directory), before)
      })
    ))

  it.live("a store that an app has open is left alone", () =>
    withBrokenApp((directory) =>
      Effect.gen(function*() {
        yield* FsAdapter.make({ directory })
        const before = contentOf(directory)
        const ran = yield* runCli(["recover", "--store", directory, "--apply"])
        golden("recover.inUse.text", shownOf(directory, ran))
        assert.strictEqual(ran.code, 2)
        assert.deepStrictEqual(contentOf(directory), before)
        assert.isFalse(existsSync(backupOf(directory)))
      })
    ))

  it.live("of an app's folder for all its data leaves settings alone, and takes what says that it is a session", () =>
    inFolder((app) =>
      Effect.gen(function*() {
        makeBrokenApp(join(app, "sessions"))
        for (const name of ["Local State", "Preferences"]) writeFileSync(join(app, name), "{}")
        const settings = join(app, "User", "settings.json")
        mkdirSync(join(app, "User"))
        writeFileSync(settings, "{\"editor.fontSize\":14}")
        const ran = yield* runCli(["recover", "--store", app, "--apply", "--json"])
        assert.strictEqual(JSON.parse(ran.stdout).brought.length, wholeTitles.length)
        assert.strictEqual(readFileSync(settings, "utf8"), "{\"editor.fontSize\":14}")
      })
    ))

  it.live("without a backup nothing is changed", () =>
    withBrokenApp((directory) =>
      Effect.gen(function*() {
        const before = contentOf(directory)
        const faults = [{ operation: "write", path: /backup/, code: "ENOSPC" }] as const
        const ran = yield* runCli(["recover", "--store", directory, "--apply"], { faults })
        golden("recover.noBackup.text", shownOf(directory, ran))
        assert.isFalse(existsSync(backupOf(directory)))
        assert.deepStrictEqual(contentOf(directory), before)
      })
    ))
})

describe("recover of a database", () => {
  it.live("a damaged database is repaired after a backup, and an undo makes it what it was", () =>
    inFolder(Effect.fnUntraced(function*(parent) {
      const folder = join(parent, "stores")
      mkdirSync(folder)
      const filename = join(folder, "sessions.db")
      yield* Effect.provide(writeSeeds(chats), Layer.fresh(SqliteAdapter.layer({ filename })))
      // Another database, whose name begins with the same letters, is nobody's business here.
      writeFileSync(`${filename}2`, "another")
      const bytes = readFileSync(filename)
      writeFileSync(filename, bytes.fill(0xff, 3 * 4096, 3 * 4096 + 600))
      const before = contentOf(folder)
      const plan = yield* runCli(["recover", "--store", filename])
      assert.strictEqual(plan.code, 1, plan.stdout + plan.stderr)
      const applied = yield* runCli(["recover", "--store", filename, "--apply", "--json"])
      assert.strictEqual(applied.code, 0, applied.stdout + applied.stderr)
      assert.strictEqual(JSON.parse(applied.stdout).after, chats.length)
      assert.include((yield* runCli(["recover", "--store", filename])).stdout, "there is nothing to do")
      const undone = yield* runCli(["recover", "--undo", backupOf(filename)])
      assert.strictEqual(undone.code, 0, undone.stderr)
      rmSync(backupOf(filename), { recursive: true })
      assert.deepStrictEqual(contentOf(folder), before)
    })))
})

describe("undo", () => {
  it.live("what was saved since the recovery is not taken back, unless the user says so", () =>
    recovered((directory, backup) =>
      Effect.gen(function*() {
        yield* filesWith(directory, [{ key: "acct-one/org-a/later", state: { title: "Later" } }])
        const before = contentOf(directory)
        const refused = yield* runCli(["recover", "--undo", backup])
        golden("undo.refused.text", shownOf(directory, refused))
        assert.deepStrictEqual(contentOf(directory), before)
        const forced = yield* runCli(["recover", "--undo", backup, "--force"])
        assert.strictEqual(forced.code, 0)
        const kept = readFileSync(join(backup, "undone-1/acct-one/org-a/later.json"), "utf8")
        assert.include(kept, "Later")
      })
    ))

  it.live("what is no backup is refused", () =>
    withBrokenApp((directory) =>
      Effect.gen(function*() {
        mkdirSync(backupOf(directory))
        writeFileSync(join(backupOf(directory), "manifest.json"), "{}")
        const ran = yield* runCli(["recover", "--undo", backupOf(directory)])
        assert.strictEqual(ran.code, 2)
        assert.include(ran.stderr, "holds no whole backup")
        rmSync(backupOf(directory), { recursive: true })
      })
    ))
})
