/** More of recoveries: where renames fail, of databases, of stores that have sessions, and undos that are cut short. */
import { assert, describe, it } from "@effect/vitest"
import { FaultyFileSystem } from "@holdfast/adapter-fs/testing"
import { SqliteAdapter } from "@holdfast/adapter-sqlite"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { contentOf, makeBrokenApp, wholeTitles } from "./brokenApp.ts"
import { backupOf, recovered, withBrokenApp } from "./brokenStores.ts"
import { golden, inFolder, runCli, shownOf } from "./cli.ts"
import { chats, filesWith, titlesIn, writeSeeds } from "./stores.ts"

describe("recover", () => {
  it.live("what was done is told as JSON", () =>
    withBrokenApp((directory) =>
      Effect.gen(function*() {
        const ran = yield* runCli(["recover", "--store", directory, "--apply", "--json"])
        golden("recover.apply.json", shownOf(directory, ran))
      })
    ))

  it.live("after the recovery the same folder is healthy", () =>
    withBrokenApp((directory) =>
      Effect.gen(function*() {
        yield* runCli(["recover", "--store", directory, "--apply"])
        const ran = yield* runCli(["doctor", "--store", directory])
        golden("doctor.recovered.text", shownOf(directory, ran))
        assert.strictEqual(ran.code, 0)
      })
    ))

  it.live("where renames fail as they did for the app, sessions are brought back and an undo restores every byte", () =>
    withBrokenApp((directory) =>
      Effect.gen(function*() {
        const before = contentOf(directory)
        const faults = FaultyFileSystem.msix
        const applied = yield* runCli(["recover", "--store", directory, "--apply"], { faults })
        assert.strictEqual(applied.code, 0, applied.stdout + applied.stderr)
        assert.deepStrictEqual(yield* titlesIn(directory, { faults }), wholeTitles)
        const undone = yield* runCli(["recover", "--undo", backupOf(directory)], { faults })
        assert.strictEqual(undone.code, 0)
        assert.deepStrictEqual(contentOf(directory), before)
      })
    ))

  it.live("sessions that can be read keep their kind, and what is brought back gets it", () =>
    withBrokenApp((directory) =>
      Effect.gen(function*() {
        yield* filesWith(directory, chats.filter(({ kind }) => kind === undefined))
        const ran = yield* runCli(["recover", "--store", directory, "--apply", "--json"])
        assert.strictEqual(ran.code, 0, ran.stdout + ran.stderr)
        const listed = yield* runCli(["ls", "--store", directory, "--kind", "Chat", "--json"])
        assert.lengthOf(JSON.parse(listed.stdout).sessions, wholeTitles.length + 2)
      })
    ))

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
  it.live("a backup that is damaged changes nothing", () =>
    recovered((directory, backup) =>
      Effect.gen(function*() {
        const [name] = readdirSync(join(backup, "files/acct-two/org-a"))
        appendFileSync(join(backup, "files/acct-two/org-a", name!), "!")
        const before = contentOf(directory)
        const ran = yield* runCli(["recover", "--undo", backup])
        assert.strictEqual(ran.code, 2)
        assert.include(ran.stderr, "is not what was backed up")
        assert.deepStrictEqual(contentOf(directory), before)
      })
    ))

  it.live("an undo that is cut short is ended by the next one", () =>
    recovered((directory, backup) =>
      Effect.gen(function*() {
        const faults = [{ operation: "remove", code: "EIO", calls: (call: number) => call > 3 }] as const
        const cut = yield* runCli(["recover", "--undo", backup], { faults })
        assert.strictEqual(cut.code, 3)
        const ended = yield* runCli(["recover", "--undo", backup, "--force"])
        assert.strictEqual(ended.code, 0)
        const fresh = `${directory}-fresh`
        makeBrokenApp(fresh)
        assert.deepStrictEqual(contentOf(directory), contentOf(fresh))
      })
    ))
})
