/** Bundles: what was exported comes in as it was, and what is damaged or cut off is told and costs nothing else. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { contentOf, makeBrokenApp, wholeTitles } from "./brokenApp.ts"
import { withSource } from "./bundles.ts"
import { golden, type Ran, runCli, shownOf } from "./cli.ts"
import { chats, type Seed, sessionIn, titlesIn } from "./stores.ts"

const linesOf = (bundle: string): ReadonlyArray<string> => readFileSync(bundle, "utf8").split("\n").slice(0, -1)

// What JSON writes in another way than it is read, and what breaks lines.
const odd: Seed = {
  key: "acct-one/odd",
  state: { title: "Odd \u2028 \ud800 \u0000", __proto__: null, list: [1e21, -0, "a\nb"] },
  entries: [{ text: "\r\n" }, null, "plain"]
}

describe("export and import", () => {
  it.live("what was exported comes in as it was, and a second import finds all of it there", () =>
    withSource([...chats, odd], ({ bundle, source, target }) =>
      Effect.gen(function*() {
        const before = contentOf(source)
        const shownIn = (ran: Ran) => shownOf(dirname(source), ran)
        const flags = ["export", "--store", source, "--out"]
        golden("export.text", shownIn(yield* runCli([...flags, bundle])))
        golden("export.json", shownIn(yield* runCli([...flags, `${bundle}2`, "--json"])))
        golden("import.text", shownIn(yield* runCli(["import", bundle, "--store", target])))
        for (const { key } of [...chats, odd]) {
          assert.deepStrictEqual(yield* sessionIn(target, key), yield* sessionIn(source, key))
        }
        golden("import.json", shownIn(yield* runCli(["import", bundle, "--store", target, "--json"])))
        assert.deepStrictEqual(contentOf(source), before)
      })))

  it.live("a bundle that the disk does not keep is no success, and the same command ends it", () =>
    withSource(chats, ({ bundle, source }) =>
      Effect.gen(function*() {
        const faults = [{ operation: "sync", path: /b\.ndjson$/, code: "EIO" }] as const
        const flags = ["export", "--store", source, "--out", bundle]
        golden("export.notKept.text", shownOf(dirname(source), yield* runCli(flags, { faults })))
        const ended = yield* runCli([...flags, "--json"])
        assert.deepStrictEqual(JSON.parse(ended.stdout), {
          bundle,
          sessions: chats.length,
          kept: chats.length,
          failed: [],
          unreadable: []
        })
      })))

  it.live("a bundle is lines of JSON that people can read", () =>
    withSource(chats.slice(0, 1), ({ source }) =>
      Effect.gen(function*() {
        const ran = yield* runCli(["export", "--store", source])
        golden("export.stdout", shownOf(source, ran).replaceAll(/"(incarnation|sum)":"[0-9a-f]+"/g, "\"$1\":\"...\""))
      })))

  it.live("a damaged line costs its own session only, and is told by its number", () =>
    withSource(chats, ({ bundle, source, target }) =>
      Effect.gen(function*() {
        yield* runCli(["export", "--store", source, "--out", bundle])
        writeFileSync(bundle, readFileSync(bundle, "utf8").replace("hello", "jello"))
        const ran = yield* runCli(["import", bundle, "--store", target])
        golden("import.damaged.text", shownOf(target, ran))
        assert.strictEqual(ran.code, 1)
        assert.deepStrictEqual(yield* titlesIn(target), ["Draft", "Read the logs"])
      })))

  it.live("a bundle that is cut off brings in what is whole, and says that it is", () =>
    withSource(chats, ({ bundle, source, target }) =>
      Effect.gen(function*() {
        yield* runCli(["export", "--store", source, "--out", bundle])
        writeFileSync(bundle, `${linesOf(bundle).slice(0, -2).join("\n")}\n`)
        const ran = yield* runCli(["import", bundle, "--store", target])
        assert.strictEqual(ran.code, 1)
        assert.include(ran.stdout, "the bundle is cut off here")
        assert.lengthOf(yield* titlesIn(target), 2)
      })))
})

describe("import", () => {
  it.live("a folder of plain JSON files is adopted, and stays as it is", () =>
    withSource([], ({ bundle, source: _, target }) =>
      Effect.gen(function*() {
        const folder = `${bundle}.folder`
        makeBrokenApp(folder)
        const before = contentOf(folder)
        const ran = yield* runCli(["import", folder, "--store", target])
        assert.strictEqual(ran.code, 0, ran.stdout + ran.stderr)
        assert.deepStrictEqual(yield* titlesIn(target), wholeTitles)
        assert.deepStrictEqual(contentOf(folder), before)
      })))

  it.live("the one file of an app is taken apart by its field", () =>
    withSource([], ({ bundle, source: _, target }) =>
      Effect.gen(function*() {
        const file = `${bundle}.json`
        const chat = { title: "Kept by conf", updatedAt: "2026-11-01T00:00:00Z" }
        writeFileSync(
          file,
          JSON.stringify({ window: { bounds: { x: 1 } }, chats: { a1: chat, "bad/id": chat, note: 1 } })
        )
        const which = yield* runCli(["import", file, "--store", target])
        golden("import.which.text", shownOf(file, which))
        assert.isFalse(existsSync(target))
        const flags = ["import", file, "--field", "chats", "--namespace", "acct", "--kind", "Chat", "--store", target]
        const ran = yield* runCli(flags)
        golden("import.file.text", shownOf(file, ran))
        const listed = yield* runCli(["ls", "--store", target, "--kind", "Chat", "--json"])
        const [session] = JSON.parse(listed.stdout).sessions
        assert.deepStrictEqual([session.namespace, session.id, session.updatedAt], [
          ["acct"],
          "a1",
          "2026-11-01T00:00:00.000Z"
        ])
        const again = yield* runCli([...flags, "--json"])
        assert.deepStrictEqual([JSON.parse(again.stdout).imported, JSON.parse(again.stdout).same], [0, 1])
      })))

  it.live("what is no JSON is refused", () =>
    withSource([], ({ bundle, source, target }) =>
      Effect.gen(function*() {
        mkdirSync(source, { recursive: true })
        writeFileSync(bundle, "no json")
        const ran = yield* runCli(["import", bundle, "--store", target])
        assert.strictEqual(ran.code, 2)
        assert.include(ran.stderr, "is no bundle and no JSON")
      })))
})
