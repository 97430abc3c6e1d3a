// The laws of generated documents: one that is what its source says passes, any other is named with the first line that
// differs and the command that mends it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, test } from "vitest"
import { complaintAbout, table } from "../reference/generatedFile.ts"

const root = mkdtempSync(join(tmpdir(), "holdfast-generated-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))
mkdirSync(join(root, "docs"))

const text = `# Title\n\n${table(["a", "b"], [["long cell", "x"], ["one|two", "y\nz"]])}`
const written = "# Title\n\n| a         | b   |\n| --------- | --- |\n| long cell | x   |\n| one\\|two  | y z |\n"

const complaintAfter = (name: string, found: string): string | undefined => {
  writeFileSync(join(root, "docs", name), found)
  return complaintAbout(root, { path: `docs/${name}`, text })
}

test("a document that is its source's text, formatted, is sound", () => {
  expect(complaintAfter("sound.md", written)).toBeUndefined()
})

test("a document that differs is named with its first line that does", () => {
  expect(complaintAfter("stale.md", written.replace("long cell", "old cell ")))
    .toBe("docs/stale.md:5 differs from its source (npm run generate makes it again)")
})

test("a document that lacks its end is named", () => {
  expect(complaintAfter("short.md", written.slice(0, -1)))
    .toBe("docs/short.md:7 differs from its source (npm run generate makes it again)")
})

test("a missing document is named", () => {
  expect(complaintAbout(root, { path: "docs/missing.md", text }))
    .toBe("docs/missing.md is missing (npm run generate makes it)")
})
