// The laws of the document check: a TypeScript fence is a file, or it is reported where it stands.
import { join } from "node:path"
import { expect, test } from "vitest"
import { fencesOf, findViolations } from "../checkReadme.ts"

const fixtures = join(import.meta.dirname, "fixtures", "readme")

test("a fence equal to the file that its info string or the comment before it names is sound", () => {
  expect(findViolations(join(fixtures, "sound"))).toEqual([])
})

test("a fence that names no file, a missing file, or a file with another text is reported", () => {
  expect(findViolations(join(fixtures, "broken"))).toEqual([
    { path: "README.md", line: 3, detail: "a TypeScript fence names no source file" },
    { path: "README.md", line: 8, detail: "differs from examples/01-first.ts" },
    { path: "docs/GUIDE.md", line: 5, detail: "a TypeScript fence names no source file" },
    { path: "packages/core/README.md", line: 3, detail: "examples/02-missing.ts does not exist" }
  ])
})

test("a fence that is never closed ends with the document", () => {
  expect(fencesOf("```ts\nconst first = 1")).toEqual([{ line: 1, info: "ts", before: "", text: "const first = 1" }])
})
