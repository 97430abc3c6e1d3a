/** The examples in the help of commands, run as somebody types them who has what they name. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { makeBrokenApp } from "./brokenApp.ts"
import { inFolder, runAnswered, runCli } from "./cli.ts"
import { filesWith } from "./stores.ts"

/** What a command says of itself. */
export const helpOf = (name: string) => Effect.map(runCli([name, "--help"]), ({ stdout }) => stdout)

/** The examples of a help text. */
const examplesIn = (help: string): ReadonlyArray<string> =>
  [...help.matchAll(/^ {2}(holdfast .*)$/gm)].map(([, command]) => command!).filter((line) => !line.includes("[flags]"))

/** A folder as the examples take it: a store, a folder of a broken app, a bundle, and an app's one file. */
const prepare = Effect.fnUntraced(function*(name: string, folder: string) {
  const store = join(folder, "sessions")
  if (name === "recover" || name === "doctor") {
    makeBrokenApp(store)
    makeBrokenApp(join(folder, ".config/Claude/claude-code-sessions"))
  } else {
    const state = { title: "Fix EXDEV" }
    yield* filesWith(store, [{ key: "acct/org/local_1", state, entries: ["hello"] }])
    yield* filesWith(store, [{ key: "acct/org/removed_1", state }])
    yield* runCli(["rm", "acct/org/removed_1", "--store", store])
    yield* runCli(["export", "--store", store, "--out", join(folder, "bundle.ndjson")])
    writeFileSync(join(folder, "config.json"), JSON.stringify({ chats: { a1: state } }))
    const memory = join(import.meta.dirname, "../../adapter-memory/test/harness.ts")
    writeFileSync(join(folder, "harness.ts"), `export { memory as harness } from ${JSON.stringify(memory)}`)
  }
})

/** A save that is waited for. */
const answers = (folder: string) => [
  [
    /health/,
    filesWith(join(folder, "sessions"), [{ key: "acct/org/local_1", state: { title: "Saved" }, minutesAgo: 0 }])
  ] as const
]

/** Runs the examples of a command, one after the other. */
export const tryExamples = (name: string) =>
  inFolder(Effect.fnUntraced(function*(folder) {
    yield* prepare(name, folder)
    const examples = examplesIn(yield* helpOf(name))
    assert.isAtLeast(examples.length, 1)
    for (const example of examples) {
      const words = example.split(" ").slice(1).map((word) => word.replace("./", `${folder}/`))
      const ran = yield* runAnswered(words, answers(folder), { around: { env: { HOME: folder } } })
      assert.isAtMost(ran.code, 1, `${example}\n${ran.stdout}${ran.stderr}`)
    }
  }))
