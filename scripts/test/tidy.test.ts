// The laws of the style checks: every ban has fixtures that break it, each of them breaks it alone, and code that
// keeps to the style breaks none.
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { listSourceFiles } from "../sourceFile.ts"
import { findViolations } from "../tidy.ts"
import { rules } from "../tidy/rules.ts"

const fixtures = join(import.meta.dirname, "fixtures", "tidy")

describe.each(rules.map(({ id }) => id))("%s", (id) => {
  const fixture = join(fixtures, id)

  test("has a fixture", () => {
    expect(existsSync(fixture)).toBe(true)
    expect(listSourceFiles(fixture)).not.toEqual([])
  })

  test("is broken by every file of its fixture, and no other rule is", () => {
    const violations = findViolations(fixture)
    const broken = violations.map(({ rule, path }) => `${rule} ${path}`)
    expect([...new Set(broken)].toSorted()).toEqual(listSourceFiles(fixture).map((path) => `${id} ${path}`))
  })
})

test("the clean fixture breaks no rule", () => {
  expect(listSourceFiles(join(fixtures, "clean"))).not.toEqual([])
  expect(findViolations(join(fixtures, "clean"))).toEqual([])
})

test("every fixture belongs to a rule", () => {
  expect(readdirSync(fixtures).toSorted()).toEqual(["clean", ...rules.map(({ id }) => id)].toSorted())
})

test("a violation names the file, the line and the reason", () => {
  expect(findViolations(join(fixtures, "nesting"))).toEqual([{
    rule: "nesting",
    path: "packages/core/src/store/deep.ts",
    line: 12,
    detail: "4 levels deep",
    why: "Below 3 levels nobody knows which conditions hold; return early or name the inner part."
  }])
})
