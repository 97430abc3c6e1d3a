/** More of copies and of recoveries into another store: later versions, accounts, and runs that were cut short. */
import { assert, describe, it } from "@effect/vitest"
import { SqliteAdapter } from "@holdfast/adapter-sqlite"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { appendFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { makeBrokenApp, wholeTitles } from "./brokenApp.ts"
import { golden, inFolder, runCli, shownOf } from "./cli.ts"
import { chats, filesWith, sessionsIn } from "./stores.ts"

describe("copy", () => {
  it.live("a later version of the same session takes the place of its older copy, and never the other way round", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const [source, target] = [join(folder, "sessions"), join(folder, "target")]
        yield* filesWith(source, chats)
        yield* runCli(["copy", "--from", source, "--to", target])
        yield* filesWith(source, [{ key: chats[0]!.key, state: { title: "Later" }, minutesAgo: 0 }])
        const up = yield* runCli(["copy", "--from", source, "--to", target, "--json"])
        assert.strictEqual(JSON.parse(up.stdout).updated, 1)
        yield* filesWith(target, [{ key: chats[0]!.key, state: { title: "Latest" }, minutesAgo: 0 }])
        const down = yield* runCli(["copy", "--from", source, "--to", target, "--json"])
        assert.deepStrictEqual(JSON.parse(down.stdout).left.map(({ result }: { result: string }) => result), ["newer"])
      })
    ))

  it.live("a session that cannot be read keeps no other from being copied", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const [source, target] = [join(folder, "sessions"), join(folder, "target")]
        yield* filesWith(source, chats)
        appendFileSync(join(source, `${chats[0]!.key}.json`), "!")
        const ran = yield* runCli(["copy", "--from", source, "--to", target])
        assert.strictEqual(ran.code, 1)
        assert.lengthOf(yield* sessionsIn(target), 2)
      })
    ))

  it.live("sessions change their account only as the user says", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const [source, target] = [join(folder, "sessions"), join(folder, "target")]
        yield* filesWith(source, chats)
        yield* runCli(["copy", "--from", source, "--to", target, "--map", "acct-one=acct-two/old"])
        assert.deepStrictEqual((yield* sessionsIn(target)).map(({ namespace }) => namespace.join("/")), [
          "acct-two/old/org-a",
          "acct-two/old/org-b",
          "acct-two/org-a"
        ])
      })
    ))

  it.live("a copy that stops in the middle is ended by the same command", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const [source, target] = [join(folder, "sessions"), join(folder, "target")]
        yield* filesWith(source, chats)
        const faults = [{ operation: "write", path: /local_3/, code: "ENOSPC" }] as const
        const cut = yield* runCli(["copy", "--from", source, "--to", target], { faults })
        assert.strictEqual(cut.code, 3)
        assert.include(cut.stderr, "Changed: 2 sessions were copied, each whole.")
        const ended = yield* runCli(["copy", "--from", source, "--to", target, "--verify", "--json"])
        assert.strictEqual(ended.code, 0)
        assert.lengthOf(yield* sessionsIn(target), chats.length)
      })
    ))
})

describe("recover --to", () => {
  it.live("a target that is there is backed up first, and an undo makes it what it was", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const [source, target] = [join(folder, "sessions"), join(folder, "target")]
        makeBrokenApp(source)
        yield* filesWith(target, chats)
        const before = yield* sessionsIn(target)
        const applied = yield* runCli(["recover", "--from", source, "--store", target, "--apply", "--json"])
        assert.strictEqual(applied.code, 0, applied.stdout + applied.stderr)
        assert.lengthOf(yield* sessionsIn(target), before.length + wholeTitles.length)
        const { backup } = JSON.parse(applied.stdout) as { backup: string }
        const undone = yield* runCli(["recover", "--undo", backup])
        assert.strictEqual(undone.code, 0, undone.stderr)
        assert.deepStrictEqual(yield* sessionsIn(target), before)
      })
    ))

  it.live("what a recovery left that was killed is taken away by the next one, and nobody else's folder is", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const [source, target] = [join(folder, "sessions"), join(folder, "target")]
        const work = `${target}.recovering`
        makeBrokenApp(source)
        const flags = ["recover", "--from", source, "--to", target, "--apply"]
        mkdirSync(work)
        writeFileSync(join(work, "mine.txt"), "mine")
        const refused = yield* runCli(flags)
        golden("recover.workFolder.text", shownOf(folder, refused))
        assert.deepStrictEqual(readdirSync(folder).toSorted(), ["sessions", "target.recovering"])
        writeFileSync(join(work, "made-by-holdfast-recover"), "")
        mkdirSync(join(work, "files"))
        const applied = yield* runCli(flags)
        assert.strictEqual(applied.code, 0, applied.stderr)
        assert.lengthOf(yield* sessionsIn(target), wholeTitles.length)
        assert.deepStrictEqual(readdirSync(folder).toSorted(), ["sessions", "target"])
      })
    ))

  it.live("a database that an app has open is not recovered into", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const [source, target] = [join(folder, "sessions"), join(folder, "target.db")]
        makeBrokenApp(source)
        yield* Effect.scoped(Effect.gen(function*() {
          yield* Layer.build(SqliteAdapter.layer({ filename: target }))
          const refused = yield* runCli(["recover", "--from", source, "--to", target, "--apply"])
          assert.strictEqual(refused.code, 2, refused.stdout)
          assert.include(refused.stderr, "an app has this store open")
        }))
        const applied = yield* runCli(["recover", "--from", source, "--to", target, "--apply"])
        assert.strictEqual(applied.code, 0, applied.stderr)
        assert.lengthOf(yield* sessionsIn(target), wholeTitles.length)
      })
    ))
})
