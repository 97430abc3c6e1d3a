/** Measuring a disk: every kind of call, beside the store and not in it, and what the figures mean. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { figuresOf, judgeFigures } from "../src/bench/judge.ts"
import type { Measured } from "../src/bench/measure.ts"
import { contentOf } from "./brokenApp.ts"
import { golden, inFolder, runCli, shownOf } from "./cli.ts"
import { chats, filesWith } from "./stores.ts"

/** Figures differ from run to run, and so do the widths of columns and what is remarkable: a golden file has the rest. */
const withoutFigures = (text: string): string =>
  text
    .replace(/"(\w+Millis|count)": [\d.e+-]+/g, "\"$1\": 0")
    .replace(/"(problems|notes)": \[[^\]]*\]/g, "\"$1\": []")
    .replace(/ +\d+(?: +[\d.e+-]+ ms){3}/g, ": figures")
    .replace(/^(WHAT.*)$/m, (head) => head.replace(/ +/g, " "))
    .replace(/(: figures\n)\n[\s\S]*(?=--- exit)/, "$1")
    .replace(/--- exit [01]/, "--- exit 0 or 1")

const measured = (what: Measured["what"], millis: number): Measured => ({ what, millis: [millis, millis, millis] })

const judged = (flush: number, save: number) =>
  judgeFigures([figuresOf(measured("flush", flush)), figuresOf(measured("save", save))])

describe("bench", () => {
  it.live("a disk is measured beside the store, whose sessions stay as they are, and nothing stays behind", () =>
    inFolder((directory) =>
      Effect.gen(function*() {
        const store = join(directory, "sessions")
        yield* filesWith(store, chats)
        const before = contentOf(directory)
        const text = yield* runCli(["bench", "--store", store, "--seconds", "0.1"])
        assert.isAtMost(text.code, 1, text.stderr)
        golden("bench.text", withoutFigures(shownOf(directory, text)))
        assert.deepStrictEqual(contentOf(directory), before)
      })
    ))

  it.live("a database is measured as one, and every kind of call was made", () =>
    inFolder((directory) =>
      Effect.gen(function*() {
        const ran = yield* runCli([
          "bench",
          "--store",
          `sqlite:${join(directory, "sessions.db")}`,
          "--seconds",
          "0.1",
          "--json"
        ])
        golden("bench.json", withoutFigures(shownOf(directory, ran)))
        const { calls } = JSON.parse(ran.stdout) as { calls: ReadonlyArray<{ count: number; medianMillis: number }> }
        for (const { count, medianMillis } of calls) {
          assert.isAbove(count, 0)
          assert.isAbove(medianMillis, 0)
        }
        assert.deepStrictEqual(readdirSync(directory), [])
      })
    ))

  it.live("a chain of stores and a place in memory lie on no disk", () =>
    Effect.gen(function*() {
      for (const store of ["memory:", "fs:./a,sqlite:./b.db"]) {
        assert.strictEqual((yield* runCli(["bench", "--store", store])).code, 64)
      }
    }))

  it("a slow disk is told from a slow folder, and a flush that takes no time is remarked upon", () => {
    assert.deepStrictEqual(judged(1, 3), { problems: [], notes: [] })
    assert.match(judged(200, 300).problems[0] ?? "", /^This disk is slow/)
    assert.match(judged(1, 300).problems[0] ?? "", /^Saves are slow here/)
    assert.match(judged(0.001, 1).notes[0] ?? "", /^A flush takes no time/)
    const stalling = figuresOf({ what: "save", millis: [...Array.from({ length: 60 }, () => 1), 2000] })
    assert.match(judgeFigures([stalling]).problems[0] ?? "", /longer than a second/)
  })
})
