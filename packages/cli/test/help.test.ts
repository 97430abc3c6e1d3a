/** What every command promises of its help: one line on what it is for, exit codes, and examples that work. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { commandNames } from "../src/commands.ts"
import { golden, runCli } from "./cli.ts"
import { helpOf, tryExamples } from "./examples.ts"

const goldenFolder = join(import.meta.dirname, "golden")
const goldenFiles = readdirSync(goldenFolder)
const readGolden = (file: string) => readFileSync(join(goldenFolder, file), "utf8")

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
  }

  for (const name of ["ls", "watch"] as const) {
    it.live(`the examples of ${name} work as they are typed`, () => tryExamples(name))
  }
})
