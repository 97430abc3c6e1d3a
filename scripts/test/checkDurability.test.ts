// The laws of the durability check: a claim names a test that is there, or says why there is none.
import { describe, expect, test } from "vitest"
import { findViolations, titlesOf } from "../checkDurability.ts"

const tests = `
describe("a save", () => {
  it.live("survives", () => use)
  for (const code of codes) it.live(\`is refused: \${code}\`, () => use)
  it.effect.each(protocols)("is whole in %s", (protocol) => use)
  it.live(\`\${law}: \${kind}\`, () => use)
})
describe.each(ways)("a removal, with %s", () => {
  it("survives", () => use)
})
layer(program, { excludeTestServices: true })("a killed writer", (it) => {
  it.effect.prop("loses nothing | ever", { key }, () => use)
})
const title = "no test"
other("is not called by a test", () => use)
`
const laws = `export const laws = [{ id: "put.isRead", title: "a session is read back", run }]`

const files: Readonly<Record<string, string>> = { "fs/test/save.test.ts": tests, "core/src/laws.ts": laws }

const complaintsAbout = (markdown: string) => findViolations(markdown, (path) => files[path])

const sound = [
  "the title of a test: `fs/test/save.test.ts › survives`",
  "with its suite: `fs/test/save.test.ts › a save › survives`",
  "with a suite that has variables: `fs/test/save.test.ts › a removal, with slots › survives`",
  "with the suite of a layer: `fs/test/save.test.ts › a killed writer › loses nothing | ever`",
  "with a value in a variable's place: `fs/test/save.test.ts › is refused: EXDEV`",
  "with the variable itself: `fs/test/save.test.ts › is refused: ${code}`",
  "with a value that each fills in: `fs/test/save.test.ts › is whole in slots`",
  "all variables, letter for letter: `fs/test/save.test.ts › ${law}: ${kind}`",
  "the title of a law: `core/src/laws.ts › a session is read back`"
]

describe("a name of a test", () => {
  for (const line of sound) {
    test(`is sound: ${line}`, () => {
      expect(complaintsAbout(line)).toEqual([])
    })
  }

  test("is reported where the file is not there", () => {
    expect(complaintsAbout("text\n\n`fs/test/gone.test.ts › survives`"))
      .toEqual([{ line: 3, detail: "there is no file fs/test/gone.test.ts" }])
  })

  const missing = ["dies", "surviv", "survives it all", "a crash › survives", "survives › a save", "no test"]
  for (const name of [...missing, "is not called by a test", "some law: some kind"]) {
    test(`is reported where the file has no such test: ${name}`, () => {
      expect(complaintsAbout(`\`fs/test/save.test.ts › ${name}\``))
        .toEqual([{ line: 1, detail: `fs/test/save.test.ts has no test ${name}` }])
    })
  }
})

const table = (row: string) => ["| what | test |", "| ---- | ---- |", row].join("\n")

describe("a row of a table", () => {
  const bare = { line: 3, detail: "a row names no test and does not say why it is not tested" }

  test("names a test, where a bar is escaped", () => {
    const name = String.raw`fs/test/save.test.ts › loses nothing \| ever`
    expect(complaintsAbout(table(`| a kill | \`${name}\` |`))).toEqual([])
  })

  test("or says why it is not tested", () => {
    expect(complaintsAbout(table("| Windows | not tested: there is no such machine |"))).toEqual([])
  })

  test("is reported when it does neither", () => {
    expect(complaintsAbout(table("| a kill | surely |"))).toEqual([bare])
    expect(complaintsAbout(table("| a kill | not tested: |"))).toEqual([bare])
    expect(complaintsAbout(table("| a kill | `save` |"))).toEqual([bare])
  })

  test("is none above the line under the head, and none outside of a table", () => {
    expect(complaintsAbout(`${table("| a | not tested: why |")}\n\nno row\n\n${table("| b | no |")}`))
      .toEqual([{ ...bare, line: 9 }])
  })
})

test("titles are those of tests, suites and laws, each with the suites around it", () => {
  const found = titlesOf("fs/test/save.test.ts", tests)
  expect(found.map(({ suites, title }) => [...suites, title].map(({ source }) => source).join(" / "))).toEqual([
    "a save",
    "a save / survives",
    "a save / is refused: ${code}",
    "a save / is whole in %s",
    "a save / ${law}: ${kind}",
    "a removal, with %s",
    "a removal, with %s / survives",
    "a killed writer",
    "a killed writer / loses nothing | ever"
  ])
})
