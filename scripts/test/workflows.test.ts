// The laws of the workflow check: what actionlint finds is reported where it stands, and a job is named after the npm
// script that it runs.
import { join } from "node:path"
import { expect, test } from "vitest"
import { findViolations } from "../workflows.ts"

const violationsIn = (fixture: string) => findViolations(join(import.meta.dirname, "fixtures", "workflows", fixture))

test("a workflow whose jobs run the scripts that they are named after is sound", async () => {
  expect(await violationsIn("sound")).toEqual([])
})

test("a machine, a property and a syntax that GitHub does not know are reported", async () => {
  expect(await violationsIn("unsound")).toEqual([
    expect.stringMatching(/^\.github\/workflows\/ci\.yml:4:14 label "ubuntu-latst" is unknown.*\(runner-label\)$/),
    expect.stringMatching(/^\.github\/workflows\/ci\.yml:6:27 property "node" is not defined .*\(expression\)$/),
    expect.stringMatching(/^\.github\/workflows\/second\.yaml:\d+:\d+ could not parse as YAML.*\(syntax-check\)$/)
  ])
})

test("a job without the name of an npm script is reported", async () => {
  expect(await violationsIn("unnamed"))
    .toEqual([".github/workflows/ci.yml the job build has the name build, which is no npm script"])
})

test("a job that does not run the script that it is named after is reported", async () => {
  expect(await violationsIn("silent")).toEqual([
    ".github/workflows/ci.yml the job slow does not run: npm run test:slow"
  ])
})

test("a repository without workflows is reported", async () => {
  expect(await violationsIn("empty")).toEqual(["there is no workflow in .github/workflows"])
})
