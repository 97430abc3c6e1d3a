/** What every command promises of its help: one line on what it is for, exit codes, and examples that work. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { commandNames } from "../src/commands.ts"
import { makeBrokenApp } from "./brokenApp.ts"
import { golden, runAnswered, runCli, testFolder } from "./cli.ts"
import { filesWith } from "./stores.ts"

const helpOf = (name: string) => Effect.map(runCli([name, "--help"]), ({ stdout }) => stdout)

const goldenFolder = join(import.meta.dirname, "golden")
const goldenFiles = readdirSync(goldenFolder)
const readGolden = (file: string) => readFileSync(join(goldenFolder, file), "utf8")

/** The examples of a help text. */
const examplesIn = (help: string): ReadonlyArray<string> =>
  [...help.matchAll(/^ {2}(holdfast .*)$/gm)].map(([, command]) => command!).filter((line) => !line.includes("[flags]"))

/** A folder as the examples take it: a store, a folder of a broken app, a bundle, and an app's one file. */
const prepare = Effect.fnUntraced(function*(name: string) {
  const folder = yield* testFolder
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
  return folder
})

/** A save that is waited for. */
const answers = (folder: string) => [
  [
    /health/,
    filesWith(join(folder, "sessions"), [{ key: "acct/org/local_1", state: { title: "Saved" }, minutesAgo: 0 }])
  ] as const
]

describe("help", () => {
  it.live("the program lists its commands and exit codes", () =>
    Effect.map(runCli(["--help"]), ({ stdout }) => golden("help.text", stdout)))

  it.live("without a command the program shows its help, and does nothing", () =>
    Effect.map(runCli([]), ({ code, stdout }) => {
      assert.strictEqual(code, 64)
      assert.include(stdout, "SUBCOMMANDS")
    }))

  it.live("a command line that is wrong is told on standard error, in a few lines", () =>
    Effect.map(runCli(["ls", "--limit", "many"]), ({ code, stderr, stdout }) => {
      assert.deepStrictEqual([code, stdout], [64, ""])
      assert.include(stderr, "Nothing was done. See `holdfast ls --help`.")
    }))

  it.live("the version is the package's", () =>
    Effect.map(runCli(["--version"]), ({ stdout }) => {
      const manifest = JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8"))
      assert.strictEqual(stdout, `holdfast v${manifest.version}\n`)
    }))

  it.live("completions name every command", () =>
    Effect.map(runCli(["--completions", "bash"]), ({ stdout }) => {
      for (const name of commandNames) assert.include(stdout, name)
    }))

  for (const name of commandNames) {
    it.live(`${name} says in one line what it is for, and what its exit codes mean`, () =>
      Effect.map(helpOf(name), (help) => {
        assert.match(help, /^DESCRIPTION\n {2}[A-Z][^\n]*\.\n\n/)
        assert.match(help, /\nEXIT CODES\n {2}0 {2}/)
      }))

    it(`what ${name} prints is kept in both forms, for people and as JSON`, () => {
      for (const form of ["text", "json"]) {
        const kept = goldenFiles.filter((file) => file.startsWith(`${name}.`) && file.endsWith(`.${form}.txt`))
        assert.isTrue(kept.some((file) => /--- exit [01]/.test(readGolden(file))), form)
      }
    })

    it.live(`the examples of ${name} work as they are typed`, () =>
      Effect.gen(function*() {
        const folder = yield* prepare(name)
        const examples = examplesIn(yield* helpOf(name))
        assert.isAtLeast(examples.length, 1)
        for (const example of examples) {
          const words = example.split(" ").slice(1).map((word) => word.replace("./", `${folder}/`))
          const ran = yield* runAnswered(words, answers(folder), { around: { env: { HOME: folder } } })
          assert.isAtMost(ran.code, 1, `${example}\n${ran.stdout}${ran.stderr}`)
        }
      }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer)))
  }
})
