/** The story of the app whose sessions are gone: looked at, planned, brought back, and taken back again. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { assert, describe, it } from "@effect/vitest"
import { FsAdapter } from "@holdfast/adapter-fs"
import { FaultyFileSystem } from "@holdfast/adapter-fs/testing"
import { SqliteAdapter } from "@holdfast/adapter-sqlite"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { contentOf, makeBrokenApp, wholeTitles } from "./brokenApp.ts"
import { golden, goldenRuns, runCli, type RunOptions, shownOf, testFolder } from "./cli.ts"
import { chats, filesWith, writeSeeds } from "./stores.ts"

const withBrokenApp = <A, E, R>(test: (directory: string) => Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const directory = join(yield* testFolder, "sessions")
    makeBrokenApp(directory)
    return yield* test(directory)
  }).pipe(Effect.provide(NodeFileSystem.layer))

const titlesIn = Effect.fnUntraced(function*(directory: string, options?: RunOptions) {
  const ran = yield* runCli(["ls", "--store", directory, "--json"], options)
  const { sessions } = JSON.parse(ran.stdout) as { sessions: ReadonlyArray<{ summary: { title: string } }> }
  return sessions.map(({ summary }) => summary.title).toSorted()
})

const backupOf = (directory: string): string => `${directory}.backup-20261120T120000`

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

  it.live("what was done is told as JSON", () =>
    withBrokenApp((directory) =>
      Effect.gen(function*() {
        const ran = yield* runCli(["recover", "--store", directory, "--apply", "--json"])
        golden("recover.apply.json", shownOf(directory, ran))
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
      }).pipe(Effect.scoped, Effect.provide(Layer.mergeAll(NodeFileSystem.layer, NodePath.layer)))
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

const recovered = <A, E, R>(test: (directory: string, backup: string) => Effect.Effect<A, E, R>) =>
  withBrokenApp((directory) =>
    Effect.gen(function*() {
      yield* runCli(["recover", "--store", directory, "--apply"])
      return yield* test(directory, backupOf(directory))
    })
  )

describe("recover of a database", () => {
  it.live("a damaged database is repaired after a backup, and an undo makes it what it was", () =>
    Effect.gen(function*() {
      const folder = join(yield* testFolder, "stores")
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
    }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer)))
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
