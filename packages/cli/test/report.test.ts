/** A report for support: what it says of a store, and that nothing which somebody wrote or is called is in it. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { makeBrokenApp } from "./brokenApp.ts"
import { golden, goldenRuns, inFolder, runCli, shownOf } from "./cli.ts"
import { chats, filesWith } from "./stores.ts"

describe("report", () => {
  it.live("a report tells what the doctor found, by counts and codes", () =>
    inFolder((directory) =>
      Effect.gen(function*() {
        const store = join(directory, "sessions")
        makeBrokenApp(store)
        const report = join(directory, "report.json")
        golden("report.text", shownOf(directory, yield* runCli(["report", "--store", store, "--out", report])))
        const other = join(directory, "other.json")
        golden("report.json", shownOf(directory, yield* runCli(["report", "--store", store, "--out", other, "--json"])))
        golden("report.file", readFileSync(report, "utf8").replace(/("path\w+"): \w+/g, "$1: null"))
        if (process.platform !== "win32") assert.strictEqual(statSync(report).mode & 0o777, 0o600)
        const again = yield* runCli(["report", "--store", store, "--out", report])
        golden("report.again.text", shownOf(directory, again))
      })
    ))

  it.live("nothing that was written in sessions, or that they and their folders are called, is in a report", () =>
    inFolder((directory) =>
      Effect.gen(function*() {
        const store = join(directory, "grandmother", "sessions")
        mkdirSync(join(directory, "grandmother"))
        yield* filesWith(store, chats)
        appendFileSync(join(store, `${chats[1]!.key}.json`), "!")
        writeFileSync(join(store, "acct-one/confession.tax.txt.tmp"), "{\"title\":\"confession\"}")
        mkdirSync(join(store, "private-folder"))
        writeFileSync(join(store, "private-folder/diary.json"), "{\"id\":\"diary\",\"text\":\"dear diary\"}")
        const { code, stdout } = yield* runCli(["report", "--store", store])
        assert.strictEqual(code, 0)
        const { store: facts } = JSON.parse(stdout) as { store: { sessions: number; unreadable: object } }
        assert.strictEqual(facts.sessions, 2)
        const written = chats.flatMap(({ key, state }) => [...key.split("/"), String(state["title"])])
        const others = ["hello", "confession", "private-folder", "diary", "grandmother", "tax", "Chat", "Note"]
        for (const word of [...written, ...others, basename(directory)]) assert.notInclude(stdout, word)
      })
    ))

  it.live("a store that cannot be looked through is reported as that", () =>
    inFolder((directory) =>
      Effect.gen(function*() {
        const database = join(directory, "sessions.db")
        writeFileSync(database, "this is no database, but a text of somebody else that is long enough to look like one")
        const ran = yield* runCli(["report", "--store", database])
        assert.strictEqual(ran.code, 0, ran.stderr)
        golden("report.unreadable.text", shownOf(directory, ran))
        assert.strictEqual(readFileSync(database, "utf8").slice(0, 7), "this is")
      })
    ))

  it.live("a store that is not there is no report", () =>
    inFolder((directory) =>
      Effect.gen(function*() {
        yield* goldenRuns("report.missing", ["report", "--store", join(directory, "nowhere")], { directory })
      })
    ))
})
