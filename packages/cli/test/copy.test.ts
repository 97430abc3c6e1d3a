/** Sessions from one store into another: copied, recovered, moved between accounts, and left where they differ. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { contentOf, makeBrokenApp, wholeTitles } from "./brokenApp.ts"
import { golden, inFolder, runCli, shownOf } from "./cli.ts"
import { chats, filesWith, sessionIn, sessionsIn } from "./stores.ts"

describe("copy", () => {
  it.live("a copy reads as its source, in another kind of store and back, and a second one finds all of it there", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const [source, database, back] = [join(folder, "sessions"), join(folder, "sessions.db"), join(folder, "back")]
        yield* filesWith(source, chats)
        const before = contentOf(source)
        const first = yield* runCli(["copy", "--from", source, "--to", database, "--verify"])
        golden("copy.text", shownOf(folder, first))
        assert.strictEqual(first.code, 0)
        yield* runCli(["copy", "--from", database, "--to", back])
        for (const { key } of chats) assert.deepStrictEqual(yield* sessionIn(back, key), yield* sessionIn(source, key))
        const again = yield* runCli(["copy", "--from", source, "--to", database, "--json"])
        golden("copy.json", shownOf(folder, again))
        assert.deepStrictEqual(contentOf(source), before)
      })
    ))

  it.live("a session that differs in the target is left, and so is one that was removed there", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const [source, target] = [join(folder, "sessions"), join(folder, "target")]
        yield* filesWith(source, chats)
        yield* filesWith(target, [{ key: chats[0]!.key, state: { title: "Another" } }, { ...chats[1]!, minutesAgo: 1 }])
        yield* runCli(["rm", chats[1]!.key, "--store", target])
        const ran = yield* runCli(["copy", "--from", source, "--to", target])
        golden("copy.left.text", shownOf(folder, ran))
        assert.strictEqual(ran.code, 1)
        assert.deepStrictEqual((yield* sessionsIn(target)).map(({ summary }) => summary.title), ["Another", "Draft"])
      })
    ))

  it.live("a store is not copied into itself", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        yield* filesWith(join(folder, "sessions"), chats)
        const ran = yield* runCli(["copy", "--from", join(folder, "sessions"), "--to", `fs:${folder}/./sessions`])
        assert.strictEqual(ran.code, 64)
      })
    ))
})

describe("recover --to", () => {
  it.live("a broken folder is brought back in another store, and stays byte for byte what it was", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const [source, target] = [join(folder, "sessions"), join(folder, "target")]
        makeBrokenApp(source)
        const before = contentOf(source)
        const flags = ["--from", source, "--to", target, "--map", "acct-one=acct-three"]
        const plan = yield* runCli(["recover", ...flags])
        assert.strictEqual(plan.code, 1)
        assert.isFalse(existsSync(target))
        const applied = yield* runCli(["recover", ...flags, "--apply"])
        assert.strictEqual(applied.code, 0, applied.stdout + applied.stderr)
        const sessions = yield* sessionsIn(target)
        assert.deepStrictEqual(sessions.map(({ summary }) => summary.title).toSorted(), wholeTitles)
        const accounts = new Set(sessions.map(({ namespace }) => namespace[0]))
        assert.deepStrictEqual(accounts, new Set(["acct-two", "acct-three"]))
        const again = yield* runCli(["recover", ...flags, "--apply"])
        assert.strictEqual(again.code, 0)
        assert.include(again.stdout, "There is nothing to do.")
        assert.deepStrictEqual(contentOf(source), before)
        assert.deepStrictEqual(readdirSync(folder).toSorted(), ["sessions", "target"])
      })
    ))

  it.live("sessions move between accounts on the way to another store only", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        makeBrokenApp(join(folder, "sessions"))
        const ran = yield* runCli(["recover", "--store", join(folder, "sessions"), "--map", "a=b"])
        assert.strictEqual(ran.code, 64)
      })
    ))
})
