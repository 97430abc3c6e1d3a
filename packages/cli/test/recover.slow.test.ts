/** More of recoveries: where renames fail, of stores that have sessions, and undos that are cut short. */
import { assert, describe, it } from "@effect/vitest"
import { FaultyFileSystem } from "@holdfast/adapter-fs/testing"
import * as Effect from "effect/Effect"
import { appendFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { contentOf, makeBrokenApp, wholeTitles } from "./brokenApp.ts"
import { backupOf, recovered, withBrokenApp } from "./brokenStores.ts"
import { golden, runCli, shownOf } from "./cli.ts"
import { chats, filesWith, titlesIn } from "./stores.ts"

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
