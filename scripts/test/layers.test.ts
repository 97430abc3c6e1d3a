// The laws of the layer check: each direction that the picture forbids has a fixture with one import that goes that
// way, and `expected.json` beside it says exactly what is reported. The tree `clean` imports everything it may.
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { findViolations } from "../layers.ts"

const fixtures = join(import.meta.dirname, "fixtures", "layers")

const expectedOf = (fixture: string): unknown =>
  JSON.parse(readFileSync(join(fixtures, fixture, "expected.json"), "utf8"))

test.each(readdirSync(fixtures))("%s is reported as expected", (fixture) => {
  expect(findViolations(join(fixtures, fixture))).toEqual(expectedOf(fixture))
})

test("only the clean fixture is without a violation", () => {
  expect(readdirSync(fixtures).filter((fixture) => findViolations(join(fixtures, fixture)).length === 0)).toEqual([
    "clean"
  ])
})
